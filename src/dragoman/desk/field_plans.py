"""What submits of jobs of the field come to: what is known of the field, the door's plan, and its goal served."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial

from dragoman.core.chains import Startable, start_fault
from dragoman.core.errors import Conflict, NotFound
from dragoman.core.field import Field, FieldDraft, Plan, Planning
from dragoman.core.job import Job
from dragoman.core.things import Identity
from dragoman.desk.repository import visible_apps
from dragoman.store import Connection, field_jobs, goals, nodes, triggers

Doors = Mapping[str, Startable]
"""Those whose stored jobs events may start."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A job (None: not stored yet), what is known of the field, and the plan that came of both."""

    job: Job | None
    field: Field
    plan: Plan


def planned(
    conn: Connection, who: Identity, draft: FieldDraft, planning: Planning, *, doors: Doors, job: Job | None = None
) -> Planned:
    """What comes of a submit of a draft by somebody; ``doors`` are those whose stored jobs its rules may start."""
    field = _field(conn, who, draft, doors, job)
    return Planned(job, field, planning.plan(draft, field, who.account))


def serve(conn: Connection, job: Job, found: Planned, *, goal: str, at: int) -> None:
    """Have nodes work on a job under a new goal of this alias."""
    draft = found.plan.goal
    ids = {vsn: found.field.nodes[vsn].id for vsn in draft.parts}
    field_jobs.open_job(conn, job, goals.add_goal(conn, draft, alias=goal, job_id=job.id, nodes=ids, at=at), at=at)


def _field(conn: Connection, who: Identity, draft: FieldDraft, doors: Doors, job: Job | None) -> Field:
    tagged = [node for node in nodes.list_nodes(conn) if node.tags.issuperset(draft.tags)] if draft.tags else []
    named = nodes.list_nodes(conn, draft.vsns)
    access = nodes.access_of(conn, who.account.id)
    owner_id = who.account.id if job is None else job.owner_id
    return Field(
        nodes={node.vsn: node for node in (*named, *tagged)},
        tagged=[node.vsn for node in tagged],
        schedulable=frozenset(vsn for vsn, words in access.items() if "schedule" in words),
        apps=visible_apps(conn, who, draft.door, draft.apps),
        stored=_stored(conn, draft.starts, owner_id, doors, job),
    )


def _stored(
    conn: Connection, starts: Sequence[str], owner_id: int, doors: Doors, holder: Job | None
) -> Mapping[str, str]:
    find = cache(partial(triggers.find_stored, conn, owner_id=owner_id, doors=doors))
    found: dict[str, str] = {}
    for one in dict.fromkeys(starts):
        with suppress(NotFound, Conflict):
            found[one] = start_fault(one, find, doors, holder=holder)
    return found
