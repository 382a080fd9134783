"""The way of workloads that run in a directory of ours and give their outputs to the blob store."""

from collections.abc import Mapping
from typing import Any

from dragoman.core.job import Job, Run
from dragoman.core.ports import Scheduler
from dragoman.core.states import Cause, RunState, Wish
from dragoman.engine.heeding import heeding
from dragoman.engine.launching import launch_text
from dragoman.engine.outputs import Found, collect, forget, only_log, survey
from dragoman.engine.staging import home_files, stage_inputs
from dragoman.engine.ways import Kept
from dragoman.engine.world import World

LAUNCH = "run.json"
GIVEN_UP = "Stopped on request while its outputs were being kept."


class Boxed:
    """See ways.Way for what each verb promises."""

    queues = False
    batch = None
    carries = True

    def __init__(self, world: World, job: Job, run: Run) -> None:
        self._world, self._job, self._run = world, job, run
        self._place = world.places[run.system_id]
        self.directory = self._place.directory(run.id)
        self.where: Mapping[str, Any] = {}
        self.tells = False

    @property
    def scheduler(self) -> Scheduler:
        """That of the system."""
        return self._place.scheduler

    async def begin(self, token: str) -> tuple[RunState, ...]:
        """Without inputs the directory is made and filled in one go."""
        if self._job.workload.inputs:
            return RunState.PLANNING, RunState.STAGING_IN
        files = {**home_files(self._job.workload), LAUNCH: self._launch(token)}
        await self._place.shell.fresh(self.directory, files)
        return RunState.PLANNING, RunState.STAGING_JOB, RunState.SUBMITTING

    async def stage(self) -> bool:
        """Put every input in place, from an empty directory on, unless the end is wished meanwhile."""
        work = stage_inputs(self._world, self._place, self._run, self._job.workload)
        return await heeding(self._world, self._run, work, (Wish.STOP, Wish.KILL)) is not None

    async def write_launch(self, token: str) -> None:
        """Write run.json."""
        await self._place.shell.write(self.directory, LAUNCH, self._launch(token))

    def key(self, token: str) -> str:
        """Made from the token, so that it can be told again and is stored nowhere."""
        return self._world.job_key(token) if self._job.workload.key_variable else ""

    async def hear(self, known: int) -> tuple[str, ...]:
        """Nothing."""
        return ()

    async def keep(self, *, at_once: bool) -> Kept | None:
        """Store every output in the blob store; a kill that is wished meanwhile ends that."""
        if not at_once:
            return await heeding(self._world, self._run, self._keep_all(), (Wish.KILL,)) or await self._give_up()
        found = await self._survey()
        return await self._collect(found) if found.is_small else None

    async def _keep_all(self) -> Kept:
        return await self._collect(await self._survey())

    async def _survey(self) -> Found:
        return await survey(self._world, self._place, self._job, self._run)

    async def _collect(self, found: Found) -> Kept:
        return await collect(self._world, self._place, self._job, self._run, found)

    async def _give_up(self) -> Kept:
        await forget(self._world, self._run, await self._survey())
        return await only_log(self._world, self._place, self._job, self._run, cause=Cause.STOPPED, reason=GIVEN_UP)

    async def undo(self) -> None:
        """Its processes are all there was of it."""

    async def clear(self) -> None:
        """Remove the run directory. What a crash leaves behind is cleared when the service starts."""
        await self._place.shell.remove(self.directory)

    def _launch(self, token: str) -> str:
        run, workload = self._run, self._job.workload
        return launch_text(self._world, self._place, run, workload, token=token, key=self.key(token))
