"""Units of work that one thread asks of another, and how their results come back: one wake-up for any number."""

import asyncio
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

Outcome = tuple[Any, Exception | None]
"""What a unit gave, or why it gave nothing."""


class Unit:
    """A function that is to be called on a connection, and who waits for what it returns."""

    __slots__ = ("_claim", "args", "fn", "kwargs", "loop", "waiter")

    def __init__(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        waiter: "asyncio.Future[Any] | Future[Any]",
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        self.fn, self.args, self.kwargs = fn, args, kwargs
        self.waiter, self.loop = waiter, loop
        self._claim = threading.Lock()

    def take(self) -> bool:
        """Whether nobody has taken it yet: it is either done, or given up by who waits for it, and never both."""
        return self._claim.acquire(blocking=False)


async def ask(
    put: Callable[[Unit], None], fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """What the function returns in the thread to which ``put`` leads. When this is cancelled early it is not called."""
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[Any] = loop.create_future()
    unit = Unit(fn, args, kwargs, waiter, loop)
    put(unit)
    try:
        return await waiter
    except asyncio.CancelledError:
        unit.take()
        raise


def ask_now(put: Callable[[Unit], None], fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The same for a thread that has no event loop and waits itself."""
    waiter: Future[Any] = Future()
    put(Unit(fn, args, kwargs, waiter, None))
    return waiter.result()


def tell(done: Iterable[tuple[Unit, Outcome]]) -> None:
    """Hand results to those who wait; each event loop is woken once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Unit, Outcome]]] = {}
    for unit, outcome in done:
        if unit.loop is None:
            _settle(unit, outcome)
        else:
            by_loop.setdefault(unit.loop, []).append((unit, outcome))
    for loop, some in by_loop.items():
        with suppress(RuntimeError):  # it was closed meanwhile, and nobody waits
            loop.call_soon_threadsafe(_settle_all, some)


def _settle_all(done: Iterable[tuple[Unit, Outcome]]) -> None:
    for unit, outcome in done:
        if not unit.waiter.done():  # who waited may have been cancelled
            _settle(unit, outcome)


def _settle(unit: Unit, outcome: Outcome) -> None:
    result, failure = outcome
    if failure is None:
        unit.waiter.set_result(result)
    else:
        unit.waiter.set_exception(failure)
