"""The way of workloads that run in directories of people's own, on any host that a login reaches."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from dragoman.core.errors import Broken, Closed, Conflict, NotFound
from dragoman.core.hosted import Hosted, Script
from dragoman.core.job import LogStyle, Run
from dragoman.core.launch import BatchScript, Launch, LaunchStep, launch_json
from dragoman.core.ports import Scheduler, Site
from dragoman.core.states import RunState
from dragoman.engine.moving import Moving
from dragoman.engine.texts import enter, make_directories, run_texts, write_scripts
from dragoman.engine.ways import Kept
from dragoman.engine.world import World

LAUNCH = "run.json"
HEARD, SPOKEN, MOST_SAID = 4 << 20, 8192, 1000
"""How much of what a workload says is heard: bytes in all, characters of a line, lines."""
LOG = ".dragoman/launch.log"
"""What the launch itself says, below the working directory: a container engine's complaint, say."""


class Hosting:
    """See ways.Way for what each verb promises."""

    carries = False

    def __init__(self, world: World, run: Run, hosted: Hosted, site: Site) -> None:
        self._world, self._hosted, self._site = world, hosted, site
        self._moving = Moving(world, run, hosted)
        self.queues = bool(hosted.batch)
        self.directory = site.base + hosted.work.path

    @property
    def scheduler(self) -> Scheduler:
        """The batch scheduler of the host, or plain processes on it. Raises Broken when the host has none."""
        if not self.queues:
            return self._site.fork
        if self._site.batch is None:
            raise Broken("The system has no batch scheduler.")
        return self._site.batch

    @property
    def batch(self) -> BatchScript | None:
        """The batch script, as it was written."""
        name = self._hosted.batch
        text = next((one.text for one in self._hosted.scripts if one.name == name), None)
        return BatchScript(script=name, text=text, grace=self._world.limits.grace) if name else None

    @property
    def where(self) -> Mapping[str, Any]:
        """Lets the watch find the run without reading its job."""
        return {"account": self._hosted.account_id, "batch": self.queues, "directory": self.directory}

    async def begin(self, token: str) -> tuple[RunState, ...]:
        """Make the directories."""
        self._check_open()
        wanted: dict[int, list[str]] = {}
        for place in self._hosted.directories:
            wanted.setdefault(place.system_id, []).append(place.path)
        for system_id, paths in wanted.items():
            here = system_id == self._hosted.system_id
            site = self._site if here else await self._world.sites.of(system_id, self._hosted.account_id)
            await make_directories(site, paths)
        return RunState.PLANNING, RunState.STAGING_IN if self._hosted.sources else RunState.STAGING_JOB

    async def stage(self) -> bool:
        """Have the sources transferred in the background."""
        self._check_open()
        return await self._moving.inputs_are_here()

    async def write_launch(self, token: str) -> None:
        """Write the scripts, and run.json for the scheduler. Raises Broken for what can never be staged."""
        self._check_open()
        if self._hosted.refusal:
            raise Broken(self._hosted.refusal)
        launch = Script(name=LAUNCH, text=launch_json(self._launch(token)), mode=0o600)
        scripts = (*self._hosted.scripts, launch)
        await write_scripts(self._site, self._hosted.work.path, scripts, self._hosted.prepare)

    def key(self, token: str) -> str:
        """Hosts of others get no key of ours."""
        return ""

    @property
    def tells(self) -> bool:
        """It writes into a file."""
        return bool(self._hosted.tells)

    async def hear(self, known: int) -> tuple[str, ...]:
        """The whole lines of that file. What one says too much, and all of too many, is cut off."""
        path = f"{self._site.root}{self._hosted.output.path}/{self._hosted.tells}"
        text = bytearray()
        with suppress(NotFound, Conflict):
            async for piece in self._site.login.read(path, length=HEARD):
                text += piece
        lines = bytes(text).decode(errors="replace").replace("\0", "").split("\n")[:-1]
        return tuple(line[:SPOKEN] for line in lines[known:MOST_SAID])

    async def keep(self, *, at_once: bool) -> Kept | None:
        """Have the outputs transferred to the archive in the background."""
        if at_once or not await self._moving.outputs_are_kept(self._site):
            return None
        return Kept(patch={})

    async def undo(self) -> None:
        """End what the launch started elsewhere, and the transfers."""
        await self._moving.stop()
        if self._hosted.undo:
            await run_texts(self._site, enter(self._site, self._hosted.work.path), self._hosted.undo)

    async def clear(self) -> None:
        """The directories are their owner's."""

    def _check_open(self) -> None:
        if self._site.closed:
            raise Closed(self._site.closed)

    def _launch(self, token: str) -> Launch:
        step = LaunchStep(
            argv=self._site.wrap(("/bin/bash", "-c", self._hosted.command), self.directory),
            environment=self._site.environment,
            command=self._hosted.command,
        )
        return Launch(
            token=token,
            steps=(step,),
            work=self.directory,
            log=LogStyle(name=LOG),
            log_bytes=self._world.limits.log_bytes,
            walltime=self._hosted.walltime,
            grace=self._world.limits.grace,
            script=self._hosted.batch,
            private_processes=self._site.private_processes,
        )
