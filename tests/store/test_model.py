"""The work table against every interleaving: two workers that crash, pause and come back, one run.

The same search must find a fault when the fence is taken out of the commit; otherwise it would prove nothing.
"""

import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection, Engine, bindparam, create_engine, event, select
from sqlalchemy.pool import StaticPool

from dragoman.core.job import Job, Run
from dragoman.core.states import RUN_MOVES, RunState
from dragoman.core.work import Claim
from dragoman.store import moves, queue, tables
from tests.store.things import SECOND, T0, history, next_step, only_run, open_job

LEASE = 10 * SECOND
WORKERS = ("w1", "w2")


@dataclass(frozen=True)
class Held:
    """What a worker has in its memory: its claim, and the run as it read it."""

    claim: Claim
    run: Run


@dataclass(frozen=True)
class World:
    """The whole state of the model: the database's bytes, the time, and each worker's memory."""

    rows: bytes
    now: int
    memory: tuple[Held | None, Held | None]


class Model:
    """Applies one action to a world, on the real functions and a real database in memory."""

    def __init__(self) -> None:
        self.engine = _memory_engine()
        tables.metadata.create_all(self.engine)
        with self.engine.begin() as conn:
            self.job: Job = open_job(conn)
        self.start = World(self._rows(), T0, (None, None))

    def _raw(self) -> sqlite3.Connection:
        raw: Any = self.engine.raw_connection().driver_connection
        return raw  # type: ignore[no-any-return]

    def _rows(self) -> bytes:
        return self._raw().serialize()

    def load(self, world: World) -> None:
        """Put the database into the world's state."""
        self._raw().deserialize(world.rows)

    def step(self, world: World, action: str, worker: int) -> World | None:
        """The world after an action; None when it changes nothing."""
        self.load(world)
        if action == "wait":
            return replace(world, now=world.now + LEASE + 1)
        with self.engine.begin() as conn:
            held = getattr(self, f"_{action}")(conn, world, worker)
        memory = tuple(held if place == worker else old for place, old in enumerate(world.memory))
        return World(self._rows(), world.now, memory)  # type: ignore[arg-type]

    def _claim(self, conn: Connection, world: World, worker: int) -> Held | None:
        if world.memory[worker] is not None:
            return world.memory[worker]
        found = queue.claim(conn, owner=WORKERS[worker], at=world.now, lease=LEASE, most=1).claims
        return Held(found[0], only_run(conn, self.job)) if found else None

    def _commit(self, conn: Connection, world: World, worker: int) -> Held | None:
        held = world.memory[worker]
        if held is not None:
            moves.apply(conn, held.claim, next_step(held.run, world.now), was=held.run, of=self.job, at=world.now)
        return None

    def _extend(self, conn: Connection, world: World, worker: int) -> Held | None:
        held = world.memory[worker]
        if held is not None:
            queue.extend(conn, [held.claim], until=world.now + LEASE)
        return held

    def _crash(self, _conn: Connection, _world: World, _worker: int) -> Held | None:
        return None

    def check(self, world: World) -> None:
        """The history is a walk along legal moves without a repeat, and the run stands where it ends."""
        self.load(world)
        with self.engine.connect() as conn:
            path = history(conn, self.job)
            state = only_run(conn, self.job).state
        stands = ""
        for was, now in path:
            assert was == stands, f"{path}: {now} was reached from {was}, but the run stood at {stands}"
            assert not was or RunState(now) in RUN_MOVES[RunState(was)]
            stands = now
        assert state == stands
        assert len(set(path)) == len(path), f"{path}: a move was made twice"


def _memory_engine() -> Engine:
    engine = create_engine("sqlite://", poolclass=StaticPool)

    @event.listens_for(engine, "connect")
    def by_hand(connection: Any, _record: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN")

    return engine


def _key(model: Model, world: World) -> Any:
    """What makes two worlds the same for all that can follow: times count only as before or after the lease."""
    model.load(world)
    with model.engine.connect() as conn:
        rows = conn.execute(select(tables.work.c.fence, tables.work.c.lease_until > world.now, tables.work.c.gate))
        work = rows.all()
        path = history(conn, model.job)
    memory = tuple(held and (held.claim.fence, held.run.state) for held in world.memory)
    return tuple(map(tuple, work)), tuple(path), memory


ACTIONS = [("wait", 0)] + [(action, w) for action in ("claim", "commit", "extend", "crash") for w in (0, 1)]


def explore(model: Model, *, fences: int) -> int:
    """Visit every world that can be reached while the fence stays at or below ``fences``; returns how many."""
    seen, line = set(), deque([model.start])
    while line:
        world = line.popleft()
        for action, worker in ACTIONS:
            after = model.step(world, action, worker)
            if after is None:
                continue
            key = _key(model, after)
            if key in seen or any(row[0] > fences for row in key[0]):
                continue
            seen.add(key)
            model.check(after)
            line.append(after)
    return len(seen)


@contextmanager
def without_the_fence() -> Iterator[None]:
    """The negative control: commits that no longer ask for the fence."""
    mine = tables.work.c.id == bindparam("row")
    whole = {name: getattr(moves, name) for name in ("_KEEP", "_GIVE_BACK", "_DONE")}
    for name, statement in whole.items():
        open_ended = statement._clone()
        open_ended._where_criteria = (mine,)
        setattr(moves, name, open_ended)
    try:
        yield
    finally:
        for name, statement in whole.items():
            setattr(moves, name, statement)


@pytest.mark.slow
def test_no_interleaving_of_two_workers_breaks_the_history() -> None:
    """All worlds up to eight claims of one run: every history is a legal path without a repeat."""
    assert explore(Model(), fences=5) > 100


def test_the_search_finds_the_missing_fence() -> None:
    """Without the fence the same search fails, so it can fail."""
    with without_the_fence(), pytest.raises(AssertionError, match="was reached from"):
        explore(Model(), fences=5)


class Workers(RuleBasedStateMachine):
    """Random walks, longer than the exhaustive search can go."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.world = self.model.start

    @rule(action=st.sampled_from(ACTIONS))
    def act(self, action: tuple[str, int]) -> None:
        """Something happens to a worker, or time passes."""
        self.world = self.model.step(self.world, *action) or self.world

    @invariant()
    def history_is_legal(self) -> None:
        """Whatever happened, the history holds."""
        self.model.check(self.world)


@pytest.mark.slow
def test_random_walks_keep_the_history_legal() -> None:
    """A Hypothesis state machine over the same model."""
    run_state_machine_as_test(
        Workers, settings=settings(max_examples=30, stateful_step_count=40, suppress_health_check=list(HealthCheck))
    )
