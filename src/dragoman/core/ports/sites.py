"""Where the runs of an account execute on a system."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dragoman.core.ports.logins import Done, Login
from dragoman.core.ports.schedulers import Scheduler

SINGULARITY = "singularity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where one account's runs execute on one system."""

    login: Login
    root: str
    """The system's root as the login sees it; paths of the system lie below it."""
    base: str
    """The same as commands and schedulers see it."""
    fork: Scheduler
    batch: Scheduler | None
    """The system's batch scheduler; None: it has none."""
    wrap: Callable[[Sequence[str], str], tuple[str, ...]] = lambda argv, _: tuple(argv)
    """Turns a command and its working directory into what is really started (a confined one, say)."""
    together: Callable[[str], Awaitable[Done]] | None = None
    """Runs a program of bash that says little, with others that are waiting; None: each is a command of its own.

    It finds the umask of the login in ``$mask``."""
    environment: Mapping[str, str] | None = None
    """What commands get; None: what the login gives them."""
    private_processes: bool = False
    """``wrap`` gives each command a process space of its own."""
    containers: Mapping[str, str] | None = None
    """The programs that run containers there, as SINGULARITY; None: whatever the host has, by its usual name."""
    own_processes: bool = True
    """Containers there can have a /proc of their own."""
    closed: str = ""
    """Why nothing may begin there now; what runs goes on."""


class Sites(Protocol):
    """Reaches systems as accounts of ours."""

    async def of(self, system_id: int, account_id: int) -> Site:
        """The site; opening it may wait for the host.

        Raises NotFound, Denied (no login, or a refused one) and Unavailable.
        """
        ...
