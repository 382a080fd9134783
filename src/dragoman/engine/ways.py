"""What the steps of a run ask of a kind of workload: one short port."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from dragoman.core.launch import BatchScript
from dragoman.core.ports import Scheduler
from dragoman.core.states import Cause, RunState
from dragoman.core.work import NewFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The rows for what was kept of a run, and the columns of the run that tell of it."""

    files: tuple[NewFile, ...] = ()
    patch: Mapping[str, Any]
    cause: Cause = Cause.NONE
    """Why not all of it was kept, which is then how the run ends; NONE: all was."""
    reason: str = ""


class Way(Protocol):
    """How one run of a kind of workload is prepared, started and tidied up. Everything may be done again after a crash.

    Made for one run and one handling of it.
    """

    @property
    def scheduler(self) -> Scheduler:
        """Starts it, looks at it, stops it."""
        ...

    @property
    def queues(self) -> bool:
        """The scheduler has a line of its own, in which the run may stand for long."""
        ...

    @property
    def batch(self) -> BatchScript | None:
        """What ``write_launch`` has given to a batch system, where there is one."""
        ...

    @property
    def where(self) -> Mapping[str, Any]:
        """What the watch needs to know to find the run, kept in its handle; empty: it lies in its system's place."""
        ...

    @property
    def carries(self) -> bool:
        """It keeps its outputs here and now, with what its system has: meanwhile it counts against the slots."""
        ...

    @property
    def directory(self) -> str:
        """Where the scheduler finds the launch, on its host."""
        ...

    async def begin(self, token: str) -> tuple[RunState, ...]:
        """Do what comes first, and name the states that are passed by it; the last one is where the run stands then."""
        ...

    async def stage(self) -> bool:
        """Bring the inputs in; False when that goes on in the background and is to be asked for again."""
        ...

    async def write_launch(self, token: str) -> None:
        """Write down what the scheduler is to start under this token."""
        ...

    def key(self, token: str) -> str:
        """The running job's own key; empty when it gets none."""
        ...

    @property
    def tells(self) -> bool:
        """Its workload may say something while it runs, for those who follow the job."""
        ...

    async def hear(self, known: int) -> tuple[str, ...]:
        """What it has said after so many lines. Raises Problems."""
        ...

    async def keep(self, *, at_once: bool) -> Kept | None:
        """Keep what the run has left; None when that is too much to do ``at_once``, or still goes on."""
        ...

    async def undo(self) -> None:
        """It is stopped, or has vanished: end what it may have started elsewhere. Raises Problems."""
        ...

    async def clear(self) -> None:
        """The run has ended: remove what nobody needs any more. Raises Problems."""
        ...
