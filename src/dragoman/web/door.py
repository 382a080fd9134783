"""What a dialect hands to the service: its name, the paths it answers, and the application that answers them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A single path that a door answers, which others may share with it by method."""

    path: str
    """Without a slash at its end, which does not count in requests either."""
    methods: frozenset[str] = frozenset()
    """Empty: all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a door answers on a port of its own, on the loopback address: for operators."""

    port: int
    setting: str
    """Where the port was set."""
    app: Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One dialect, open for requests."""

    name: str
    """Also the key of its facets on systems and apps, and the ``door`` of its jobs and files."""
    prefixes: tuple[str, ...]
    """Every path that is one of these, or goes on below one with a slash, is this door's."""
    claims: tuple[Claim, ...] = ()
    """Single paths that are this door's beside those."""
    app: Callable[[Any, Any, Any], Awaitable[None]]
    """An ASGI application; ``scope["root_path"]`` is the prefix that matched, ``scope["path"]`` is whole."""
    beside: Beside | None = None
