"""Where a job works: its directories, from request, app and rules, with macros and facts of the host in them. Pure."""

from collections.abc import Mapping
from typing import Any

from dragoman.core import paths
from dragoman.core.errors import Invalid
from dragoman.core.hosteval import read_host_eval
from dragoman.core.macros import MacroFault, expand
from dragoman.dialects.tapis3.job_fields import Faults
from dragoman.dialects.tapis3.merge_env import NOT_SET
from dragoman.dialects.tapis3.read_job import Asked

WORKING_DIR = "jobWorkingDir"
MACRO_OF: Mapping[str, str] = {
    WORKING_DIR: "JobWorkingDir",
    "execSystemExecDir": "ExecSystemExecDir",
    "execSystemInputDir": "ExecSystemInputDir",
    "execSystemOutputDir": "ExecSystemOutputDir",
    "archiveSystemDir": "ArchiveSystemDir",
    "dtnSystemInputDir": "DtnSystemInputDir",
    "dtnSystemOutputDir": "DtnSystemOutputDir",
}
"""Each directory's macro."""

_JOB_DIR = "${JobWorkingDir}/jobs/${JobUUID}"
_DEFAULTS = {"execSystemExecDir": _JOB_DIR, "execSystemInputDir": _JOB_DIR, "execSystemOutputDir": f"{_JOB_DIR}/output"}


def raw_directories(
    asked: Asked, attributes: Mapping[str, Any], system: Mapping[str, Any], *, archive_here: bool
) -> dict[str, str]:
    """Each directory that is set, as it was written; ``archive_here``: outputs are kept on the execution system."""
    archive = "${ExecSystemOutputDir}" if archive_here else "/jobs/${JobUUID}/archive"
    defaults = {**_DEFAULTS, "archiveSystemDir": archive}
    raw = {WORKING_DIR: str(system.get(WORKING_DIR) or "")}
    for key in list(MACRO_OF)[1:]:
        found = asked.get(key) or attributes.get(key) or defaults.get(key, NOT_SET)
        if found != NOT_SET:
            raw[key] = found
    return raw


def host_evaluations(raw: Mapping[str, str]) -> list[str]:
    """The variables of the host that the directories begin with; look them up as the job's own login would.

    Raises Invalid.
    """
    found = (read_host_eval(text, where=key) for key, text in raw.items())
    return list(dict.fromkeys(one.variable for one in found if one))


def resolve_directories(
    raw: Mapping[str, str], macros: Mapping[str, str], evaluated: Mapping[str, str], faults: Faults
) -> dict[str, str]:
    """Each directory, normalised, below the root of its system; ``evaluated`` holds the host's variables."""
    texts = {key: _evaluated(key, text, evaluated, faults) for key, text in raw.items()}
    values = {**macros, **{MACRO_OF[key]: text for key, text in texts.items()}}
    return {key: _resolved(key, text, values, faults) for key, text in texts.items()}


def _evaluated(key: str, text: str, evaluated: Mapping[str, str], faults: Faults) -> str:
    try:
        asked = read_host_eval(text, where=key)
    except Invalid as problem:
        faults.add_all(problem)
        return paths.ROOT
    if asked is None:
        return text
    found = asked.path(evaluated.get(asked.variable, ""))
    if not found:
        faults.add((key,), f"The host has no value for ${asked.variable}, and HOST_EVAL gives no default.")
    return found


def _resolved(key: str, text: str, values: Mapping[str, str], faults: Faults) -> str:
    try:
        return paths.normalise(expand(text, values, strict=True), field=key)
    except MacroFault as fault:
        faults.add((key,), f"{fault}.")
    except Invalid as problem:
        faults.add_all(problem)
    return paths.ROOT
