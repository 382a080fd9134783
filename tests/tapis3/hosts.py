"""A grid for jobs: a service, a real host behind SSH with a real Slurm, and ann and bob, alice and bob there."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.hosts.images import make_image
from tests.hosts.singularity import add_image, add_singularity
from tests.hosts.slurm import Slurm, slurm, slurm_cluster
from tests.hosts.ssh import ssh_server
from tests.service import running_service
from tests.tapis3.grid import Grid
from tests.tapis3.people import newcomer

__all__ = ["grid", "slurm"]

CLASSIFIER = "img-classify:0.1"
SCORES = (
    "Labrador retriever (score = 0.97471)",
    "golden retriever (score = 0.00324)",
    "kuvasz (score = 0.00099)",
    "bull mastiff (score = 0.00095)",
    "Saint Bernard, St Bernard (score = 0.00067)",
)
_CLASSIFIER = f"""\
[ "$1" = --image_file ] || {{ echo "usage: --image_file URL" >&2; exit 2; }}
echo "$2" > output/address 2>/dev/null || true
env | sort > output/environment 2>/dev/null || true
printf '%s\\n' {" ".join(f"'{line}'" for line in SCORES)}
"""


def _print_scores(place: str) -> None:
    make_image(place, _CLASSIFIER)


@contextmanager
def grid_of(
    place: Path,
    cluster: Slurm | None,
    *,
    settings: dict[str, str] | None = None,
    classifier: Callable[[str], None] = _print_scores,
    singularity: Callable[[str, str], None] = add_singularity,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Grid]:
    """A grid of one's own, around a cluster; logins get the variables of ``environment``.

    ``classifier`` makes the image of that name, by default one that always says the same; ``singularity`` adds the
    container program to a directory, for images in another.
    """
    with ExitStack() as stack:
        tools = stack.enter_context(_directory("root"))
        home, work = (stack.enter_context(_directory("alice")) for _ in range(2))
        singularity(f"{tools}/bin", f"{tools}/images")
        classifier(f"{tools}/images/tapis/{CLASSIFIER}")
        add_image(f"{tools}/images", "tapis/sleeper", 'sleep "$1"')
        variables = {"PATH": f"{tools}/bin:/usr/local/bin:/usr/bin:/bin", "WORK2": work, **(environment or {})}
        host = stack.enter_context(ssh_server(variables | (dict(cluster.environment) if cluster else {})))
        service = stack.enter_context(
            running_service(place, {"DRAGOMAN_OUTBOUND_ALLOW": "127.0.0.1"} | (settings or {}))
        )
        ann, bob = newcomer(service, "ann"), newcomer(service, "bob")
        yield Grid(
            service=service, host=host, slurm=cluster, ann=ann, bob=bob, home=home, work=work, tools=f"{tools}/bin"
        )


@contextmanager
def _directory(owner: str) -> Iterator[str]:
    """A new directory of somebody's, below a place where containers see it."""
    path = tempfile.mkdtemp(prefix="dragoman-grid-", dir="/home")
    os.makedirs(f"{path}/bin")
    os.makedirs(f"{path}/images")
    account = pwd.getpwnam(owner)
    for each in (path, f"{path}/bin", f"{path}/images"):
        os.chmod(each, 0o755)
        os.chown(each, account.pw_uid, account.pw_gid)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def grid(slurm: Slurm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grid]:
    """The grid that tests share: use it, and leave it as it is."""
    with grid_of(tmp_path_factory.mktemp("grid"), slurm) as made:
        yield made


@contextmanager
def grid_and_cluster(place: Path, settings: dict[str, str] | None = None) -> Iterator[Grid]:
    """A grid whose service, host and cluster may be killed."""
    with slurm_cluster() as cluster, grid_of(place, cluster, settings=settings) as made:
        yield made
