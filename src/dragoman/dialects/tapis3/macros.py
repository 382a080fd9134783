"""The macros of a job, which are also its environment variables ``_tapisNAME``, and texts with macros in them. Pure."""

from collections.abc import Mapping
from typing import Any

from dragoman.core.errors import Path
from dragoman.core.macros import MacroFault, expand
from dragoman.dialects.tapis3.job_fields import Faults, Json
from dragoman.dialects.tapis3.merge_env import OURS
from dragoman.dialects.tapis3.times import iso

_FROM_JOB = {
    "JobUUID": "uuid",
    "Tenant": "tenant",
    "JobOwner": "owner",
    "AppId": "appId",
    "AppVersion": "appVersion",
    "ExecSystemId": "execSystemId",
    "DynamicExecSystem": "dynamicExecSystem",
    "ExecSystemLogicalQueue": "execSystemLogicalQueue",
    "ArchiveSystemId": "archiveSystemId",
    "ArchiveOnAppError": "archiveOnAppError",
    "ArchiveMode": "archiveMode",
    "DtnSystemId": "dtnSystemId",
    "Nodes": "nodeCount",
    "CoresPerNode": "coresPerNode",
    "MemoryMB": "memoryMB",
    "MaxMinutes": "maxMinutes",
}
_FROM_SYSTEM = {
    "EffectiveUserId": "effectiveUserId",
    "SysBucketName": "bucketName",
    "SysRootDir": "rootDir",
    "SysHost": "host",
    "SysBatchScheduler": "batchScheduler",
}


def ground_macros(job: Mapping[str, Any], system: Mapping[str, Any], *, hpc_queue: str, now: int) -> dict[str, str]:
    """The macros that are known before the directories and the job's name are."""
    moment = iso(now)
    found = {
        **{name: job.get(key) for name, key in _FROM_JOB.items()},
        **{name: system.get(key) for name, key in _FROM_SYSTEM.items()},
        "ExecSystemHPCQueue": hpc_queue or None,
        "JobCreateTime": moment[11:],
        "JobCreateDate": f"{moment[:10]}Z",
        "JobCreateTimestamp": moment,
    }
    return {name: _text(value) for name, value in found.items() if value is not None}


def as_variables(macros: Mapping[str, str]) -> list[tuple[str, str]]:
    """The environment variables that tell a job its macros."""
    return [(OURS + name, value) for name, value in macros.items()]


def fill(text: str, macros: Mapping[str, str], path: Path, faults: Faults) -> str:
    """The text with its macros filled in; unknown ones stay."""
    try:
        return expand(text, macros)
    except MacroFault as fault:
        faults.add(path, f"{fault}.")
        return text


def fill_args(args: list[Json], macros: Mapping[str, str], path: Path, faults: Faults) -> list[Json]:
    """The arguments with their macros filled in."""
    return [{**one, "arg": fill(one["arg"], macros, path, faults)} for one in args]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
