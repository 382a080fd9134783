"""Which systems, queue and amounts a job gets: request first, then app, then system, then the rule. Pure."""

from collections.abc import Mapping
from typing import Any

from dragoman.core.errors import Invalid
from dragoman.core.shellwords import Unsafe, read_prefix
from dragoman.dialects.tapis3 import directories
from dragoman.dialects.tapis3.job_fields import Faults, Json
from dragoman.dialects.tapis3.job_lookups import dtn_system_id, queue_name
from dragoman.dialects.tapis3.read_job import Asked

MACRO_OF = directories.MACRO_OF
DIRECTORIES = tuple(key for key in MACRO_OF if key != directories.WORKING_DIR)
DEFAULTS = {"nodeCount": 1, "coresPerNode": 1, "memoryMB": 100, "maxMinutes": 10}
ALWAYS, SKIP, NEVER = "ALWAYS", "SKIP_ON_FAIL", "NEVER"
LIMITS = {
    "nodeCount": ("minNodeCount", "maxNodeCount"),
    "coresPerNode": ("minCoresPerNode", "maxCoresPerNode"),
    "memoryMB": ("minMemoryMB", "maxMemoryMB"),
    "maxMinutes": ("minMinutes", "maxMinutes"),
}

Attributes = Mapping[str, Any]


def check(app: Attributes, system: Attributes, archive: Attributes) -> None:
    """Raise Invalid when the app or one of the systems cannot be used for jobs now."""
    if not (app.get("enabled", True) and app.get("versionEnabled", True)):
        raise Invalid.field("appId", why=f"The app {app['id']} {app['version']} is disabled.")
    for key, one in (("execSystemId", system), ("archiveSystemId", archive)):
        if not one.get("enabled", True):
            raise Invalid.field(key, why=f"The system {one['id']} is disabled.")
    if not system.get("canExec"):
        raise Invalid.field("execSystemId", why=f"The system {system['id']} executes no jobs (canExec is false).")
    for key in ("jobWorkingDir", "jobRuntimes"):
        if not system.get(key):
            raise Invalid.field("execSystemId", why=f"The system {system['id']} cannot execute jobs: it has no {key}.")


def systems(asked: Asked, app: Attributes, system: Attributes, archive: Attributes) -> Json:
    """The names of the systems."""
    names = {"execSystemId": system["id"], "archiveSystemId": archive["id"]}
    return {**names, "dtnSystemId": dtn_system_id(asked, app, system) or None}


def scalars(asked: Asked, attributes: Attributes) -> Json:
    """Amounts and what happens to the outputs."""
    found: Json = {key: asked.get(key) or attributes.get(key) or default for key, default in DEFAULTS.items()}
    found["archiveMode"] = mode = _archive_mode(asked, attributes)
    told = asked.get("archiveOnAppError")
    never_told = told if told is not None else attributes.get("archiveOnAppError", True) is not False
    return {**found, "archiveOnAppError": never_told if mode == NEVER else mode == ALWAYS}


def _archive_mode(asked: Asked, attributes: Attributes) -> str:
    """What the request says, in either of two words; then what the app says in either."""
    if mode := asked.get("archiveMode"):
        return str(mode)
    of_app = attributes.get("archiveMode") or ALWAYS
    told = asked.get("archiveOnAppError")
    if of_app != NEVER and told is not None:
        return ALWAYS if told else SKIP
    return SKIP if of_app == ALWAYS and attributes.get("archiveOnAppError") is False else str(of_app)


def job_type(asked: Asked, app: Attributes, system: Attributes, faults: Faults) -> str:
    """BATCH or FORK."""
    can_batch = bool(system.get("canRunBatch"))
    found = asked.get("jobType") or app.get("jobType") or ("BATCH" if can_batch else "FORK")
    if found == "BATCH" and not can_batch:
        faults.add(("jobType",), f"The system {system['id']} runs no BATCH jobs (canRunBatch is false).")
    return str(found)


def queue(asked: Asked, app: Attributes, system: Attributes, job: Json, faults: Faults) -> Attributes:
    """The logical queue of a BATCH job, with the job's amounts checked against it; empty for a FORK job.

    Of a system without batches it is told already that it has none.
    """
    if job["jobType"] != "BATCH" or not system.get("canRunBatch"):
        return {}
    name = queue_name(asked, app, system)
    queues = {one["name"]: one for one in system.get("batchLogicalQueues") or ()}
    if name not in queues:
        told = f"There is: {', '.join(queues)}." if queues else "It has none."
        wrong = (
            f"The system {system['id']} has no queue {name}" if name else f"Name a queue of the system {system['id']}"
        )
        faults.add(("execSystemLogicalQueue",), f"{wrong}. {told}")
        return {}
    for key, (least, most) in LIMITS.items():
        _check_limits(key, job[key], (least, most), queues[name], faults)
    found: Attributes = queues[name]
    return found


def _check_limits(key: str, amount: int, limits: tuple[str, str], of: Attributes, faults: Faults) -> None:
    least, most = of.get(limits[0]), of.get(limits[1])
    if least is not None and amount < least:
        faults.add((key,), f"{key} {amount} is less than {limits[0]} {least} of the queue {of['name']}.")
    if most is not None and 0 < most < amount:
        faults.add((key,), f"{key} {amount} is more than {limits[1]} {most} of the queue {of['name']}.")


def mpi(asked: Asked, attributes: Attributes, system: Attributes, faults: Faults) -> Json:
    """Whether MPI is used, and what stands in front of the command."""
    told = asked.get("isMpi")
    is_mpi = bool(attributes.get("isMpi") if told is None else told)
    command = (asked.get("mpiCmd") or attributes.get("mpiCmd") or system.get("mpiCmd") or "").strip()
    prefix = (asked.get("cmdPrefix") or attributes.get("cmdPrefix") or "").strip()
    if is_mpi and not command:
        faults.add(("mpiCmd",), "An MPI job needs an mpiCmd, from the request, the app or the system.")
    if is_mpi and prefix:
        faults.add(("cmdPrefix",), "An MPI job takes no cmdPrefix.")
    if prefix and not system.get("enableCmdPrefix"):
        faults.add(("cmdPrefix",), f"The system {system['id']} allows no cmdPrefix (enableCmdPrefix is false).")
    for key, text in (("mpiCmd", command if is_mpi else ""), ("cmdPrefix", prefix)):
        try:
            read_prefix(text)
        except Unsafe as fault:
            faults.add((key,), f"{fault}.")
    return {"mpi": is_mpi, "mpiCmd": command or None, "cmdPrefix": prefix or None}
