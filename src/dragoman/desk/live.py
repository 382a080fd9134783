"""Looks into the working directory of a run in progress."""

from collections.abc import Callable, Mapping

from dragoman.core.errors import NotFound
from dragoman.core.job import Run
from dragoman.core.ports import Entry, Shell
from dragoman.core.states import RunState
from dragoman.core.things import Identity
from dragoman.desk.jobs import Jobs

WHOLE_BYTES = 64 << 20
TAIL_BYTES = 1 << 20
IN_PROGRESS = (RunState.RUNNING, RunState.STAGING_OUT)
MOST = 100_000
"""So many files can be listed while a run is in progress."""


class Live:
    """Files of running jobs, read from their host."""

    def __init__(self, jobs: Jobs, shells: Mapping[int, Shell], work_of: Callable[[int, int], str]) -> None:
        self._jobs, self._shells, self._work_of = jobs, shells, work_of

    async def files(self, who: Identity, door: str, alias: str, number: int) -> list[Entry]:
        """What lies in the working directory now. Raises NotFound unless the run is in progress, and TooLarge."""
        run = await self._in_progress(who, door, alias, number)
        return await self._shells[run.system_id].walk(self._work_of(run.system_id, run.id), most=MOST)

    async def read(
        self, who: Identity, door: str, alias: str, number: int, path: str, *, last_lines: int | None
    ) -> bytes:
        """A file as it is now, or its last lines, within WHOLE_BYTES or TAIL_BYTES. Raises NotFound."""
        run = await self._in_progress(who, door, alias, number)
        work, limit = self._work_of(run.system_id, run.id), WHOLE_BYTES if last_lines is None else TAIL_BYTES
        return await self._shells[run.system_id].read(work, path, last_lines=last_lines, limit=limit)

    async def place(self, who: Identity, door: str, alias: str, number: int) -> str:
        """The absolute path of the working directory on its host."""
        run = await self._in_progress(who, door, alias, number)
        return self._work_of(run.system_id, run.id)

    async def _in_progress(self, who: Identity, door: str, alias: str, number: int) -> Run:
        run = await self._jobs.run(who, door, alias, number)
        if run.state not in IN_PROGRESS:
            raise NotFound("The run is not in progress.")
        return run
