"""The client that was current in 2023, unmodified, from login to shared outputs: see walk_of_2023.py."""

from pathlib import Path
from typing import Any

import pytest

from tests.clients import walk
from tests.service import PASSWORD
from tests.tapis3.grid import Grid

pytestmark = [pytest.mark.slow, pytest.mark.client, pytest.mark.timeout(600)]

LIFE = (
    *("PENDING", "PROCESSING_INPUTS", "STAGING_INPUTS", "STAGING_JOB", "SUBMITTING_JOB"),
    *("QUEUED", "RUNNING", "ARCHIVING", "FINISHED"),
)


@pytest.fixture(scope="module")
def seen(grid: Grid) -> dict[str, Any]:
    """What it saw."""
    told = {
        "url": grid.service.url,
        "password": PASSWORD,
        "host": grid.host.host,
        "port": grid.host.port,
        "home": grid.home,
        "login": grid.alice.name,
        "secret": grid.alice.password,
        "secret of bob": grid.host.bob.password,
    }
    return walk("tapipy-1.4.1", Path(__file__).with_name("walk_of_2023.py"), told)


def test_it_is_that_client(seen: dict[str, Any]) -> None:
    """And no newer one."""
    assert "1.4.1" == seen["version"]


def test_it_logs_in(seen: dict[str, Any]) -> None:
    """Finds its tenant by the address, gets tokens and renews them."""
    assert {
        "tenant": "solo",
        "who": "ann",
        "wrong password": "BadRequestError",
        "renewed": True,
        "without a token": "UnauthorizedError",
    } == seen["boot"]


def test_it_registers_systems(grid: Grid, seen: dict[str, Any]) -> None:
    """With a login, which is tried; what is wrong is refused by its own kinds of exception."""
    assert {
        "url": f"{grid.service.url}/v3/systems/old-vm",
        "again": "BaseTapyException",
        "wrong credential": "BadRequestError",
        "listed": ["old-hpc", "old-vm"],
        "root": grid.home,
        "runtimes": ["ZIP"],
        "unknown": "NotFoundError",
        "incomplete": "BadRequestError",
        "patched": "seen",
    } == seen["systems"]


def test_it_moves_files(seen: dict[str, Any]) -> None:
    """There and back."""
    assert {
        "listed": ["copy.txt", "in.txt"],
        "after": [["in.txt", 8]],
        "content": "an input",
        "missing": "NotFoundError",
    } == seen["files"]


def test_it_registers_apps(seen: dict[str, Any]) -> None:
    """And finds them again."""
    assert {
        "listed": ["old-app", "old-app-local"],
        "latest": ["0.1", "ZIP", "ann", 5],
        "unknown": "NotFoundError",
    } == seen["apps"]


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("fork", "FORK", "FORK by ann, an input\n"),
        ("batch", "BATCH", "BATCH by ann, an input\n"),
        ("local", "FORK", "HERE by ann, \n"),
    ],
)
def test_its_jobs_finish(seen: dict[str, Any], name: str, kind: str, said: str) -> None:
    """As a process behind SSH, on Slurm, and here; what they have left is listed and read."""
    job = seen[name]
    assert ("FINISHED", "NORMAL_COMPLETION", kind, ["FINISHED", "0"], said) == (
        job["status"], job["condition"], job["type"], job["outcome"], job["said"]
    )  # fmt: skip
    assert [one for one in LIFE if one in job["lived"]] == job["lived"]
    assert {"PENDING", "RUNNING", "FINISHED"} <= set(job["lived"])
    assert {"tapisjob.out", "tapisjob.sh", "tapisjob.env"} <= set(job["outputs"])
    assert set(job["outputs"]) <= set(job["zipped"])
    assert "NotFoundError" == job["no such output"]


def test_its_jobs_are_found(seen: dict[str, Any]) -> None:
    """By the three kinds of search, and run again as they were."""
    assert ["PENDING", "-007", "FORK"] == seen["submitted"]
    assert seen["refused"] in {"BadRequestError", "NotFoundError"}
    assert (2, 3, True) == (seen["found"], seen["searched"], seen["listed"])
    assert [True, "FINISHED"] == seen["again"]


def test_it_cancels(seen: dict[str, Any]) -> None:
    """Once; and subscribes to what becomes of a job."""
    assert {
        "subscribed": [True, 1],
        "status": "CANCELLED",
        "condition": "CANCELLED_BY_USER",
        "twice": "BaseTapyException",
    } == seen["cancelled"]


def test_it_shares(seen: dict[str, Any]) -> None:
    """Somebody else reads what was shared, and is refused outside it."""
    assert {
        "before": ["ForbiddenError", "ForbiddenError", "UnauthorizedError"],
        "after": ["", "", ""],
        "permissions": ["READ"],
        "read": "FORK by ann, an input\n",
        "output": "FORK by ann, an input\n",
        "shared": True,
        "outside": "ForbiddenError",
        "change": "ForbiddenError",
        "cancel": "UnauthorizedError",
    } == seen["shared"]
