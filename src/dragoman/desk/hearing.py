"""Acts on what nodes tell of their goals, in the transaction that makes sure that it is taken once."""

import logging
from collections.abc import Sequence
from hashlib import sha256

from dragoman.core.field import RULES, Goal, Heard, News
from dragoman.core.rules import RuleFault, read_rule
from dragoman.core.starts import is_met, new_start
from dragoman.core.triggers import Order, order_faults, order_of
from dragoman.store import Connection, field_jobs, goals, jobs, nodes, triggers

log = logging.getLogger(__name__)


def hear(conn: Connection, node_id: int, news: Sequence[Heard], *, at: int) -> None:
    """Take what a node tells about its goals, in order, in a transaction that makes sure that it is taken once."""
    nodes.note_seen(conn, node_id, at=at)
    for heard in news:
        goal = goals.find_served(conn, alias=heard.goal, node_id=node_id)
        if goal is None:
            continue
        if heard.kind is News.RECEIVED:
            # By our clock: a node's may be wrong, and what was cut off tells it late.
            goals.note_received(conn, goal, at=at)
            field_jobs.start_job(conn, goal.job_id, at=at)
        elif heard.kind is News.ASKED:
            _start(conn, goal, heard, at=at)
        else:
            goals.note_run(conn, goal, heard)


def _start(conn: Connection, goal: Goal, heard: Heard, *, at: int) -> None:
    """Have a stored job started, as a rule of the goal says; a node may ask for nothing else."""
    if heard.event is None or not any(heard.rule in part.get(RULES, ()) for part in goal.parts.values()):
        log.warning("a node asks for a start that no rule of goal %s says", goal.alias)
        return
    order = _order(heard.rule)
    if order is not None and is_met(order, heard.event, now=at):
        owner_id = jobs.get_job(conn, goal.job_id).owner_id
        source = f"rule {goal.job_id} {sha256(heard.rule.encode()).hexdigest()[:32]}"
        triggers.add_starts(conn, [new_start(order, heard.event, source=source, owner_id=owner_id)], at=at)


def _order(rule: str) -> Order | None:
    """What a rule asks for; None for one that would be refused today: it was submitted to an older program."""
    try:
        order = order_of(read_rule(rule))
    except (RuleFault, ValueError):
        return None
    return None if any(order_faults(order)) else order
