"""Lets executions begin as the policy has it, gives them to the engine, and ends those of goals that are gone."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from dragoman.agent.abilities import Abilities
from dragoman.agent.events import CLEANED_UP, plugin_event
from dragoman.agent.plate import Plate
from dragoman.agent.policies import Candidate, Policy
from dragoman.agent.resources import Need, request
from dragoman.agent.workload import GPUS, draft_of, read_spec
from dragoman.core.edge import Firing, FiringState, Told
from dragoman.core.errors import Problem, Unsupported
from dragoman.core.job import Draft
from dragoman.core.states import RunState, Wish
from dragoman.store import Connection, catalogue, jobs
from dragoman.store.edge import firings, outbox

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """What it takes to let executions begin."""

    policy: Policy
    plate: Callable[[], Plate]
    can: Abilities
    owner_id: int
    """The account whose the engine's jobs are."""


def begin(conn: Connection, how: Choosing, *, at: int) -> list[Told]:
    """Let begin what may; what cannot run on this node fails. What is to be told is in the outbox already."""
    plate = how.plate()
    active = firings.active_firings(conn)
    told: list[Told] = []
    waiting: dict[int, Firing] = {}
    candidates: list[Candidate] = []
    for firing in active:
        if firing.state is FiringState.QUEUED:
            try:
                need = _need(firing, plate)
                _draft(firing, plate, how.can, range(need.gpu))
            except Problem as problem:
                told.append(_fail(conn, firing, str(problem), plate, at))
                continue
            except Exception as error:  # one that cannot even be read must not keep all others from beginning
                log.exception("%s cannot be run", firing.pod)
                told.append(_fail(conn, firing, f"It cannot be run here: {error}", plate, at))
                continue
            waiting[firing.id] = firing
            candidates.append(Candidate(id=firing.id, need=need))
    running = [
        Candidate(id=one.id, need=request(one.spec["resource"], one.spec["selector"]))
        for one in active
        if one.state is FiringState.SELECTED
    ]
    free = _free_gpus(conn, active, plate)
    for chosen in how.policy(candidates, running, plate.whole):
        firing, gpus, free = waiting[chosen.id], free[: chosen.need.gpu], free[chosen.need.gpu :]
        draft = _draft(firing, plate, how.can, gpus)
        firings.select_firing(conn, firing.id, job_id=_submit(conn, draft, how.owner_id, at))
        told.append(plugin_event("selected", firing, plate, at=at, reason="Fit to resource"))
    outbox.tell(conn, told, at=at)
    return told


def _draft(firing: Firing, plate: Plate, can: Abilities, gpus: Sequence[int]) -> Draft:
    return draft_of(firing, read_spec(firing.spec), plate, can, gpus)


def _free_gpus(conn: Connection, active: Sequence[Firing], plate: Plate) -> list[int]:
    """The numbers of the GPUs that no execution has, which stands with its job, so that a restart knows it."""
    begun = [one.job_id for one in active if one.job_id is not None] if plate.whole.gpu else []
    taken = {number for job_id in begun for number in jobs.get_job(conn, job_id).notes.get(GPUS, ())}
    return [number for number in range(plate.whole.gpu) if number not in taken]


def _need(firing: Firing, plate: Plate) -> Need:
    """What is to be set aside. Raises Problems for what this node can never give."""
    spec = read_spec(firing.spec)
    need = request(spec.resource, spec.selector)
    if why := plate.mismatch(spec):
        raise Unsupported(why)
    if need.gpu > plate.whole.gpu:
        given = f"This node gives {plate.whole.gpu or 'no'} GPU{'s' if plate.whole.gpu != 1 else ''} to plugins"
        raise Unsupported(f"{given}, and it asks for {need.gpu}.", hint="Its operator may set node.gpus.")
    if not need.fits(plate.whole):
        raise Unsupported("It asks for more processors or memory than this node has.")
    return need


def _fail(conn: Connection, firing: Firing, why: str, plate: Plate, at: int) -> Told:
    firings.end_firing(conn, firing.id, RunState.FAILED.value, at=at)
    return plugin_event("failed", firing, plate, at=at, reason=why, error_log="", return_code=None, message=why)


def _submit(conn: Connection, draft: Draft, owner_id: int, at: int) -> int:
    job = jobs.add_job(conn, draft, owner_id=owner_id, workload=draft.workload, input_bytes=0, at=at)
    system_id = catalogue.find_system(conn, draft.workload.resources.system)
    jobs.submit_job(conn, job, system_id=system_id, runs=1, at=at)
    return job.id


def clean_up(conn: Connection, goals: Collection[str], plate: Plate, *, at: int) -> list[Told]:
    """End what belongs to other goals than these: what waits fails, what runs is killed."""
    told: list[Told] = []
    for firing in firings.orphans(conn, list(goals)):
        if firing.job_id is None:
            told.append(_fail(conn, firing, CLEANED_UP, plate, at))
            continue
        job = jobs.get_job(conn, firing.job_id)
        if job.wish is not Wish.KILL:
            jobs.wish_for_job(conn, job, Wish.KILL, at=at)
    outbox.tell(conn, told, at=at)
    return told


def forget(conn: Connection, *, before: int, most: int) -> tuple[int, Sequence[str]]:
    """Forget some executions that ended before then, or before the last ``most``, with their logs.

    How many, and the blobs to delete.
    """
    blobs: list[str] = []
    job_ids = firings.forget_firings(conn, before=before, most=most)
    for job_id in job_ids:
        blobs += jobs.remove_job(conn, jobs.get_job(conn, job_id))
    return len(job_ids), blobs
