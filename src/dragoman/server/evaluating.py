"""What variables hold on hosts: asked once for all who want to know at the same time, or within some seconds.

A login shell is the dearest command there is: it runs all that its owner and the site have in their profiles.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable

SECONDS = 5.0
"""How long an answer is good for."""


class Evaluations:
    """Answers that are asked for by key. Use it on one event loop."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._asked: dict[Hashable, asyncio.Future[str]] = {}

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[str]]) -> str:
        """The answer; what failed is asked again by whoever comes next. Raises what ``ask`` raises."""
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = asyncio.ensure_future(ask())
            asked.add_done_callback(lambda done: self._answered(key, done))
        # Who is cancelled ends nobody else's question.
        return await asyncio.shield(asked)

    def _answered(self, key: Hashable, done: "asyncio.Future[str]") -> None:
        is_good = not done.cancelled() and done.exception() is None
        asyncio.get_running_loop().call_later(self._seconds if is_good else 0, self._asked.pop, key, None)
