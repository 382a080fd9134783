"""The schedulers under test, each with a stage: where its run directories lie, and how their launches are written."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from dragoman.core.ports import Scheduler
from dragoman.runtimes.bare import Bare
from dragoman.schedulers.fork import ForkScheduler
from dragoman.schedulers.remote import RemoteScheduler
from dragoman.schedulers.slurm import SlurmScheduler
from tests.bubblewrap import confinement
from tests.hosts.login import AccountLogin
from tests.hosts.people import people
from tests.hosts.slurm import Slurm
from tests.schedulers.stage import BatchStage, Ends, Stage

FORK = ("confined", "unconfined")
STAGES = (*FORK, "remote", pytest.param("slurm", marks=pytest.mark.slow))
"""Every scheduler; whoever keeps the promises of all is subscribed here."""


@pytest.fixture
def ground() -> Iterator[Path]:
    """A directory of alice's, which other accounts may pass through."""
    alice = people()[0]
    place = tempfile.mkdtemp(prefix="dragoman-runs-", dir="/tmp")
    os.chmod(place, 0o755)
    os.chown(place, alice.pw_uid, alice.pw_gid)
    yield Path(place)
    shutil.rmtree(place)


@pytest.fixture(params=FORK)
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """Unless a test asks for others: those of the fork scheduler, with confined runs and without."""
    root = tmp_path.resolve()
    if request.param == "confined":
        return Stage(root=root, runtime=Bare(confinement((str(root),))), private=True)
    if request.param == "unconfined":
        return Stage(root=root, runtime=Bare(None), private=False)
    kind = BatchStage if request.param == "slurm" else Stage
    return kind(root=request.getfixturevalue("ground"), runtime=Bare(None), private=False, owner="alice")


@pytest.fixture
async def scheduler(request: pytest.FixtureRequest, stage: Stage, anyio_backend: str) -> AsyncIterator[Scheduler]:
    """The scheduler that belongs to the stage."""
    if isinstance(stage, BatchStage):
        cluster: Slurm = request.getfixturevalue("slurm")
        yield SlurmScheduler(AccountLogin("alice"), cluster.environment)
    elif stage.owner:
        yield RemoteScheduler(AccountLogin("alice"))
    else:
        scheduler = ForkScheduler()
        await scheduler.open()
        yield scheduler
        await scheduler.close()


@pytest.fixture
def ends(scheduler: Scheduler) -> Ends:
    """How tests wait for ends."""
    ends = Ends(scheduler=scheduler, pushes=isinstance(scheduler, ForkScheduler))
    scheduler.on_end(ends.tokens.append)
    return ends
