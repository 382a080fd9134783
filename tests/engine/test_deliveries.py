"""Notices go out through a whole engine: any door's jobs are told of, and nobody's receivers keep others waiting."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dragoman.core.errors import Unavailable
from dragoman.core.notices import NewSubscription, Notice, Story, Subscription, Target
from dragoman.core.states import RunState
from dragoman.engine import Limits, Persistence
from dragoman.store import Connection, subscriptions
from tests.engine.house import DOOR, LIMITS, Bench, bench

pytestmark = [pytest.mark.anyio, pytest.mark.slow]  # each starts real runs


def render(story: Story, subscription: Subscription) -> Sequence[Notice]:
    """The words of the events, each a notice."""
    return [
        Notice(seq=one.seq, target=target, title="", body=f"{story.job.alias} {one.now}")
        for one in story.events
        if one.seq > subscription.told
        for target in subscription.targets
    ]


class Wire:
    """Takes notices, but for some addresses never answers."""

    def __init__(self, deaf: str = "") -> None:
        self.taken: list[tuple[str, str]] = []
        self.deaf, self.hanging, self.most = deaf, 0, 0

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """See core.ports.Post."""
        if self.deaf and url.startswith(self.deaf):
            self.hanging += 1
            self.most = max(self.most, self.hanging)
            try:
                await asyncio.sleep(3600)
            finally:
                self.hanging -= 1
        self.taken.append((url, body.decode()))
        return 200

    def bodies(self, url: str) -> list[str]:
        """What was taken at an address."""
        return [body for at, body in self.taken if at == url]


def limits(**values: Any) -> Limits:
    """Short ones."""
    return replace(LIMITS, workers=4, notify=Persistence(**values))


def waits_for(file: Path) -> str:
    """A command that ends when the file is there."""
    return f"until [ -e {file} ]; do sleep 0.05; done"


async def subscribe(house: Bench, alias: str, url: str) -> None:
    """Subscribe to a job that waits for its turn."""

    def write(conn: Connection, job_id: int) -> None:
        target = Target(method="webhook", address=url)
        new = NewSubscription(
            alias=url + alias, name="", description="", filter="", targets=(target,), enabled=True, seconds=3600
        )
        subscriptions.subscribe(conn, job_id, [new], owner_id=house.who.account.id, at=house.world.clock.now())

    job = (await house.desk.jobs.find(house.who, DOOR, alias)).job
    await house.db.write(write, job.id)


async def test_a_door_that_renders_is_enough(tmp_path: Path) -> None:
    """Jobs of any door are told of by its own words, in order, to their end."""
    wire = Wire()
    async with bench(str(tmp_path), limits=limits(), notices={DOOR: render}, post=wire) as house:
        await house.submit(waits_for(tmp_path / "go"))
        await subscribe(house, "AAAAAA", "http://here/")
        (tmp_path / "go").touch()
        await house.ended()
        await house.until(lambda: "AAAAAA ENDED" in wire.bodies("http://here/"))
    words = [body.split()[1] for body in wire.bodies("http://here/")]
    assert words[-3:] == [RunState.STAGING_OUT, RunState.FINISHED, "ENDED"]


async def test_receivers_that_hang_hold_up_no_run_and_not_everybody(tmp_path: Path) -> None:
    """However many of them there are, only so many are asked at once; runs have workers of their own."""
    wire, most = Wire(deaf="http://deaf/"), limits(at_once=4, longest=0.5, pause=600.0)
    async with bench(str(tmp_path), limits=most, notices={DOOR: render}, post=wire) as house:
        for number in range(12):
            await house.submit(waits_for(tmp_path / "go"), alias=f"DEAF{number:02}")
            await subscribe(house, f"DEAF{number:02}", "http://deaf/")
        (tmp_path / "go").touch()
        await house.submit("true", alias="OTHERS")
        await house.ended("OTHERS")
        await house.submit(waits_for(tmp_path / "on"), alias="HEARTY")
        await subscribe(house, "HEARTY", "http://here/")
        (tmp_path / "on").touch()
        await house.until(lambda: "HEARTY ENDED" in wire.bodies("http://here/"))
        assert 1 <= wire.most <= 2, "half of what there is for one account"


async def test_a_try_that_fails_in_no_foreseen_way_is_a_try(tmp_path: Path) -> None:
    """It is made again like any other."""

    class Odd(Wire):
        async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
            if not self.hanging:
                self.hanging = 1
                raise RuntimeError("odd")
            if self.hanging == 1:
                self.hanging = 2
                raise Unavailable("down")
            return await super().post(url, body, headers)

    wire = Odd()
    async with bench(str(tmp_path), limits=limits(pause=0.1), notices={DOOR: render}, post=wire) as house:
        await house.submit(waits_for(tmp_path / "go"))
        await subscribe(house, "AAAAAA", "http://here/")
        (tmp_path / "go").touch()
        await house.until(lambda: "AAAAAA ENDED" in wire.bodies("http://here/"))
    assert len(set(wire.taken)) == len(wire.taken)
