"""A node's database in a temporary directory, with a clock that is turned by hand."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from dragoman.agent import rounds
from dragoman.agent.plate import Plate
from dragoman.agent.read_goals import EdgeGoal, kept_goals, read_goal
from dragoman.agent.resources import Need
from dragoman.core.edge import Told
from dragoman.core.measurements import Measurement
from dragoman.store.edge import firings, readings, tables
from dragoman.store.sqlite import SqliteDb
from tests.databases import sqlite_at

SECOND = 1_000_000
NOON = 1_796_040_000 * SECOND
"""2026-11-30 12:00:00 UTC."""
PLATE = Plate(vsn="W023", name="000048b02d15bc7c", host="nxcore", whole=Need(cpu=4000, memory=8 << 30))


def goal_body(rules: Sequence[str], *plugins: str, goal: str = "g1", job: str = "1", **spec: Any) -> dict[str, Any]:
    """A goal as the centre sends it."""
    made = [
        {"name": name, "plugin_spec": {"image": f"registry.example.org/test/{name}:1.0.0", **spec}} for name in plugins
    ]
    told = [{"rule": rule} for rule in rules]
    part = {"name": "W023", "plugins": made, "science_rules": told}
    return {"id": goal, "job_id": job, "name": "myjob", "sub_goals": [part]}


class Bench:
    """A node without processes: rules are looked at when the test says so."""

    def __init__(self, db: SqliteDb) -> None:
        self.db, self.now = db, NOON
        self.goals: dict[str, EdgeGoal] = {}

    def serve(self, *bodies: Mapping[str, Any]) -> None:
        """Have these goals."""
        self.goals = {kept.alias: read_goal(kept, "W023") for kept in kept_goals(list(bodies))}

    def round(self) -> list[Told]:
        """Look at the rules once; what is told."""
        tasks = [task for goal in self.goals.values() for task in goal.tasks]
        found = self.db.write_now(rounds.look, tasks, now=self.now)
        return self.db.write_now(rounds.act, found, self.goals, PLATE, now=self.now)

    def until(self, seconds: float, *, every: float = 10.0) -> list[Told]:
        """Rounds for so long; all that is told."""
        told: list[Told] = []
        for _ in range(round(seconds / every)):
            told += self.round()
            self.now += int(every * SECOND)
        return told

    def measure(self, name: str, value: Any, **meta: str) -> None:
        """Something is measured now."""
        self.db.write_now(readings.add_readings, [Measurement(self.now * 1000, name, value, meta)])

    def end(self, outcome: str = "FINISHED") -> int:
        """Everything that waits or runs has ended so; how many that were."""
        active = self.db.write_now(firings.active_firings)
        for firing in active:
            self.db.write_now(firings.end_firing, firing.id, outcome, at=self.now)
        return len(active)


@contextmanager
def bench(place: Path) -> Iterator[Bench]:
    """A bench on a database of its own."""
    with closing(sqlite_at(place / "node.db")) as db:
        db.write_now(tables.prepare)
        yield Bench(db)


def names(told: Sequence[Told]) -> list[str]:
    """The last words of what is told."""
    return [one.measurement.name.rpartition(".")[2] for one in told]


def many_rules(house: Bench) -> dict[str, Any]:
    """A goal of two hundred rules, of which none holds: half of them look at what has just been measured."""
    for number in range(200):
        house.measure(f"env.a{number % 20}", number)
    rules = [f"schedule(p{n}): any(v('env.a{n % 20}', since='-5m') > 1000) or time('hour') > 25" for n in range(100)]
    rules += [f"schedule(p{n}): cronjob('p{n}', '0 0 1 1 *')" for n in range(100, 200)]
    return goal_body(rules, *(f"p{n}" for n in range(200)))
