"""What starts runs on a host, looks at them and stops them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from dragoman.core.launch import BatchScript, Look


class Scheduler(Protocol):
    """Starts, looks and stops on one host.

    When ``start`` returns, the launch is under way (or was already) and all later news, failures too, come by looking.
    When it raises, it may or may not have started: look for the token before acting again.
    """

    async def start(self, directory: str, token: str, batch: BatchScript | None = None) -> Mapping[str, object]:
        """Start what ``run.json`` in the directory says; returns the handle to keep. Idempotent by token.

        ``batch`` is what it says to a batch system, for who has just written it: it need not be read.
        """
        ...

    async def look(self, launches: Sequence[tuple[str, str, Mapping[str, object]]]) -> dict[str, Look]:
        """Look at many (directory, token, handle) at once; afterwards ends are pushed where the host allows it."""
        ...

    async def stop(self, directory: str, token: str, handle: Mapping[str, object], *, kill: bool) -> None:
        """Ask for the end: SIGTERM, grace, SIGKILL to the whole tree, or at once with ``kill``. May be repeated."""
        ...

    def on_end(self, tell: Callable[[str], None]) -> None:
        """Call ``tell(token)`` on the event loop's thread as soon as a watched launch ends."""
        ...
