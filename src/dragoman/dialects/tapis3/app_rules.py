"""What must hold between the attributes of an app. All that is wrong is told at once. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from dragoman.core.errors import Path
from dragoman.dialects.tapis3.app_fields import ARG_LISTS, DIRECTORIES
from dragoman.dialects.tapis3.job_fields import Faults
from dragoman.dialects.tapis3.system_rules import check_variables

ZIP_SAVE = "--tapis-zip-save"
_URL = re.compile(r"(?:tapis|tapislocal|https?)://\S+", re.IGNORECASE)
_IMAGE_URL = re.compile(r"(?:tapis|https?)://\S+", re.IGNORECASE)

Json = Mapping[str, Any]
Fault = tuple[Path, str]


def check_app(app: Json, faults: Faults) -> None:
    """Note everything that cannot be."""
    job = app["jobAttributes"]
    parameters = job["parameterSet"]
    for path, why in (*_runtime(app), *_args(parameters)):
        faults.add(path, why)
    for path, why in (*_places(job), *_inputs(job), *_arrays(job), *_env_keys(job)):
        faults.add(("jobAttributes", *path), why)
    check_variables(parameters["envVariables"], ("jobAttributes", "parameterSet", "envVariables"), faults)


def _runtime(app: Json) -> Iterator[Fault]:
    options, image = [one for one in app["runtimeOptions"] or () if one != "NONE"], str(app.get("containerImage", ""))
    if app["runtime"] == "SINGULARITY" and len(options) > 1:
        yield ("runtimeOptions",), "For SINGULARITY leave it empty, or choose SINGULARITY_RUN."
    if app["runtime"] == "ZIP" and image and not (image.startswith("/") or _IMAGE_URL.fullmatch(image)):
        yield ("containerImage",), "For ZIP this is an absolute path or a URL."
    for place, one in enumerate(app["jobAttributes"]["parameterSet"]["containerArgs"]):
        path = ("jobAttributes", "parameterSet", "containerArgs", place)
        if why := misplaced(one["arg"], app["runtime"]):
            yield path, why


def misplaced(arg: str, runtime: str) -> str:
    """Why a container argument cannot be with a runtime: an archive is no container, and has an option of its own."""
    if (arg.strip() == ZIP_SAVE) is (runtime == "ZIP"):
        return ""
    return f"For ZIP the only one there can be is {ZIP_SAVE}." if runtime == "ZIP" else f"{ZIP_SAVE} is for ZIP only."


def _args(parameters: Json) -> Iterator[Fault]:
    for key in ARG_LISTS:
        path = ("jobAttributes", "parameterSet", key)
        yield from _twice(path, (one.get("name") for one in parameters[key]))
        for place, one in enumerate(parameters[key]):
            if one["inputMode"] == "FIXED" and not one["arg"]:
                yield (*path, place, "arg"), "A FIXED argument needs it."


def _twice(path: Path, names: Iterator[Any]) -> Iterator[Fault]:
    for name in (name for name, times in Counter(names).items() if name and times > 1):
        yield path, f"{name} is there more than once."


def _places(job: Json) -> Iterator[Fault]:
    if job["dynamicExecSystem"] and not job["execSystemConstraints"]:
        yield ("execSystemConstraints",), "With dynamicExecSystem it is needed."
    if job["archiveSystemId"] and not job["archiveSystemDir"]:
        yield ("archiveSystemDir",), "With archiveSystemId it is needed."
    for key in DIRECTORIES:
        if ".." in (job[key] or "").split("/"):
            yield (key,), "A path must not contain '..'."


def _inputs(job: Json) -> Iterator[Fault]:
    yield from _twice(("fileInputs",), (one.get("name") for one in job["fileInputs"]))
    for place, one in enumerate(job["fileInputs"]):
        url, path = one["sourceUrl"], ("fileInputs", place)
        if url and not _URL.fullmatch(url):
            yield (*path, "sourceUrl"), "This is no URL of tapis, tapislocal, http or https."
        if one["inputMode"] == "FIXED" and not url:
            yield (*path, "sourceUrl"), "A FIXED input needs it."
        if ".." in str(one.get("targetPath", "")).split("/"):
            yield (*path, "targetPath"), "A path must not contain '..'."


def _arrays(job: Json) -> Iterator[Fault]:
    yield from _twice(("fileInputArrays",), (one.get("name") for one in job["fileInputArrays"]))
    for place, one in enumerate(job["fileInputArrays"]):
        path, target = ("fileInputArrays", place), str(one.get("targetDir", ""))
        for url in one["sourceUrls"]:
            if not _URL.fullmatch(url) or url.lower().startswith("tapislocal:"):
                yield (*path, "sourceUrls"), f"This is no URL of tapis, http or https: {url}"
        if one["inputMode"] == "FIXED" and not one["sourceUrls"]:
            yield (*path, "sourceUrls"), "A FIXED input needs them."
        if "*" in target or ".." in target.split("/"):
            yield (*path, "targetDir"), "A directory must not contain '*' or '..'."


def _env_keys(job: Json) -> Iterator[Fault]:
    inputs = [one["envKey"] for one in (*job["fileInputs"], *job["fileInputArrays"]) if one["envKey"]]
    variables = [one.get("key") for one in job["parameterSet"]["envVariables"]]
    for name, times in Counter([*inputs, *set(variables)]).items():
        if times > 1:
            yield ("fileInputs",), f"The envKey {name} is there more than once, or a variable has it."
    for name in inputs:
        if name.startswith("_tapis"):
            yield ("fileInputs",), "Names that begin with _tapis are taken."
