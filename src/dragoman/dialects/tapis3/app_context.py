"""What an app lends to the jobs of those it is shared with: its owner's rights to what it names itself. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from dragoman.dialects.tapis3.directories import MACRO_OF, raw_directories
from dragoman.dialects.tapis3.job_fields import Json
from dragoman.dialects.tapis3.job_lookups import job_attributes
from dragoman.dialects.tapis3.read_job import Asked

EXEC_SYSTEM, OUTPUT_DIR, INPUT_DIR = "SAC_EXEC_SYSTEM_ID", "SAC_EXEC_SYSTEM_OUTPUT_DIR", "SAC_EXEC_SYSTEM_INPUT_DIR"
ARCHIVE_SYSTEM, ARCHIVE_DIR = "SAC_ARCHIVE_SYSTEM_ID", "SAC_ARCHIVE_SYSTEM_DIR"
DTN_SYSTEM, DTN_INPUT_DIR = "SAC_DTN_SYSTEM_ID", "SAC_DTN_SYSTEM_INPUT_DIR"
EXEC_DIRS = {
    "execSystemExecDir": "SAC_EXEC_SYSTEM_EXEC_DIR",
    "execSystemInputDir": INPUT_DIR,
    "execSystemOutputDir": OUTPUT_DIR,
}
_DTN_DIRS = {"dtnSystemInputDir": DTN_INPUT_DIR, "dtnSystemOutputDir": "SAC_DTN_SYSTEM_OUTPUT_DIR"}

Attributes = Mapping[str, Any]


def lender(app: Attributes) -> str:
    """Whose rights count too; empty for an app that is not shared with who asks."""
    return app.get("sharedAppCtx") or ""


def exec_lender(app: Attributes, system: str) -> str:
    """The same for the execution system, when the app names that one itself."""
    return lender(app) if system == job_attributes(app).get("execSystemId") else ""


def archive_lender(app: Attributes, archive: str, system: str) -> str:
    """For the archive system: the one that the app names, or where it names none, the execution system."""
    return lender(app) if archive == (job_attributes(app).get("archiveSystemId") or system) else ""


def shared_context(asked: Asked, app: Attributes, system: Attributes, job: Json) -> Json:
    """Whose rights count for which of a job's systems and directories."""
    lent = list(_lent(asked, app, system, job)) if lender(app) else []
    return {"sharedAppCtx": lender(app), "sharedAppCtxAttribs": lent}


def _lent(asked: Asked, app: Attributes, system: Attributes, job: Json) -> Iterator[str]:
    here = job["archiveSystemId"] == job["execSystemId"]
    own = _own_directories(asked, raw_directories(asked, job_attributes(app), system, archive_here=here))
    has_exec = bool(exec_lender(app, job["execSystemId"]))
    if has_exec:
        yield EXEC_SYSTEM
        yield from (word for key, word in EXEC_DIRS.items() if key not in own)
    if archive_lender(app, job["archiveSystemId"], job["execSystemId"]):
        yield ARCHIVE_SYSTEM
        yield from () if "archiveSystemDir" in own else (ARCHIVE_DIR,)
    if has_exec and job["dtnSystemId"]:
        yield DTN_SYSTEM
        yield from (word for key, word in _DTN_DIRS.items() if key not in own)


def _own_directories(asked: Asked, raw: Mapping[str, str]) -> set[str]:
    """Those that the request names, and those that are made of them.

    They are never lent, also where the original does: what somebody writes there, and what is read from there, would
    be anywhere that the owner of the app may.
    """
    own = {key for key in raw if asked.get(key)}
    while made := {key for key, text in raw.items() if key not in own and any(_name(one) in text for one in own)}:
        own |= made
    return own


def _name(directory: str) -> str:
    return f"${{{MACRO_OF[directory]}}}"


def lender_of(job: Attributes, *words: str) -> str:
    """Whose rights count for what these words name, all of them; empty: nobody's but the job's owner's."""
    return str(job.get("sharedAppCtx") or "") if {*words} <= {*(job.get("sharedAppCtxAttribs") or ())} else ""
