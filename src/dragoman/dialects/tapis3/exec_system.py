"""Chooses the execution system of a job: a named one, or the first that meets its constraints and runs its app."""

from collections.abc import Mapping
from typing import Any

from dragoman.core.errors import Denied, Invalid, NotFound
from dragoman.core.ports import SINGULARITY
from dragoman.core.registered import Need, Scope, SystemView
from dragoman.dialects.tapis3 import job_lookups
from dragoman.dialects.tapis3.app_context import exec_lender
from dragoman.dialects.tapis3.asking import Asking
from dragoman.dialects.tapis3.capabilities import fits
from dragoman.dialects.tapis3.door import DOOR
from dragoman.dialects.tapis3.read_job import Asked
from dragoman.dialects.tapis3.write_system import write_system

_NO_PROGRAM = (
    "nothing that works inside the confinement of a job runs them (`dragoman doctor` tells why). Register a host of"
    " your own."
)
TOLD = 5
"""Of so many systems a refusal says why they are none for the job."""


async def exec_system(call: Asking, asked: Asked, app: Mapping[str, Any]) -> SystemView:
    """The system. Raises Denied, and Invalid when there is none, or none that meets the constraints runs the app."""
    if job_lookups.is_dynamic(asked, app):
        return await _capable(call, asked, app)
    name = job_lookups.exec_system_id(asked, app)
    if not name:
        raise Invalid.field("execSystemId", why="Neither the request nor the app names an execution system.")
    return await named_system(call, name, "execSystemId", need=Need.RUN, lender=exec_lender(app, name))


async def named_system(call: Asking, name: str, where: str, *, need: Need = Need.READ, lender: str = "") -> SystemView:
    """The system that a field names. Raises Invalid and Denied, which name the field."""
    try:
        view = await call.desk.systems.find(call.who, DOOR, name, need=need, lender=lender)
    except NotFound as problem:
        raise Invalid.field(where, why=f"There is no system {name}.") from problem
    except Denied as problem:
        raise Denied(f"You may not use the system {name} ({where}).") from problem
    if not view.system.enabled:
        raise Invalid.field(where, why=f"The system {name} is disabled.")
    return view


def refusal(app: Mapping[str, Any], containers: Mapping[str, str] | None) -> str:
    """Why a system makes no container of an app: on this service's own host only what is confined with the job may."""
    runtime = _runtime(app)
    if containers is None or runtime == "ZIP" or SINGULARITY in containers:
        return ""
    return f"runs no apps of {runtime}: {_NO_PROGRAM}"


async def _capable(call: Asking, asked: Asked, app: Mapping[str, Any]) -> SystemView:
    views = await call.desk.systems.list(call.who, DOOR, Scope.ALL)
    able = [view for view in views if view.rights.allow(Need.RUN) and view.system.enabled]
    found = fits(job_lookups.constraints(asked, app), able, DOOR)
    if not found:
        raise Invalid.field("execSystemConstraints", why="No system that you may run on meets them.")
    reasons = []
    for view in found:
        why = await _why_not(call, asked, app, view)
        if not why:
            return view
        reasons.append(f"{view.system.name} {why}")
    told = "; ".join(one.rstrip(".") for one in reasons[:TOLD]) + ("; …" if reasons[TOLD:] else ".")
    raise Invalid.field("execSystemConstraints", why=f"No system that meets them can run the app: {told}")


async def _why_not(call: Asking, asked: Asked, app: Mapping[str, Any], view: SystemView) -> str:
    system = write_system(view, door=DOOR, tenant=call.tenant)
    runtimes = {one["runtimeType"] for one in system.get("jobRuntimes") or ()}
    if view.system.shell == "local" and "SINGULARITY" in runtimes:
        runtimes.add("DOCKER")  # the same program runs them there
    if _runtime(app) not in runtimes:
        return f"has no {_runtime(app)} among its jobRuntimes"
    if why := _unfit(_runtime(app), asked.get("jobType") or app.get("jobType"), system):
        return why
    try:
        ground = await call.desk.grounds.of(view.system.id, call.who.account.id)
    except Denied:
        return "is none that you have a login for"
    return refusal(app, ground.containers)


def _unfit(runtime: str, kind: str | None, system: Mapping[str, Any]) -> str:
    """What a system lacks for a job with an app of a runtime. Without a ``kind`` it is a BATCH job where it can be."""
    can_batch = bool(system.get("canRunBatch"))
    if not system.get("canExec"):
        return "executes no jobs (canExec is false)"
    if kind == "BATCH" and not can_batch:
        return "runs no BATCH jobs (canRunBatch is false)"
    if runtime == "DOCKER" and (kind == "BATCH" or (not kind and can_batch)):
        return "runs Docker apps as FORK jobs only"
    return ""


def _runtime(app: Mapping[str, Any]) -> str:
    return str(app.get("runtime") or "DOCKER")
