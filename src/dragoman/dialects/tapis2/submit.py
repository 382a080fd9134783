"""The handlers that start jobs: a request, its app and its systems become a job that is on disk."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dragoman.core.job import Draft, LogStyle, Resources, Workload
from dragoman.core.macros import MacroFault, expand
from dragoman.core.registered import AppView
from dragoman.desk.hosted_jobs import Seen
from dragoman.dialects.tapis2.addresses import own_name
from dragoman.dialects.tapis2.app_assets import assets_of
from dragoman.dialects.tapis2.door import DOOR, Asking, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.ids import mint
from dragoman.dialects.tapis2.job_facts import ATTRIBUTES, VARIABLES, VISIBLE
from dragoman.dialects.tapis2.job_macros import macros, path_macros
from dragoman.dialects.tapis2.job_queue import Needs, choose
from dragoman.dialects.tapis2.job_values import shown, substituted
from dragoman.dialects.tapis2.jobs import told
from dragoman.dialects.tapis2.launch import Plan, launch
from dragoman.dialects.tapis2.places import resolved
from dragoman.dialects.tapis2.read_job import Asked, read_job
from dragoman.dialects.tapis2.read_queue import queues_of
from dragoman.dialects.tapis2.resolve_job import (
    Values,
    app_for,
    archive_face,
    execution_face,
    make_archive,
    sources_of,
    values_of,
)
from dragoman.dialects.tapis2.slugs import slug
from dragoman.dialects.tapis2.subscribing import subscriptions
from dragoman.dialects.tapis2.system_facet import work_directory
from dragoman.dialects.tapis2.write_job import write_accepted
from dragoman.dialects.tapis2.write_system import Face

Json = dict[str, Any]


async def submit(call: Call) -> Answer:
    """Start a job."""
    sent = await call.sent()
    started = await start(call, read_job(sent.fields, is_form=not sent.is_json))
    return Answer(result=accepted(call, started), status=201)


def accepted(call: Call, started: Seen) -> Json:
    """What the answer to a submit shows."""
    return write_accepted(told(started), owner=started.owner.name, tenant=call.tenant, base=call.base)


async def start(
    call: Asking, asked: Asked, *, uuid: str = "", variables: Mapping[str, str] = MappingProxyType({})
) -> Seen:
    """The job, once it is on disk; a new id unless one is given. The variables are the environment of its wrapper."""
    app = await app_for(call, asked.app_id)
    if not app.app.enabled:
        raise Refused(400, f"The app {app.app.name} is not available: it is disabled.")
    plan = await _plan(call, asked, app, uuid or mint(), variables)
    job, hosted = plan.attributes, launch(plan)
    draft = Draft(
        door=DOOR,
        alias=job["uuid"],
        name=asked.name,
        letter=json.dumps(asked.letter),
        workload=Workload(
            steps=(),
            resources=Resources(
                system=plan.attributes["systemCore"],
                queue=job["queue"],
                cores=job["processorsPerNode"],
                nodes=job["nodeCount"],
                walltime=hosted.walltime,
            ),
            log=LogStyle(name=""),
            hosted=hosted,
        ),
        inputs=(),
        notes={ATTRIBUTES: dict(job), VISIBLE: True, **({VARIABLES: dict(variables)} if variables else {})},
    )
    new = subscriptions(asked.notifications, call.settings)
    return await call.desk.hosted_jobs.start(
        call.who, draft, system_id=plan.system_id, app_id=app.app.id, owner=call.me, subscriptions=new
    )


async def _plan(call: Asking, asked: Asked, app: AppView, uuid: str, variables: Mapping[str, str]) -> Plan:
    """Everything about the job."""
    facet = app.app.facets[DOOR]
    values = values_of(asked, facet)
    execution = await execution_face(call, asked, facet)
    queue, needs = choose(asked, facet, execution.id, queues_of(execution.facet), app.app.name)
    archive, me = await archive_face(call, asked), call.who.account
    system, slug_ = execution.view.system, slug(asked.name)
    directory = resolved(f"{work_directory(execution.facet)}/{me.name}/job-{uuid}-{slug_}", "/")
    base = (await call.desk.grounds.of(system.id, me.id)).base
    assets = await assets_of(call, app)
    inputs = await sources_of(call, values, directory, system.id)
    job = _attributes(asked, app, execution, needs, values)
    job = {**job, "uuid": uuid, "owner": me.name, "queue": queue["name"], "slug": slug_, "assets": assets.shown}
    job = {
        **job,
        "base": call.base,
        "workPath": directory,
        "hostPath": f"{base}{directory}",
        "archiveSystem": archive.id,
    }
    job = {**job, **_archive(job, asked, archive, call.desk.hosted_jobs.now)}
    if asked.archive:
        await make_archive(call, archive, job["archiveTop"])
    effective = queue["mappedName"] or queue["name"]
    now = call.desk.hosted_jobs.now
    return Plan(
        attributes=job,
        facet=execution.facet,
        queue=queue,
        wrapper=assets.wrapper,
        fields=_fields(facet, values),
        macros=macros(job, name=asked.name, queue=effective, base=call.base, tenant=call.tenant, created_at=now),
        modules=tuple(facet["modules"]),
        account_id=me.id,
        system_id=system.id,
        archive_id=archive.view.system.id if asked.archive else None,
        directory=directory,
        archive=job["archiveTop"],
        base=base,
        assets=assets.source(directory, system.id),
        inputs=inputs,
        variables=variables,
    )


def _attributes(asked: Asked, app: AppView, execution: Face, needs: Needs, values: Values) -> Json:
    return {
        "appId": app.app.name,
        "appUuid": f"{app.app.uuid}-005",
        "systemId": execution.id,
        "systemCore": execution.name,
        "archive": asked.archive,
        "archiveOnAppError": asked.archive_on_error,
        "nodeCount": needs.nodes,
        "processorsPerNode": needs.processors,
        "memoryPerNode": needs.gigabytes,
        "maxSeconds": needs.seconds,
        "maxHours": None if needs.seconds is None else round(needs.seconds / 3600, 6),
        "inputs": shown(values.inputs),
        "parameters": shown(values.parameters),
        "hasInputs": bool(values.inputs),
    }


def _archive(job: Json, asked: Asked, archive: Face, now: int) -> Json:
    """Where the outputs go, as it is shown and below the root of its system."""
    wanted = asked.archive_path or f"{job['owner']}/archive/jobs/job-{job['uuid']}"
    try:
        path = expand(wanted, path_macros(job, now))
    except MacroFault as fault:
        raise Refused(400, f"Invalid archivePath. {fault}.") from fault
    return {
        "archivePath": path,
        "archiveCore": archive.name,
        "archiveTop": resolved(path, archive.home, field="archivePath"),
    }


def _fields(facet: Mapping[str, Any], values: Values) -> dict[str, str]:
    """What stands in the wrapper for each input and parameter."""
    inputs = {one["id"]: substituted(one, values.inputs.get(one["id"]), names=own_name) for one in facet["inputs"]}
    return {**inputs, **{one["id"]: substituted(one, values.parameters.get(one["id"])) for one in facet["parameters"]}}


ROUTES: tuple[Route, ...] = (Route(method="POST", path="jobs/v2", handler=submit),)
