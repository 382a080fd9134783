"""The scheduler under test, once with confined runs and once without."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dragoman.runtimes.bare import Bare
from dragoman.schedulers.fork import ForkScheduler
from tests.bubblewrap import confinement
from tests.schedulers.stage import Ends, Stage


@pytest.fixture(params=["confined", "unconfined"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    root = tmp_path.resolve()
    if request.param == "unconfined":
        return Stage(root=root, runtime=Bare(None), private=False)
    return Stage(root=root, runtime=Bare(confinement((str(root),))), private=True)


@pytest.fixture
async def scheduler(anyio_backend: str) -> AsyncIterator[ForkScheduler]:
    scheduler = ForkScheduler()
    await scheduler.open()
    yield scheduler
    await scheduler.close()


@pytest.fixture
def ends(scheduler: ForkScheduler) -> Ends:
    ends = Ends()
    scheduler.on_end(ends.tokens.append)
    return ends
