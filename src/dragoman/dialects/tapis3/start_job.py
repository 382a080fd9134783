"""Makes jobs of requests, for whoever asks: a request, its app and its systems become a job that is on disk."""

from collections.abc import Mapping
from typing import Any

from dragoman.core.errors import Invalid, NotFound
from dragoman.core.hosted import Hosted
from dragoman.core.job import Draft, LogStyle, Resources, Workload
from dragoman.core.ports import SINGULARITY
from dragoman.core.registered import AppView, Need, SystemView
from dragoman.core.things import Account
from dragoman.desk.grounds import Ground
from dragoman.desk.hosted_jobs import Seen
from dragoman.dialects.tapis3 import job_lookups
from dragoman.dialects.tapis3.app_context import archive_lender, exec_lender
from dragoman.dialects.tapis3.asking import Asking, owner_of
from dragoman.dialects.tapis3.door import DOOR
from dragoman.dialects.tapis3.exec_system import exec_system, named_system, refusal
from dragoman.dialects.tapis3.job_facts import ATTRIBUTES, VISIBLE
from dragoman.dialects.tapis3.launch import Programs, Where, launch
from dragoman.dialects.tapis3.options import Unfit
from dragoman.dialects.tapis3.profiles import write_profile
from dragoman.dialects.tapis3.read_job import Asked
from dragoman.dialects.tapis3.resolve_job import Asker, Resolved, Sources, resolve
from dragoman.dialects.tapis3.subscriptions import check_targets, new_subscription
from dragoman.dialects.tapis3.touched import touched
from dragoman.dialects.tapis3.write_app import write_app
from dragoman.dialects.tapis3.write_system import write_system


async def start(call: Asking, letter: str, asked: Asked, *, uuid: str, tracking: str | None = None) -> Seen:
    """Start the job that a letter asks for, under this id. Raises Problems, and Conflict when the id is taken.

    What an administrator starts for somebody is found, and done, with that one's rights and logins.
    """
    check_targets(asked.listed("subscriptions"), call.settings, ("subscriptions",))
    owner = await owner_of(call, asked)
    app = await _app(owner, asked)
    resolved, hosted = await _prepare(owner, call.who.account, asked, app, uuid)
    job, draft = resolved.attributes, _draft(letter, resolved.attributes, hosted, tracking)
    return await call.desk.hosted_jobs.start(
        call.who,
        draft,
        system_id=hosted.system_id,
        app_id=app.app.id,
        owner=job["owner"],
        subscriptions=[
            new_subscription(one, owner=job["owner"], tenant=call.tenant, job=job["uuid"])
            for one in job["subscriptions"]
        ],
    )


def _draft(letter: str, job: Mapping[str, Any], hosted: Hosted, tracking: str | None) -> Draft:
    return Draft(
        door=DOOR,
        alias=job["uuid"],
        name=job["name"],
        letter=letter,
        workload=Workload(
            steps=(),
            resources=Resources(
                system=job["execSystemId"],
                queue=job["execSystemLogicalQueue"] or "",
                cores=job["nodeCount"] * job["coresPerNode"],
                nodes=job["nodeCount"],
                walltime=hosted.walltime,
            ),
            log=LogStyle(name=""),
            hosted=hosted,
        ),
        inputs=(),
        notes={ATTRIBUTES: {**job, "trackingId": tracking}, VISIBLE: True},
    )


async def _prepare(call: Asking, caller: Account, asked: Asked, app: AppView, uuid: str) -> tuple[Resolved, Hosted]:
    """The job, of which everything is known, and what it executes."""
    told_app = write_app(app, door=DOOR, tenant=call.tenant)
    system = await exec_system(call, asked, told_app)
    name, told_system = system.system.name, _written(call, system)
    lender = exec_lender(told_app, name)
    archive = await _archive_system(call, asked, told_app, told_system)
    sources = Sources(
        app=told_app,
        system=told_system,
        archive=_written(call, archive),
        profile=await _profile(call, job_lookups.profile_name(asked, told_app, told_system)),
        evaluated={
            variable: await call.desk.systems.evaluate(call.who, DOOR, name, variable, lender=lender)
            for variable in job_lookups.host_evaluations(asked, told_app, told_system)
        },
    )
    me = call.who.account
    asker = Asker(
        caller=caller.name, tenant=call.tenant, uuid=uuid, now=call.desk.hosted_jobs.now, is_admin=caller.is_admin
    )
    resolved = resolve(asked, sources, asker)
    ground = await call.desk.grounds.of(system.system.id, me.id)
    if why := refusal(told_app, ground.containers):
        raise Invalid.field("execSystemId", why=f"The system {name} {why}")
    dtn = job_lookups.dtn_system_id(asked, told_app, told_system)
    where = Where(
        account_id=me.id,
        system_id=system.system.id,
        archive_id=archive.system.id,
        dtn_id=(await named_system(call, dtn, "dtnSystemId", lender=lender)).system.id if dtn else None,
        root=ground.base,
        is_all=system.system.shell == "local",
    )
    try:
        hosted = launch(resolved, where, _programs(ground))
    except Unfit as fault:
        raise Invalid.field("parameterSet.containerArgs", why=str(fault)) from fault
    paths = touched(resolved, hosted, may_run=system.rights.allow(Need.RUN))
    await call.desk.transfers.check_touched(call.who, DOOR, paths)
    return resolved, hosted


def _programs(ground: Ground) -> Programs:
    if ground.containers is None:
        return Programs()
    return Programs(docker=None, singularity=ground.containers.get(SINGULARITY, ""), own_processes=ground.own_processes)


async def _app(call: Asking, asked: Asked) -> AppView:
    name, version = asked.get("appId"), asked.get("appVersion")
    try:
        view = await call.desk.apps.find(call.who, DOOR, name, version, need=Need.RUN)
    except NotFound as problem:
        raise Invalid.field("appId", why=f"There is no app {name} with the version {version}.") from problem
    if not view.app.enabled or not view.app.facets[DOOR].get("versionEnabled", True):
        raise Invalid.field("appId", why=f"The app {name} {version} is disabled.")
    return view


async def _archive_system(call: Asking, asked: Asked, app: dict[str, Any], system: dict[str, Any]) -> SystemView:
    name = job_lookups.archive_system_id(asked, app, system)
    return await named_system(call, name, "archiveSystemId", lender=archive_lender(app, name, system["id"]))


def _written(call: Asking, view: SystemView) -> dict[str, Any]:
    return write_system(view, door=DOOR, tenant=call.tenant)


async def _profile(call: Asking, name: str) -> dict[str, Any] | None:
    if not name:
        return None
    try:
        return write_profile(await call.desk.profiles.find(name), call.tenant)
    except NotFound:
        return None  # the resolution says so, with all else that is wrong
