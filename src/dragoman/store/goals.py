"""Goals: what submits made of jobs of the field, and what nodes tell about them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, select, update

from dragoman.core.field import Goal, GoalDraft, Heard, News, Tally
from dragoman.core.work import NewWork
from dragoman.store.chunks import chunks
from dragoman.store.nodes import raise_versions
from dragoman.store.queue import add_work
from dragoman.store.tables import goal, goal_part, job, node

EXPIRY = "goal-expiry"
"""The kind of work that ends a job whose criteria are met; ``ref`` is the goal."""
MOST_ERROR = 1024
_GOALS = select(goal, job.c.alias.label("job_alias")).join(job, job.c.id == goal.c.job_id)


def add_goal(conn: Connection, draft: GoalDraft, *, alias: str, job_id: int, nodes: Mapping[str, int], at: int) -> int:
    """Store a goal for these nodes (ids by VSN), and withdraw what the job had before; the goal's id."""
    withdraw_goals(conn, job_id, at=at)
    row = {"alias": alias, "job_id": job_id, "name": draft.name, "lifetime": draft.lifetime, "created_at": at}
    tally = {"completed": 0, "failed": 0, "error": ""}
    key: int = conn.execute(insert(goal).values(**row, **tally).returning(goal.c.id)).scalar_one()
    parts = [
        {"goal_id": key, "node_id": nodes[vsn], "part": dict(part), "is_served": True}
        for vsn, part in draft.parts.items()
    ]
    conn.execute(insert(goal_part), parts)
    raise_versions(conn, list(nodes.values()))
    return key


def withdraw_goals(conn: Connection, job_id: int, *, at: int) -> None:
    """Have no node work on any goal of a job any longer."""
    mine = list(conn.execute(select(goal.c.id).where(goal.c.job_id == job_id, goal.c.withdrawn_at.is_(None))).scalars())
    if not mine:
        return
    served = (goal_part.c.goal_id.in_(mine), goal_part.c.is_served)
    raise_versions(conn, list(conn.execute(select(goal_part.c.node_id).where(*served)).scalars()))
    conn.execute(update(goal_part).where(*served).values(is_served=False))
    conn.execute(update(goal).where(goal.c.id.in_(mine)).values(withdrawn_at=at))


def get_goals(conn: Connection, ids: Sequence[int]) -> dict[int, Goal]:
    """The goals with these ids of ours, by id, with all their parts."""
    found: dict[int, Goal] = {}
    for some in chunks(ids):
        parts: dict[int, dict[str, Any]] = {}
        of_goals = (
            select(goal_part.c.goal_id, node.c.vsn, goal_part.c.part)
            .join(node, node.c.id == goal_part.c.node_id)
            .where(goal_part.c.goal_id.in_(some))
            .order_by(node.c.vsn)
        )
        for row in conn.execute(of_goals):
            parts.setdefault(row.goal_id, {})[row.vsn] = row.part
        for row in conn.execute(_GOALS.where(goal.c.id.in_(some))):
            found[row.id] = _read(row, parts.get(row.id, {}))
    return found


def goals_for(conn: Connection, vsns: Collection[str]) -> dict[str, tuple[int, list[Goal]]]:
    """The version of what each of these nodes is to do, and its goals, each with that node's part alone.

    By VSN, here in small letters; nodes that do not exist are left out.
    """
    found: dict[str, tuple[int, list[Goal]]] = {}
    for some in chunks(vsns):
        there = select(node.c.vsn_lower, node.c.version).where(node.c.vsn_lower.in_(some))
        found |= {row.vsn_lower: (row.version, []) for row in conn.execute(there)}
        served = (
            _GOALS.add_columns(goal_part.c.part, node.c.vsn, node.c.vsn_lower)
            .join(goal_part, goal_part.c.goal_id == goal.c.id)
            .join(node, node.c.id == goal_part.c.node_id)
            .where(node.c.vsn_lower.in_(some), goal_part.c.is_served)
            .order_by(goal.c.id)
        )
        for row in conn.execute(served):
            found[row.vsn_lower][1].append(_read(row, {row.vsn: row.part}))
    return found


def find_served(conn: Connection, *, alias: str, node_id: int) -> Goal | None:
    """The goal of that alias, with the node's part alone, when it has one and the goal is not withdrawn."""
    mine = (goal_part.c.node_id == node_id) & (goal_part.c.goal_id == goal.c.id)
    row = conn.execute(
        _GOALS.add_columns(goal_part.c.part, node.c.vsn)
        .join(goal_part, mine)
        .join(node, node.c.id == goal_part.c.node_id)
        .where(goal.c.alias == alias, goal.c.withdrawn_at.is_(None))
        .with_for_update(of=goal)
    ).first()
    return None if row is None else _read(row, {row.vsn: row.part})


def job_of(conn: Connection, *, alias: str, node_id: int) -> int | None:
    """The id of the job whose goal that is, when the node has or had a part in it."""
    mine = (goal_part.c.node_id == node_id) & (goal_part.c.goal_id == goal.c.id)
    return conn.execute(select(goal.c.job_id).join(goal_part, mine).where(goal.c.alias == alias)).scalar()


def note_received(conn: Connection, found: Goal, *, at: int) -> None:
    """Keep that a node has the goal. From the first time on its lifetime counts."""
    values: dict[str, Any] = {"heard_at": at}
    if found.started_at is None:
        values["started_at"] = at
        if found.lifetime is not None:
            add_work(conn, NewWork(kind=EXPIRY, ref=found.id, due_at=at + found.lifetime))
    conn.execute(update(goal).where(goal.c.id == found.id).values(values))


def note_run(conn: Connection, found: Goal, heard: Heard) -> None:
    """Count a run that has ended on a node."""
    if heard.kind is News.FAILED:
        last = {"failed_at": heard.at, "error": heard.error[:MOST_ERROR]}
        values: dict[str, Any] = {"failed": goal.c.failed + 1, **last}
    else:
        values = {"completed": goal.c.completed + 1}
    conn.execute(update(goal).where(goal.c.id == found.id).values(values))


def _read(row: Any, parts: Mapping[str, Mapping[str, Any]]) -> Goal:
    return Goal(
        id=row.id,
        alias=row.alias,
        job_id=row.job_id,
        job_alias=row.job_alias,
        name=row.name,
        parts=parts,
        lifetime=row.lifetime,
        created_at=row.created_at,
        started_at=row.started_at,
        heard_at=row.heard_at,
        withdrawn_at=row.withdrawn_at,
        tally=Tally(completed=row.completed, failed=row.failed, failed_at=row.failed_at, error=row.error),
    )


def forget_goals(conn: Connection, *, before: int, most: int) -> int:
    """Delete some goals that were withdrawn before that time, but for the last one of each job; how many."""
    later = goal.alias("later")
    has_later = exists().where(later.c.job_id == goal.c.job_id, later.c.id > goal.c.id)
    old = select(goal.c.id).where(goal.c.withdrawn_at < before, has_later).order_by(goal.c.id).limit(most)
    ids = list(conn.execute(old).scalars())
    conn.execute(delete(goal_part).where(goal_part.c.goal_id.in_(ids)))
    conn.execute(delete(goal).where(goal.c.id.in_(ids)))
    return len(ids)
