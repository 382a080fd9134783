"""A host is asked once for what many want to know at the same time."""

import asyncio

import pytest

from dragoman.core.errors import Unavailable
from dragoman.server.evaluating import Evaluations

pytestmark = pytest.mark.anyio


class Host:
    """Answers when it is let go."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = asyncio.Event()
        self.is_silent = False

    async def ask(self) -> str:
        self.asked += 1
        await self.go.wait()
        if self.is_silent:
            raise Unavailable("silent")
        return f"answer {self.asked}"


async def test_one_question_for_all() -> None:
    """Also for who comes within some seconds; another key is another question."""
    host, answers = Host(), Evaluations(60)
    waiting = [asyncio.create_task(answers.get("WORK", host.ask)) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # who asked first has gone: the others wait on
    host.go.set()
    assert ["answer 1"] * 4 == await asyncio.gather(*waiting[1:])
    assert "answer 1" == await answers.get("WORK", host.ask)
    assert ("answer 2", 2) == (await answers.get("HOME", host.ask), host.asked)


async def test_no_answer_is_kept_for_ever() -> None:
    """What a host says may change."""
    host, answers = Host(), Evaluations(0)
    host.go.set()
    assert "answer 1" == await answers.get("WORK", host.ask)
    await asyncio.sleep(0)
    assert "answer 2" == await answers.get("WORK", host.ask)


async def test_a_failure_is_asked_again() -> None:
    """It may have passed."""
    host, answers = Host(), Evaluations(60)
    host.go.set()
    host.is_silent = True
    with pytest.raises(Unavailable):
        await answers.get("WORK", host.ask)
    await asyncio.sleep(0)
    host.is_silent = False
    assert "answer 2" == await answers.get("WORK", host.ask)
