"""A receiver that is down for an hour, by a clock that is set: policies of this door in a whole engine."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dragoman.core.errors import Unavailable
from dragoman.core.notices import Notice, Story, Subscription
from dragoman.core.work import DELIVERY
from dragoman.dialects.tapis2.policies import pauses, read_policy
from dragoman.dialects.tapis2.subscribing import new_subscription
from dragoman.host.clock import HostClock
from dragoman.store import Connection, deliveries, subscriptions
from dragoman.store.tables import work
from tests.engine.house import DOOR, LIMITS, Bench, bench

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SECOND, HOUR = 1_000_000, 3_600
URL = "http://down.example.org/"
POLICY = {"retryStrategy": "EXPONENTIAL", "retryLimit": 1440}
GAPS = [0, *[5] * 3, *[15] * 4, *[60] * 5, *[900] * 4]
"""Seconds between tries that fail, as the policy has them."""


class SetClock(HostClock):
    """The host's time, moved on by as much as a test says."""

    def __init__(self) -> None:
        self.ahead = 0

    def now(self) -> int:
        """See core.ports.Clock."""
        return super().now() + self.ahead * SECOND


class Down:
    """A receiver that cannot be reached for an hour from the first try."""

    def __init__(self, clock: SetClock) -> None:
        self._clock = clock
        self.tried: list[int] = []
        """How many seconds the clock was ahead at each try."""
        self.taken: list[str] = []

    async def post(self, url: str, body: bytes, _: Mapping[str, str]) -> int:
        """See core.ports.Post."""
        self.tried.append(self._clock.ahead)
        if self._clock.ahead < HOUR:
            raise Unavailable("Connection refused.")
        self.taken.append(body.decode())
        return 200


def render(story: Story, subscription: Subscription) -> Sequence[Notice]:
    """The words of the events, each a notice by the policy."""
    kept = pauses(read_policy(POLICY, "policy"))
    return [
        Notice(seq=one.seq, target=subscription.targets[0], title="", body=str(one.now), line="one", pauses=kept)
        for one in story.events
        if one.seq > subscription.told
    ]


async def follow(house: Bench) -> None:
    """Follow the job from now on."""

    def write(conn: Connection, job_id: int) -> None:
        new = new_subscription(URL, "*", persistent=True, policy=POLICY)
        subscriptions.subscribe(conn, job_id, [new], owner_id=house.who.account.id, at=house.world.clock.now())

    await house.db.write(write, (await house.desk.jobs.find(house.who, DOOR, "AAAAAA")).job.id)


async def noted(house: Bench, tries: int) -> None:
    """Return when so many tries of the first notice are on disk: only then the time of the next one is set.

    Nobody has it in hand then: a clock that jumps would end the lease, and it would be tried twice.
    """

    def read(conn: Connection, job_id: int) -> int:
        in_hand = select(work.c.id).where(work.c.kind == DELIVERY, work.c.lease_owner != "")
        if conn.execute(in_hand).first() is not None:
            return 0
        (one,) = subscriptions.list_subscriptions(conn, job_id, at=house.world.clock.now())
        sent = deliveries.list_of_subscriptions(conn, [one.id]).get(one.id, [])
        return sent[0].attempts if sent else 0

    job = (await house.desk.jobs.find(house.who, DOOR, "AAAAAA")).job
    async with asyncio.timeout(120):
        while await house.db.read(read, job.id) < tries:
            await asyncio.sleep(0.02)


async def test_all_is_told_in_order_after_an_hour_and_a_restart(tmp_path: Path) -> None:
    """The job ends meanwhile; tries come as seldom as the policy says, and none before its time."""
    clock = SetClock()
    wire = Down(clock)
    kinds: dict[str, Any] = {"clock": clock, "notices": {DOOR: render}, "post": wire, "limits": LIMITS}
    async with bench(str(tmp_path), **kinds) as house:
        await house.submit(f"until [ -e {tmp_path}/go ]; do sleep 0.05; done")
        await follow(house)
        (tmp_path / "go").touch()
        await house.ended()
        for count, gap in enumerate(GAPS[:10], start=1):
            await noted(house, count)
            clock.ahead += gap
    async with bench(str(tmp_path), **kinds) as house:
        for count, gap in enumerate(GAPS[10:], start=11):
            await noted(house, count)
            clock.ahead += gap
        await house.until(lambda: "ENDED" in wire.taken)
    failed = len(GAPS)
    assert [sum(GAPS[:tries]) for tries in range(failed)] == wire.tried[:failed]
    assert {sum(GAPS)} == set(wire.tried[failed:])
    assert ["STAGING_OUT", "FINISHED", "ENDED"] == wire.taken[-3:]
    assert len(wire.taken) == len(wire.tried) - failed
