"""Listeners hear what fits, from when they came until they leave or are too slow."""

import pytest

from dragoman.core.measurements import Measurement
from dragoman.desk import feed as room
from dragoman.desk.feed import Feed

pytestmark = pytest.mark.anyio


def news(*values: int) -> list[Measurement]:
    return [Measurement(1, "x", value, {}) for value in values]


async def test_each_hears_what_fits_from_when_it_came() -> None:
    """And what was told while it did not look."""
    feed = Feed()
    feed.tell(news(1))
    with (
        feed.listening(lambda _: True) as every,
        feed.listening(lambda one: isinstance(one.value, int) and one.value > 2) as some,
    ):
        feed.tell(iter(news(2, 3)))
        heard, few = every.heard(patience=10), some.heard(patience=10)
        assert [2, 3, 3] == [one.value for one in (await anext(heard), await anext(heard), await anext(few)) if one]


async def test_silence_is_told() -> None:
    """So that a stream can show that it is still there."""
    feed = Feed()
    with feed.listening(lambda _: True) as listener:
        heard = listener.heard(patience=0.01)
        assert await anext(heard) is None
        feed.tell(news(5))
        one = await anext(heard)
        assert one is not None
        assert 5 == one.value


async def test_the_stream_of_one_that_is_too_slow_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """After what fits into memory; nobody else waits for it."""
    monkeypatch.setattr(room, "MOST_WAITING", 3)
    feed = Feed()
    with feed.listening(lambda _: True) as listener:
        feed.tell(news(*range(10)))
        assert [0, 1, 2] == [one.value async for one in listener.heard(patience=10) if one]


async def test_who_has_left_hears_nothing() -> None:
    """And costs nothing."""
    feed = Feed()
    with feed.listening(lambda _: True):
        pass
    assert not feed._listeners
