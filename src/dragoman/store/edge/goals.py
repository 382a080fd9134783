"""What the node is to do, as the centre said it last, and what its rules have served."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, or_, select
from sqlalchemy.dialects.sqlite import insert

from dragoman.core.edge import GoalChanges, KeptGoal
from dragoman.store.edge.tables import goal, rule


def list_goals(conn: Connection) -> list[KeptGoal]:
    """Every goal, in the order in which they came."""
    rows = conn.execute(select(goal).order_by(goal.c.received_at, goal.c.alias))
    return [KeptGoal(alias=row.alias, job=row.job, name=row.name, body=row.body) for row in rows]


def put_goals(conn: Connection, wanted: Sequence[KeptGoal], *, at: int) -> GoalChanges:
    """Have exactly these goals; what has changed by it. A goal of a job whose earlier goal is here is an update."""
    there = {one.alias: one for one in list_goals(conn)}
    named = {one.alias for one in wanted}
    gone = [one for alias, one in there.items() if alias not in named]
    new = [one for one in wanted if one.alias not in there]
    jobs_before, jobs_now = {one.job for one in gone}, {one.job for one in new}
    if gone:
        conn.execute(delete(goal).where(goal.c.alias.in_([one.alias for one in gone])))
    for one in new:
        values = {"alias": one.alias, "job": one.job, "name": one.name, "body": dict(one.body), "received_at": at}
        conn.execute(insert(goal).values(values))
    return GoalChanges(
        received=[one for one in new if one.job not in jobs_before],
        updated=[one for one in new if one.job in jobs_before],
        removed=[one for one in gone if one.job not in jobs_now],
    )


def rule_marks(conn: Connection) -> dict[tuple[str, str], tuple[int | None, bool]]:
    """For each rule, by job and text: the last tick it has fired for, and whether it held when it was looked at."""
    return {(row.job, row.text): (row.served, row.held) for row in conn.execute(select(rule))}


def forget_marks(conn: Connection, *, before: int) -> None:
    """Forget how rules of jobs stood that are no longer here, but for those that served a tick since then."""
    gone = rule.c.job.not_in(select(goal.c.job))
    conn.execute(delete(rule).where(gone, or_(rule.c.served.is_(None), rule.c.served < before)))


def mark_rule(conn: Connection, job: str, text: str, *, served: int | None, held: bool) -> None:
    """Remember how a rule stands; a tick is never taken back."""
    new = insert(rule).values(job=job, text=text, served=served, held=held)
    later = {"held": held, **({"served": served} if served is not None else {})}
    conn.execute(new.on_conflict_do_update(index_elements=["job", "text"], set_=later))
