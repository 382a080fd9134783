"""What must hold between the attributes of a system. All that is wrong is told at once. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dragoman.core.errors import Invalid, Path
from dragoman.core.hosteval import BEGINNING, read_host_eval
from dragoman.dialects.tapis3.job_fields import CONTROL, NAME, Faults
from dragoman.dialects.tapis3.system_fields import RANGES
from dragoman.dialects.tapis3.variables import CALLER

NOT_SET = "!tapis_not_set"

Json = Mapping[str, Any]


def check_system(system: Json, faults: Faults) -> None:
    """Note everything that cannot be."""
    for key, why in (*_place(system), *_execution(system), *_batch(system)):
        faults.add((key,), why)
    check_variables(system["jobEnvVariables"], ("jobEnvVariables",), faults)
    for place, variable in enumerate(system["jobEnvVariables"]):
        if variable["inputMode"] == "REQUIRED" and variable["value"] != NOT_SET:
            why = f"A REQUIRED variable is given its value by others: leave it out, or write {NOT_SET}."
            faults.add(("jobEnvVariables", place, "value"), why)


def _place(system: Json) -> Iterator[tuple[str, str]]:
    kind, root, host = system.get("systemType"), system.get("rootDir") or "", system.get("host") or ""
    if host and (host.startswith("-") or any(letter.isspace() for letter in host)):
        yield "host", "This is neither a host's name nor an address."
    if not -1 <= system["port"] <= 65_535:
        yield "port", "A port is a number from 1 to 65535."
    if kind == "IRODS" and system["port"] < 1:
        yield "port", "A system of type IRODS needs it."
    if kind == "S3" and not system.get("bucketName"):
        yield "bucketName", "A system of type S3 needs it."
    if kind in {"LINUX", "IRODS"} and not root:
        yield "rootDir", f"A system of type {kind} needs it."
    yield from _root(system, root)
    if system.get("authnCredential") and system["effectiveUserId"] == CALLER:
        yield "authnCredential", "It needs an effectiveUserId that is the same for everybody."
    if system.get("dtnSystemId") and not system.get("canExec"):
        yield "dtnSystemId", "Only a system with canExec can have it."


def _root(system: Json, root: str) -> Iterator[tuple[str, str]]:
    if root and not root.startswith(("/", BEGINNING)):
        yield "rootDir", "It begins with / or HOST_EVAL(."
    if ".." in root.split("/"):
        yield "rootDir", "A path must not contain '..'."
    if BEGINNING in root:
        yield from _host_eval("rootDir", root)
        if system.get("systemType") != "LINUX" or system["effectiveUserId"] == CALLER:
            yield "rootDir", "HOST_EVAL needs systemType LINUX and an effectiveUserId that is the same for everybody."
        if not system.get("authnCredential"):
            yield "rootDir", "HOST_EVAL needs authnCredential in the same request."


def _host_eval(key: str, text: str) -> Iterator[tuple[str, str]]:
    try:
        read_host_eval(text, where=key)
    except Invalid as problem:
        yield key, " ".join(problem.fields[key,])


def _execution(system: Json) -> Iterator[tuple[str, str]]:
    directory = system["jobWorkingDir"] or ""
    yield from _host_eval("jobWorkingDir", directory)
    if ".." in directory.split("/"):
        yield "jobWorkingDir", "A path must not contain '..'."
    if not system.get("canExec"):
        return
    if system.get("systemType") != "LINUX":
        yield "canExec", "Only a system of type LINUX can execute."
    if not directory:
        yield "jobWorkingDir", "A system with canExec needs it."
    if not system["jobRuntimes"]:
        yield "jobRuntimes", "A system with canExec needs at least one runtime."


def _batch(system: Json) -> Iterator[tuple[str, str]]:
    queues: Sequence[Json] = system["batchLogicalQueues"]
    names = [queue.get("name") for queue in queues]
    for name in (name for name, times in Counter(names).items() if times > 1):
        yield "batchLogicalQueues", f"The queue {name} is there more than once."
    for queue in queues:
        for of in RANGES:
            if queue[f"min{of}"] > queue[f"max{of}"]:
                yield "batchLogicalQueues", f"In the queue {queue.get('name')}, min{of} is above max{of}."
    default = system["batchDefaultLogicalQueue"]
    if default and default not in names:
        yield "batchDefaultLogicalQueue", f"There is no queue {default} in batchLogicalQueues."
    if not system["canRunBatch"]:
        return
    if not system["batchScheduler"]:
        yield "batchScheduler", "A system with canRunBatch needs it."
    if not queues:
        yield "batchLogicalQueues", "A system with canRunBatch needs at least one."
    if not default:
        yield "batchDefaultLogicalQueue", "A system with canRunBatch and several queues needs it."


def check_variables(variables: Sequence[Json], path: Path, faults: Faults) -> None:
    """Note what cannot be of environment variables."""
    for place, variable in enumerate(variables):
        for key, why in _variable(variable):
            faults.add((*path, place, key), why)
    for name in (name for name, times in Counter(one.get("key") for one in variables).items() if times > 1):
        faults.add(path, f"{name} is there more than once.")


def _variable(variable: Json) -> Iterator[tuple[str, str]]:
    key, value, mode = str(variable.get("key", "")), variable["value"], variable["inputMode"]
    if key and not NAME.fullmatch(key):
        yield "key", "Letters, digits and _ make a name, no digit first."
    if key.startswith("_tapis"):
        yield "key", "Names that begin with _tapis are taken."
    if mode == "FIXED" and value == NOT_SET:
        yield "value", "A FIXED variable needs a value."
    if CONTROL.search(str(value)):
        yield "value", "Control characters are not allowed."
