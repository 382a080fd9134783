"""The fork scheduler of a host behind a login: each launch is a wrapper process there, in a session of its own.

Nobody tells of ends: they are found by looking, with one command for any number of launches.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dragoman.core.errors import Broken, Unavailable
from dragoman.core.launch import BatchScript, Look
from dragoman.core.ports import Done, Login
from dragoman.schedulers import kit
from dragoman.schedulers.evidence import look_of
from dragoman.schedulers.kit import Kit

_NO_FILE = 2
"""Python's exit code when it cannot open its program."""
_LINE = 1 << 12
"""Bytes that the answer for one launch may have."""


class RemoteScheduler:
    """Starts, looks and stops through one login. Use it on one event loop."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._kit: Kit | None = None
        self._placing = asyncio.Lock()

    def on_end(self, tell: Callable[[str], None]) -> None:
        """Nobody is told: ends are found by looking."""

    async def start(self, directory: str, token: str, batch: BatchScript | None = None) -> Mapping[str, object]:
        """Start the launch; one that was started before under this token is left alone.

        Raises Broken when the directory holds no launch or the host cannot run one, and Unavailable.
        """
        answers = await self._errand("start", directory, token)
        return {"pid": answers[0]["pid"]} if answers and answers[0]["pid"] else {}

    async def look(self, launches: Sequence[tuple[str, str, Mapping[str, object]]]) -> dict[str, Look]:
        """Look at many with one command. Those whose directory cannot be read now are left out.

        Raises Unavailable when the host is silent or nothing at all can be told.
        """
        asked = "".join(json.dumps([directory, token]) + "\n" for directory, token, _ in launches)
        answers = await self._errand("look", asked=asked, limit=_LINE * (len(launches) + 1))
        traces = {answer["token"]: answer for answer in answers}
        if len(answers) < len(launches):
            raise Unavailable("The host's answer to a look was cut short.")
        troubles = [answer["trouble"] for answer in answers if "trouble" in answer]
        if launches and len(troubles) == len(answers):
            raise Unavailable(troubles[0])
        return {token: look_of(trace) for token, trace in traces.items() if "trouble" not in trace}

    async def stop(self, directory: str, token: str, handle: Mapping[str, object], *, kill: bool) -> None:
        """Ask the wrapper for the end; one that does not obey a kill is killed with all it runs. Raises Unavailable."""
        await self._errand("stop", directory, token, "kill" if kill else "term")

    async def _errand(self, *words: str, asked: str = "", limit: int = 1 << 16) -> list[dict[str, Any]]:
        done = await self._run(words, asked, limit)
        if done.code == _NO_FILE:  # somebody has tidied up there
            self._kit = None
            done = await self._run(words, asked, limit)
        if done.code:
            said = done.err.decode(errors="replace").strip()[-500:]
            raise Unavailable(f"The host could not {words[0]} (code {done.code}): {said}")
        try:
            answers = [json.loads(line) for line in done.out.splitlines()]
        except ValueError as problem:
            raise Unavailable(f"The host's answer to {words[0]} makes no sense: {problem}") from problem
        return [_checked(answer) for answer in answers]

    async def _run(self, words: Sequence[str], asked: str, limit: int) -> Done:
        async with self._placing:
            if self._kit is None:
                self._kit = await kit.place(self._login)
        return await self._login.run(self._kit.errand(*words), stdin=asked.encode(), limit=limit)


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    if "problem" in answer:
        raise Broken(answer["problem"])
    if "trouble" in answer and "token" not in answer:
        raise Unavailable(answer["trouble"])
    return answer
