"""Makes a job of a request, its app and its systems: the order and the rules of docs/dialects/tapis3.md#jobs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dragoman.core.errors import Invalid
from dragoman.dialects.tapis3 import resolve_parameters, resolve_places
from dragoman.dialects.tapis3.app_context import INPUT_DIR, lender_of, shared_context
from dragoman.dialects.tapis3.directories import raw_directories, resolve_directories
from dragoman.dialects.tapis3.job_fields import Faults, Json
from dragoman.dialects.tapis3.job_lookups import constraints, is_dynamic, job_attributes, profile_name
from dragoman.dialects.tapis3.macros import as_variables, fill, ground_macros
from dragoman.dialects.tapis3.merge_env import added
from dragoman.dialects.tapis3.merge_inputs import merge_input_arrays, merge_inputs, stored, variables
from dragoman.dialects.tapis3.read_job import Asked, read_app_subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a job is made of, beside the request. Apps and systems are as this door shows them to the job's owner."""

    app: Mapping[str, Any]
    system: Mapping[str, Any]
    """Where it executes."""
    archive: Mapping[str, Any]
    """Where its outputs are kept; may be the same."""
    profile: Mapping[str, Any] | None = None
    """The scheduler profile that is named."""
    evaluated: Mapping[str, str] = field(default_factory=dict)
    """The variables of the host that ``host_evaluations`` asked for; empty text for one without a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, where and when."""

    caller: str
    tenant: str
    uuid: str
    now: int
    is_admin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A job of which everything is known."""

    attributes: Mapping[str, Any]
    """What the job shows for ever, by the words of the wire. Plain JSON: keep it with the job."""
    app: Mapping[str, Any]
    system: Mapping[str, Any]
    archive: Mapping[str, Any]
    profile: Mapping[str, Any]
    """Empty when there is none."""
    hpc_queue: str
    """What the batch scheduler calls the queue."""


def resolve(asked: Asked, sources: Sources, asker: Asker) -> Resolved:
    """The job. Raises one Invalid with all that is wrong with it."""
    resolve_places.check(sources.app, sources.system, sources.archive)
    faults = Faults()
    job, hpc_queue = _basis(asked, sources, asker, faults)
    ground = ground_macros(job, sources.system, hpc_queue=hpc_queue, now=asker.now)
    macros = _macros(asked, sources, job, ground, faults)
    _parameters(asked, sources, job, macros, faults)
    job["description"] = fill(_description(asked, sources.app, job), macros, ("description",), faults)
    _labels(asked, sources.app, job, faults)
    profile = _profile(asked, sources, job, faults)
    faults.tell()
    job |= shared_context(asked, sources.app, sources.system, job)
    job["fileInputs"] = [{**one, "destSharedAppCtx": lender_of(job, INPUT_DIR)} for one in job["fileInputs"]]
    return Resolved(
        attributes=job,
        app=sources.app,
        system=sources.system,
        archive=sources.archive,
        profile=profile,
        hpc_queue=hpc_queue,
    )


def _basis(asked: Asked, sources: Sources, asker: Asker, faults: Faults) -> tuple[Json, str]:
    """What needs no macros, and what the batch scheduler calls the queue."""
    app, system = sources.app, sources.system
    attributes = job_attributes(app)
    job: Json = {
        "uuid": asker.uuid,
        **{key: asked.get(key) for key in ("name", "appId", "appVersion")},
        **_owner(asked, asker),
        "createdby": asker.caller,
        "createdbyTenant": asker.tenant,
        **resolve_places.systems(asked, app, system, sources.archive),
        "dynamicExecSystem": is_dynamic(asked, app),
        "execSystemConstraints": constraints(asked, app),
        **resolve_places.scalars(asked, attributes),
        "jobType": resolve_places.job_type(asked, app, system, faults),
        **resolve_places.mpi(asked, attributes, system, faults),
    }
    queue = resolve_places.queue(asked, app, system, job, faults)
    job["execSystemLogicalQueue"] = queue.get("name")
    return job, str(queue.get("hpcQueueName") or "")


def _owner(asked: Asked, asker: Asker) -> Json:
    owner, tenant = asked.get("owner") or asker.caller, asked.get("tenant") or asker.tenant
    if owner != asker.caller and not asker.is_admin:
        raise Invalid.field("owner", why=f"Only an administrator may submit jobs for {owner}.")
    if tenant != asker.tenant:
        raise Invalid.field("tenant", why=f"There is no tenant {tenant} here, only {asker.tenant}.")
    return {"owner": owner, "tenant": tenant}


def _macros(asked: Asked, sources: Sources, job: Json, ground: dict[str, str], faults: Faults) -> dict[str, str]:
    """All macros; the job's name and directories are filled in on the way."""
    job["name"] = fill(job["name"], ground, ("name",), faults)
    macros = {**ground, "JobName": job["name"]}
    raw = raw_directories(
        asked, job_attributes(sources.app), sources.system, archive_here=sources.archive["id"] == sources.system["id"]
    )
    found = resolve_directories(raw, macros, sources.evaluated, faults)
    for key in resolve_places.DIRECTORIES:
        job[key] = found.get(key)
    log = resolve_parameters.log_config(asked, sources.app, faults)
    return {
        **macros,
        **{resolve_places.MACRO_OF[key]: path for key, path in found.items()},
        "StdoutFilename": log["stdoutFilename"],
        "StderrFilename": log["stderrFilename"],
    }


def _parameters(asked: Asked, sources: Sources, job: Json, macros: Mapping[str, str], faults: Faults) -> None:
    attributes = job_attributes(sources.app)
    inputs = [
        *merge_inputs(asked.listed("fileInputs"), sources.app, attributes, faults),
        *merge_input_arrays(asked.listed("fileInputArrays"), sources.app, attributes, faults),
    ]
    is_batch = job["jobType"] == "BATCH"
    found = resolve_parameters.parameters(asked, sources.app, sources.system, macros, faults, is_batch=is_batch)
    where = ("parameterSet", "envVariables")
    found["envVariables"] = added(found["envVariables"], variables(inputs), where, faults)
    found["envVariables"] = added(found["envVariables"], as_variables(macros), where, faults)
    job["fileInputs"], job["parameterSet"] = stored(inputs), found


def _description(asked: Asked, app: Mapping[str, Any], job: Json) -> str:
    told = asked.get("description") or job_attributes(app).get("description") or app.get("description")
    return told or f"{job['appId']}-{job['appVersion']} submitted by {job['owner']}@{job['tenant']}"


def _labels(asked: Asked, app: Mapping[str, Any], job: Json, faults: Faults) -> None:
    attributes = job_attributes(app)
    job["tags"] = sorted({*(asked.get("tags") or ()), *(attributes.get("tags") or ())})
    of_app = [read_app_subscription(item, faults) for item in attributes.get("subscriptions") or ()]
    job["subscriptions"] = [*asked.listed("subscriptions"), *filter(None, of_app)]
    notes = asked.get("notes")
    job["notes"] = notes if notes is not None else app.get("notes") or {}


def _profile(asked: Asked, sources: Sources, job: Json, faults: Faults) -> Mapping[str, Any]:
    name = profile_name(asked, sources.app, sources.system) if job["jobType"] == "BATCH" else ""
    if name and sources.profile is None:
        faults.add(("parameterSet", "schedulerOptions"), f"There is no scheduler profile {name}.")
    return (sources.profile or {}) if name else {}
