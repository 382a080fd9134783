"""Merges the file inputs of a request into those of its app, and spreads lists of them out. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.core import paths
from dragoman.core.errors import Invalid, Path
from dragoman.dialects.tapis3.job_fields import Faults, Json
from dragoman.dialects.tapis3.merge_args import FIXED

LOCAL, LOCAL_HOST = "tapislocal", "exec.tapis"
SCHEMES = ("tapis", LOCAL, *paths.WEB)
OPTIONAL = "OPTIONAL"


def merge_inputs(
    asked: Sequence[Json], app: Mapping[str, Any], attributes: Mapping[str, Any], faults: Faults
) -> list[Json]:
    """The job's inputs: the request's in its order, then those of the app that are complete by themselves."""
    merged = _merged(asked, attributes.get("fileInputs") or (), "fileInputs", app, faults)
    return [one for spec, path in merged if (one := _input(spec, path, faults))]


def merge_input_arrays(
    asked: Sequence[Json], app: Mapping[str, Any], attributes: Mapping[str, Any], faults: Faults
) -> list[Json]:
    """The inputs that the lists of inputs stand for, each with its list's variable on the first of them only."""
    specs = attributes.get("fileInputArrays") or ()
    merged = _merged(asked, specs, "fileInputArrays", app, faults)
    return [one for place, (spec, path) in enumerate(merged, 1) for one in _spread(spec, place, path, faults)]


def variables(inputs: Sequence[Json]) -> list[tuple[str, str]]:
    """The environment variables that tell a job where its inputs are, below the input directory."""
    return [(one["envKey"], one["envValue"]) for one in inputs if one["envKey"]]


def stored(inputs: Sequence[Json]) -> list[Json]:
    """The inputs as a job keeps them."""
    return [{key: value for key, value in one.items() if key != "envValue"} for one in inputs]


def _merged(
    asked: Sequence[Json], specs: Sequence[Mapping[str, Any]], kind: str, app: Mapping[str, Any], faults: Faults
) -> list[tuple[Json, Path]]:
    """Each with its place in the request. ``lender`` in it is whose rights count for sources that are the app's own."""
    lender = {"lender": app.get("sharedAppCtx") or ""}
    by_name = {spec["name"]: {**spec, **lender} for spec in specs}
    merged: list[tuple[Json, Path]] = []
    for place, item in enumerate(asked):
        path: Path = (kind, place)
        spec = by_name.pop(item.get("name", ""), None)
        if spec is not None:
            merged.append((_overridden(spec, item, path, faults), path))
        elif app.get("strictFileInputs"):
            faults.add(path, "The app takes only the inputs it names itself.")
        else:
            merged.append(({**item, "inputMode": "", "name": item.get("name") or f"unnamed{place + 1}"}, path))
    for spec in by_name.values():
        if _is_complete(spec):
            merged.append(({**spec}, (kind, spec["name"])))
        elif (spec.get("inputMode") or OPTIONAL) != OPTIONAL:
            faults.add((kind, spec["name"]), f"The app requires the input {spec['name']}.")
    return merged


def _is_complete(spec: Mapping[str, Any]) -> bool:
    return bool(spec.get("sourceUrl") or spec.get("sourceUrls"))


def _overridden(spec: Mapping[str, Any], asked: Json, path: Path, faults: Faults) -> Json:
    told = {key: value for key, value in asked.items() if value not in (None, "", [])}
    if spec.get("inputMode") == FIXED:
        changed = [key for key, value in told.items() if key not in ("name", "notes") and value != spec.get(key)]
        if changed:
            faults.add(path, f"The app fixes the input {spec['name']}: {', '.join(changed)} cannot be given.")
    is_own = any(told.get(key, spec.get(key)) != spec.get(key) for key in ("sourceUrl", "sourceUrls"))
    return {**spec, **told, **({"lender": ""} if is_own else {})}


def _input(spec: Json, path: Path, faults: Faults) -> Json | None:
    uri = _source(spec.get("sourceUrl"), path, faults)
    if uri is None:
        return None
    target = _target(spec.get("targetPath"), uri, path, faults)
    return _written(spec, source=spec["sourceUrl"], target=target, name=spec["name"], told=target)


def _spread(spec: Json, place: int, path: Path, faults: Faults) -> list[Json]:
    directory = _relative(spec.get("targetDir") or "", path, faults)
    urls = spec.get("sourceUrls") or ()
    if not urls:
        faults.add(path, "An input needs its sourceUrls.")
    found = []
    for number, url in enumerate(urls, 1):
        uri = _source(url, path, faults)
        if uri and uri.scheme == LOCAL:
            faults.add(path, f"A list of inputs takes no {LOCAL} address.")
        elif uri:
            target = paths.below(directory, _target("", uri, path, faults)).lstrip("/")
            one = _written(spec, source=url, target=target, name=f"{spec['name']}_{place}.{number}", told=directory)
            found.append(one if number == 1 else {**one, "envKey": None})
    return found


def _written(spec: Json, *, source: str, target: str, name: str, told: str) -> Json:
    return {
        "name": name,
        "description": spec.get("description"),
        "envKey": spec.get("envKey"),
        "envValue": told,
        "autoMountLocal": spec.get("autoMountLocal", True) is not False,
        "sourceUrl": source,
        "targetPath": target,
        "optional": spec.get("inputMode") == OPTIONAL,
        "srcSharedAppCtx": spec.get("lender", ""),
        "destSharedAppCtx": "",
        "notes": spec.get("notes") or {},
    }


def _source(url: str | None, path: Path, faults: Faults) -> paths.Uri | None:
    if not url:
        faults.add(path, "An input needs its sourceUrl.")
        return None
    try:
        uri = paths.read_uri(url, field="sourceUrl")
    except Invalid as problem:
        faults.add(path, str(problem))
        return None
    if uri.scheme not in SCHEMES:
        faults.add(path, f"sourceUrl must begin with one of {', '.join(f'{scheme}://' for scheme in SCHEMES)}.")
    elif uri.scheme == LOCAL and uri.host != LOCAL_HOST:
        faults.add(path, f"An input that is on the execution host already is {LOCAL}://{LOCAL_HOST}/path.")
    else:
        return uri
    return None


def _target(given: str | None, uri: paths.Uri, path: Path, faults: Faults) -> str:
    text = given or "*"
    if text == "*":
        text = paths.name_of(uri.path.partition("?")[0].partition("#")[0] if uri.is_web else uri.path)
    target = _relative(text, path, faults)
    if not target:
        faults.add(path, "targetPath is needed: the address has no last part to take it from.")
    return target


def _relative(text: str, path: Path, faults: Faults) -> str:
    try:
        return paths.normalise(text, field="targetPath").removeprefix("/")
    except Invalid as problem:
        faults.add(path, str(problem))
        return ""
