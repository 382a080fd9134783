"""What runs the functions of the store in transactions."""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def ending(fn: F) -> F:
    """Mark a function for ``Db.write`` that ends or deletes something: a full disk must not stand in its way."""
    fn.__dict__["is_ending"] = True
    return fn


def is_ending(fn: Callable[..., Any]) -> bool:
    """Whether the function is marked so."""
    return getattr(fn, "is_ending", False)


class Db(Protocol):
    """Runs plain functions ``fn(conn, …)`` in transactions, in threads of its own.

    The functions may run twice and so hold no I/O beside ``conn``. A Problem raised in one rolls it back and reaches
    the caller.
    """

    async def write(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``fn`` in a write transaction; when this returns, its changes are on disk."""
        ...

    async def read(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``fn`` on a consistent snapshot."""
        ...

    def write_now(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like ``write``, for a thread that is not the event loop's; blocks until it is on disk."""
        ...
