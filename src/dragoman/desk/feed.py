"""Tells listeners of what has just been measured. In this process only, and only from now on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager

from dragoman.core.measurements import Measurement

MOST_WAITING = 10_000
"""Measurements that wait for one listener; when there are more, it is too slow, and its stream ends."""

Fits = Callable[[Measurement], bool]


class Listener:
    """What one listener has not heard yet."""

    def __init__(self, fits: Fits) -> None:
        self._fits = fits
        self._waiting: asyncio.Queue[Measurement | None] = asyncio.Queue()

    def tell(self, measurements: Iterable[Measurement]) -> None:
        """Let it hear those that it wants."""
        for measurement in measurements:
            if self._waiting.qsize() < MOST_WAITING and self._fits(measurement):
                self._waiting.put_nowait(measurement)
                if self._waiting.qsize() == MOST_WAITING:
                    self._waiting.put_nowait(None)

    async def heard(self, *, patience: float) -> AsyncIterator[Measurement | None]:
        """Each measurement; None when there was none for so many seconds. Ends when the listener is too slow."""
        while True:
            try:
                async with asyncio.timeout(patience):
                    measurement = await self._waiting.get()
            except TimeoutError:
                yield None
                continue
            if measurement is None:
                return
            yield measurement


class Feed:
    """Everybody who listens."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    def tell(self, measurements: Iterable[Measurement]) -> None:
        """Let everybody hear what is new."""
        if self._listeners:
            news = list(measurements)
            for listener in self._listeners:
                listener.tell(news)

    @contextmanager
    def listening(self, fits: Fits) -> Iterator[Listener]:
        """Somebody who hears what fits, as long as the context lasts."""
        listener = Listener(fits)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
