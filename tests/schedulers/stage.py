"""What the scheduler tests play with: run directories, ends that are waited for, processes that are looked for."""

import asyncio
import os
import shlex
import shutil
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from dragoman.core.job import LogStyle, Step
from dragoman.core.launch import Launch, Look, launch_json
from dragoman.core.ports import Runtime, Scheduler
from dragoman.schedulers import processes

PLAIN = LogStyle(name="run.log")
STAMPED = LogStyle(
    name="run.log",
    stamp=True,
    opening="Launching {command}, Working dir: {directory}.  Process output follows:",
    closing=("Exited with code {code}", ""),
)
BASE = Launch(token="", steps=(), work="", log=PLAIN, log_bytes=1 << 20, walltime=None, grace=30.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One run directory, its token, and the handle that goes with it, as its keeper has it."""

    directory: str
    token: str
    handle: dict[str, object] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        return Path(self.directory, "home", "work")

    def log(self) -> str:
        return (self.work / "run.log").read_text()

    def lines(self) -> list[str]:
        return self.log().splitlines()


@dataclass(kw_only=True)
class Stage:
    """Makes run directories below a root, for one runtime."""

    root: Path
    runtime: Runtime
    private: bool
    owner: str = ""
    """The account whose directories they are; empty: our own."""
    count: int = 0

    def play(self, *commands: str, like: Launch = BASE) -> Play:
        """A run directory whose launch runs these commands, and is otherwise like another."""
        self.count += 1
        play = Play(directory=str(self.root / "runs" / str(self.count)), token=uuid.uuid4().hex)
        play.work.mkdir(parents=True)
        Path(play.directory, "tmp").mkdir()
        self.write(play, commands, like)
        for path in (Path(play.directory), *Path(play.directory).rglob("*")) if self.owner else ():
            shutil.chown(path, self.owner)
        return play

    def write(self, play: Play, commands: tuple[str, ...], like: Launch) -> None:
        """Write the launch."""
        steps = tuple(self.runtime.step(Step(command=command), play.directory, {}) for command in commands)
        write(play, replace(like, steps=steps or like.steps, private_processes=self.private))


SCRIPT = "job.sh"


class BatchStage(Stage):
    """Makes run directories with a batch script for Slurm."""

    def write(self, play: Play, commands: tuple[str, ...], like: Launch) -> None:
        """Write the launch and its script, whose output is the log."""
        body = commands if len(commands) == 1 else [f"bash -c {shlex.quote(line)} || exit" for line in commands]
        self.write_script(play, "\n".join(body))
        write(play, replace(like, script=like.script or SCRIPT))

    def write_script(self, play: Play, body: str, *directives: str) -> None:
        """Write just the script."""
        lines = (f"--output={play.work}/run.log", "--mem=60", *directives)
        head = "".join(f"#SBATCH {line}\n" for line in lines)
        Path(play.directory, SCRIPT).write_text(f"#!/bin/bash\n{head}\ncd {play.work} || exit\n{body}\n")


def write(play: Play, launch: Launch) -> None:
    """Write the launch into the run directory."""
    launch = replace(launch, token=play.token, work=str(play.work))
    Path(play.directory, "run.json").write_text(launch_json(launch))


@dataclass(kw_only=True)
class Ends:
    """The ends that a scheduler has pushed, or that are found by looking where it pushes none."""

    scheduler: Scheduler
    pushes: bool
    tokens: list[str] = field(default_factory=list)

    async def of(self, play: Play, *, within: float = 60.0) -> None:
        """Return when the launch is not under way any more."""
        deadline = time.monotonic() + (within if self.pushes else 3 * within)
        while not (play.token in self.tokens if self.pushes else await self._has_gone(play)):
            assert time.monotonic() < deadline, "waited too long"
            await asyncio.sleep(0.01 if self.pushes else 0.1)

    async def _has_gone(self, play: Play) -> bool:
        look = await see(self.scheduler, play)
        return bool(look.ended or look.dead or not (look.started or look.pending))


async def until(condition: Callable[[], object], *, within: float = 120.0) -> None:
    """Return as soon as the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.01)


async def see(scheduler: Scheduler, play: Play) -> Look:
    """What the scheduler knows of one launch; the handle is kept."""
    look = (await scheduler.look([(play.directory, play.token, play.handle)]))[play.token]
    play.handle.update(look.handle)
    return look


def marker() -> str:
    """An argument for sleep that no other test uses: one hour and a bit."""
    return f"3600.{uuid.uuid4().int % 10**9:09}"


def sleepers(mark: str) -> int:
    """How many living processes sleep under this mark, in whatever process space."""
    found = 0
    for name in os.listdir("/proc"):
        process = processes.find(int(name)) if name.isdigit() else None
        if process and process.alive and process.name == "sleep":
            found += mark.encode() in processes.read(f"/proc/{name}/cmdline")
    return found
