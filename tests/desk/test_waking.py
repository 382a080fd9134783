"""What is done to a thing wakes the engine, whichever door it came through: who follows the thing hears at once."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from dragoman.core.notices import WEBHOOK, NewSubscription, Subscription, Target
from dragoman.core.registered import AppDraft, Kind
from dragoman.core.topics import Noted, Reported, Topic
from tests.engine.house import LIMITS, bench

pytestmark = pytest.mark.anyio

NEVER = replace(LIMITS, poll=3600.0, watch=3600.0)
"""An engine that does nothing for an hour unless it is woken."""
NEW = NewSubscription(
    alias="s",
    name="",
    description="",
    filter="*",
    targets=(Target(method=WEBHOOK, address="http://127.0.0.1:9/"),),
    enabled=True,
    seconds=3600,
    stays=True,
)


async def test_who_follows_a_thing_is_told_without_a_look(tmp_path: Path) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()

    async def report(
        _: Topic, subscriptions: Sequence[Subscription], noted: Sequence[Noted]
    ) -> Mapping[int, Reported] | None:
        for one in noted:
            told.put_nowait(one.item.operation)
        return {one.id: Reported() for one in subscriptions}

    async with bench(str(tmp_path), limits=NEVER, reports={"mine": report}) as house, asyncio.timeout(20.0):
        draft = AppDraft(name="a", version="1", uuid="u", facet={}, enabled=True)
        await house.desk.apps.create(house.who, "mine", draft)
        await house.desk.topics.follow(house.who, "mine", Kind.APP, "a", NEW)
        for on, word in ((False, "disable"), (True, "enable")):
            await house.desk.apps.enable(house.who, "mine", "a", on=on)
            assert word == await told.get()
