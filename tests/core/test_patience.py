"""Deadlines: for an answer, for the next piece, and for somebody to take it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from dragoman.core.errors import Denied, Unavailable
from dragoman.core.patience import Patient, ended, hand_over, primed, within, woken

pytestmark = pytest.mark.anyio

SOON = 0.05


class Source:
    """Pieces, each after a wait; knows whether it was closed."""

    def __init__(self, *waits: float, problem: Exception | None = None) -> None:
        self._waits, self._problem = list(waits), problem
        self.is_closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._waits:
            await asyncio.sleep(self._waits.pop(0))
            return b"x"
        if self._problem:
            raise self._problem
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self.is_closed = True


async def collect(pieces: AsyncIterator[bytes]) -> int:
    return len([piece async for piece in pieces])


async def test_an_answer_must_come_in_time() -> None:
    """Else it is said who did not give it; problems pass as they are."""
    assert 7 == await within(SOON, asyncio.sleep(0, 7), "The host")
    with pytest.raises(Unavailable, match="The host"):
        await within(SOON, asyncio.sleep(60), "The host")
    with pytest.raises(Denied):
        await within(SOON, anext(Source(problem=Denied("no"))), "The host")


async def test_each_piece_must_come_in_time() -> None:
    """However many there are, and however long they take together."""
    assert 10 == await collect(Patient(SOON, Source(*[SOON / 3] * 10), "The host"))
    source = Source(0, 60)
    patient = Patient(SOON, source, "The host")
    with pytest.raises(Unavailable, match="The host"):
        await collect(patient)
    await patient.aclose()
    assert source.is_closed


async def test_whoever_takes_pieces_must_take_them_in_time() -> None:
    """How long they take to come does not count."""

    async def slow(pieces: AsyncIterator[bytes]) -> int:
        count = 0
        async for _ in pieces:
            count += 1
            await asyncio.sleep(60 if count == 2 else 0)
        return count

    source = Source(2 * SOON, 2 * SOON)
    assert 2 == await hand_over(SOON, collect, source, "The host")
    assert source.is_closed
    with pytest.raises(Unavailable, match="The host"):
        await hand_over(SOON, slow, Source(0, 0, 0), "The host")

    async def never_ends(pieces: AsyncIterator[bytes]) -> None:
        await collect(pieces)
        await asyncio.sleep(60)

    with pytest.raises(Unavailable):
        await hand_over(SOON, never_ends, Source(), "The host")


async def test_a_problem_of_the_source_reaches_who_hands_over() -> None:
    """And the source is closed."""
    source = Source(0, problem=Denied("no"))
    with pytest.raises(Denied):
        await hand_over(SOON, collect, source, "The host")
    assert source.is_closed


async def test_the_first_piece_is_there_already() -> None:
    """Or its problem is raised; an empty source is none."""
    assert 3 == await collect(await primed(Source(0, 0, 0)))
    assert 0 == await collect(await primed(Source()))
    with pytest.raises(Denied):
        await primed(Source(problem=Denied("no")))
    source = Source(0)
    await (await primed(source)).aclose()
    assert source.is_closed


async def test_a_wake_up_is_used_up() -> None:
    """Whoever was woken waits again for the next time; who was not goes on after a while."""
    wake = asyncio.Event()
    wake.set()
    assert [True, False] == [await woken(wake, SOON), await woken(wake, SOON)]


@pytest.mark.parametrize("later", range(6))
async def test_who_is_cancelled_as_it_is_woken_ends(later: int) -> None:
    """Whatever comes first, and however many turns of the loop lie between the two."""
    wake = asyncio.Event()

    async def for_ever() -> None:
        while True:
            await woken(wake, 60)

    task = asyncio.create_task(for_ever())
    await asyncio.sleep(SOON)
    wake.set()
    for _ in range(later):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=1)
    assert task.cancelled()


async def deaf(times: int, told: list[int]) -> None:
    """Goes on although it was cancelled, so many times."""
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            told.append(times)
            if len(told) > times:
                raise


async def test_who_swallows_a_cancellation_is_cancelled_again() -> None:
    """And whoever waits for the end has been cancelled himself only afterwards."""
    told: list[int] = []
    task = asyncio.create_task(deaf(2, told))
    await asyncio.sleep(SOON)
    ending = asyncio.create_task(ended([task], again=SOON))
    await asyncio.sleep(0)
    ending.cancel()
    await asyncio.wait([ending])
    assert (True, True, 3) == (task.cancelled(), ending.cancelled(), len(told))
    await ended([])
