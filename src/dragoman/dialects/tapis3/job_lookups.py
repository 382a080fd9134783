"""What a request and its app name that must be looked up before the job can be resolved. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.core.shellwords import Unsafe, read_words
from dragoman.dialects.tapis3 import directories
from dragoman.dialects.tapis3.job_fields import Faults, Json
from dragoman.dialects.tapis3.merge_args import BY_DEFAULT, FIXED, merge_args
from dragoman.dialects.tapis3.merge_env import NOT_SET
from dragoman.dialects.tapis3.read_job import Asked

PROFILE = "--tapis-profile"
OPTIONS = ("parameterSet", "schedulerOptions")

Attributes = Mapping[str, Any]


def job_attributes(app: Attributes) -> Attributes:
    """What an app says about its jobs."""
    return app.get("jobAttributes") or {}


def is_dynamic(asked: Asked, app: Attributes) -> bool:
    """Whether the execution system is to be found by its capabilities."""
    found = asked.get("dynamicExecSystem")
    return bool(job_attributes(app).get("dynamicExecSystem") if found is None else found)


def constraints(asked: Asked, app: Attributes) -> list[str]:
    """What a system must be capable of, when it is to be found."""
    told = [*(asked.get("execSystemConstraints") or ()), *(job_attributes(app).get("execSystemConstraints") or ())]
    return list(dict.fromkeys(told)) if is_dynamic(asked, app) else list(asked.get("execSystemConstraints") or ())


def exec_system_id(asked: Asked, app: Attributes) -> str:
    """The execution system that is named; empty when none is."""
    return asked.get("execSystemId") or job_attributes(app).get("execSystemId") or ""


def archive_system_id(asked: Asked, app: Attributes, system: Attributes) -> str:
    """Where the outputs are kept."""
    found = asked.get("archiveSystemId") or job_attributes(app).get("archiveSystemId")
    return str(found or system["id"])


def dtn_system_id(asked: Asked, app: Attributes, system: Attributes) -> str:
    """The data transfer node that is to be used; empty when none is."""
    raw = directories.raw_directories(asked, job_attributes(app), system, archive_here=True)
    wanted = any(raw.get(key, NOT_SET) != NOT_SET for key in ("dtnSystemInputDir", "dtnSystemOutputDir"))
    return str(system.get("dtnSystemId") or "") if wanted else ""


def host_evaluations(asked: Asked, app: Attributes, system: Attributes) -> list[str]:
    """The variables of the host that must be known."""
    here = archive_system_id(asked, app, system) == system["id"]
    return directories.host_evaluations(
        directories.raw_directories(asked, job_attributes(app), system, archive_here=here)
    )


def queue_name(asked: Asked, app: Attributes, system: Attributes) -> str:
    """The logical queue of a BATCH job; empty when none is named."""
    named = asked.get("execSystemLogicalQueue") or job_attributes(app).get("execSystemLogicalQueue")
    return str(named or system.get("batchDefaultLogicalQueue") or "")


def scheduler_options(asked: Asked, app: Attributes, system: Attributes, faults: Faults) -> list[Json]:
    """The options for the batch scheduler, with the system's own profile where none is named."""
    given = (job_attributes(app).get("parameterSet") or {}).get("schedulerOptions") or ()
    wanted = queue_name(asked, app, system)
    queue: Attributes = next((one for one in system.get("batchLogicalQueues") or () if one["name"] == wanted), {})
    asked_for = asked.parameters.get("schedulerOptions", ())
    merged = merge_args(asked_for, _over(given, queue, faults), OPTIONS, faults)
    default = system.get("batchSchedulerProfile")
    if default and not any(_profile_of(one["arg"]) for one in merged):
        option: Json = {"name": "batchSchedulerProfile", "description": None, "include": True, "notes": {}}
        merged.append({**option, "arg": f"{PROFILE} {default}"})
    return merged


def _over(given: Sequence[Attributes], queue: Attributes, faults: Faults) -> list[Attributes]:
    """The options of a queue, which come along unless it says otherwise, and those of an app, which count more."""
    below = {one["name"]: {"inputMode": BY_DEFAULT, **one} for one in queue.get("schedulerOptions") or ()}
    fixed = [one["name"] for one in given if below.get(one["name"], {}).get("inputMode") == FIXED]
    for name in fixed:
        faults.add(OPTIONS, f"The queue {queue['name']} fixes the argument {name}, which the app has, too.")
    above = {one["name"]: {**one, "arg": one.get("arg") or below.get(one["name"], {}).get("arg")} for one in given}
    return [*({**below, **above}[name] for name in dict.fromkeys([*below, *above]))]


def profile_name(asked: Asked, app: Attributes, system: Attributes) -> str:
    """The scheduler profile that is named; empty when none is."""
    options = scheduler_options(asked, app, system, Faults())
    return next((name for one in options if (name := _profile_of(one["arg"]))), "")


def _profile_of(arg: str) -> str:
    try:
        words = read_words(arg.replace("=", " ", 1)).words
    except Unsafe:
        return ""
    return words[1] if len(words) == 2 and words[0] == PROFILE else ""
