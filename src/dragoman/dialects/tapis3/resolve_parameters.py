"""The parameter set of a job: arguments, variables, archive filter and log files, checked for safety. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.core.errors import Path
from dragoman.core.globs import pattern
from dragoman.core.regexes import BadPattern
from dragoman.core.shellwords import Unsafe, read_words
from dragoman.dialects.tapis3.app_rules import misplaced
from dragoman.dialects.tapis3.job_fields import CONTROL, Faults, Json
from dragoman.dialects.tapis3.job_lookups import job_attributes, scheduler_options
from dragoman.dialects.tapis3.macros import fill, fill_args
from dragoman.dialects.tapis3.merge_args import merge_args
from dragoman.dialects.tapis3.merge_env import merge_env
from dragoman.dialects.tapis3.options import Refused, read_option
from dragoman.dialects.tapis3.read_job import Asked

LOG = "tapisjob.out"
_MOST_PATTERNS = 200

Attributes = Mapping[str, Any]


def parameters(
    asked: Asked, app: Attributes, system: Attributes, macros: Mapping[str, str], faults: Faults, *, is_batch: bool
) -> Json:
    """The parameter set, with macros filled in."""
    given, of_app = asked.parameters, _of_app(app)
    found: Json = {}
    for key in ("appArgs", "containerArgs"):
        path: Path = ("parameterSet", key)
        found[key] = merge_args(given.get(key, ()), of_app.get(key) or (), path, faults)
    found["schedulerOptions"] = scheduler_options(asked, app, system, faults) if is_batch else []
    for key, args in found.items():
        found[key] = fill_args(args, macros, ("parameterSet", key), faults)
    _check_args(found, faults)
    _check_archive_args(found["containerArgs"], app, faults)
    own = system.get("jobEnvVariables") or ()
    found["envVariables"] = merge_env(given.get("envVariables", ()), of_app.get("envVariables") or (), own, faults)
    found["archiveFilter"] = _archive_filter(asked, of_app, macros, faults)
    found["logConfig"] = log_config(asked, app, Faults())
    return found


def _of_app(app: Attributes) -> Attributes:
    return job_attributes(app).get("parameterSet") or {}


def _check_args(found: Json, faults: Faults) -> None:
    for one in found["appArgs"]:
        try:
            read_words(one["arg"])
        except Unsafe as fault:
            faults.add(("parameterSet", "appArgs"), f"The argument {one['name']}: {fault}.")
    for key in ("containerArgs", "schedulerOptions"):
        for one in found[key]:
            try:
                read_option(one["arg"])
            except Refused as fault:
                faults.add(("parameterSet", key), str(fault))


def _check_archive_args(args: Sequence[Json], app: Attributes, faults: Faults) -> None:
    for one in args:
        if why := misplaced(one["arg"], app.get("runtime") or "DOCKER"):
            faults.add(("parameterSet", "containerArgs"), f"The option {one['arg'][:80]!r} is not possible: {why}")


def _archive_filter(asked: Asked, of_app: Attributes, macros: Mapping[str, str], faults: Faults) -> Json:
    given, default = asked.parameters.get("archiveFilter") or {}, of_app.get("archiveFilter") or {}
    found: Json = {}
    for key in ("includes", "excludes"):
        path: Path = ("parameterSet", "archiveFilter", key)
        texts = [*(given.get(key) or ()), *(default.get(key) or ())]
        found[key] = [fill(text, macros, path, faults) for text in texts]
        _check_patterns(found[key], path, faults)
    told = given.get("includeLaunchFiles")
    found["includeLaunchFiles"] = default.get("includeLaunchFiles", True) is not False if told is None else told
    return found


def _check_patterns(texts: Sequence[str], path: Path, faults: Faults) -> None:
    if len(texts) > _MOST_PATTERNS:
        faults.add(path, f"There may be {_MOST_PATTERNS} patterns.")
        return
    for text in texts:
        try:
            pattern(text)
        except BadPattern as fault:
            faults.add(path, f"{text[:80]}: {fault}.")


def log_config(asked: Asked, app: Attributes, faults: Faults) -> Json:
    """The names of the files for what the job says."""
    given = asked.parameters.get("logConfig") or _of_app(app).get("logConfig") or {}
    found: Json = {key: given.get(key) or LOG for key in ("stdoutFilename", "stderrFilename")}
    for key, name in found.items():
        if "/" in name or name in (".", "..") or CONTROL.search(name):
            faults.add(("parameterSet", "logConfig", key), "This must be the plain name of a file.")
    return found
