"""The logins that subscribe to the contract, each with a directory of its own to play in."""

import os
import secrets
import shutil
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import obstore
import pytest

from dragoman.core.ports import Login
from dragoman.shells.local_login import LocalLogin
from dragoman.shells.s3 import S3Login
from dragoman.shells.s3_store import S3Target, open_store
from dragoman.shells.ssh import SshLogin
from dragoman.shells.ssh_pool import SshPool
from dragoman.shells.ssh_target import SshLimits, SshTarget
from tests.bubblewrap import confinement
from tests.hosts.ssh import HostAccount, SshHost
from tests.hosts.swift import SwiftHost


class Remembered:
    """Keeps hosts' keys in a dict."""

    def __init__(self) -> None:
        self.keys: dict[tuple[str, int], str] = {}

    async def get(self, host: str, port: int) -> str | None:
        return self.keys.get((host, port))

    async def put(self, host: str, port: int, key: str) -> None:
        self.keys.setdefault((host, port), key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anywhere:
    """A directory as a login sees it."""

    login: Login
    top: str

    def at(self, name: str) -> str:
        return f"{self.top}/{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground(Anywhere):
    """A directory as a login sees it, and as this machine does."""

    real: Path
    uid: int
    gid: int

    def give(self) -> None:
        """Let everything that was made here belong to the account."""
        for path in [self.real, *self.real.rglob("*")]:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


async def content(login: Login, path: str, *, offset: int = 0, length: int | None = None) -> bytes:
    return b"".join([piece async for piece in login.read(path, offset=offset, length=length)])


async def names_in(login: Login, path: str) -> list[str]:
    return sorted(entry.name for entry in await login.entries(path))


async def once(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def rooted(root: Path) -> Callable[[Sequence[str]], Sequence[str]]:
    """Confine commands so that ``root`` is ``/`` to them."""
    program = confinement(()).program
    places = [
        word for name in ("usr", "bin", "lib", "lib64", "etc") for word in ("--ro-bind-try", f"/{name}", f"/{name}")
    ]
    own = ["--proc", "/proc", "--dev", "/dev", "--unshare-pid", "--die-with-parent", "--chdir", "/"]
    return lambda argv: [program, "--bind", str(root), "/", *places, *own, "--", *argv]


def target_of(host: SshHost, account: HostAccount, *, by_key: bool = False) -> SshTarget:
    secret = {"private_key": account.private_key} if by_key else {"password": account.password}
    return SshTarget(host=host.host, port=host.port, login=account.name, **secret)


@contextmanager
def playground(account: HostAccount) -> Iterator[Path]:
    """A directory in the account's home that is gone afterwards."""
    directory = Path(account.home) / f"test {secrets.token_hex(6)}"
    directory.mkdir()
    os.chown(directory, account.uid, account.gid)
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


@asynccontextmanager
async def local_ground(request: pytest.FixtureRequest) -> AsyncIterator[Ground]:
    home: Path = request.getfixturevalue("tmp_path") / "home"
    (home / "test it").mkdir(parents=True)
    login = LocalLogin(str(home), rooted(home))
    yield Ground(login=login, top="/test it", real=home / "test it", uid=os.getuid(), gid=os.getgid())


@asynccontextmanager
async def ssh_ground(request: pytest.FixtureRequest) -> AsyncIterator[Ground]:
    host: SshHost = request.getfixturevalue("ssh_host")
    pool = SshPool(Remembered(), SshLimits())
    with playground(host.alice) as real:
        login = SshLogin(pool, target_of(host, host.alice))
        yield Ground(login=login, top=str(real), real=real, uid=host.alice.uid, gid=host.alice.gid)
    await pool.close()


@asynccontextmanager
async def s3_ground(request: pytest.FixtureRequest) -> AsyncIterator[Anywhere]:
    host: SwiftHost = request.getfixturevalue("swift_host")
    yield Anywhere(login=S3Login(bucket_of(host)), top=f"/test {secrets.token_hex(6)}")


def bucket_of(host: SwiftHost, bucket: str = "tests") -> S3Target:
    """A bucket that is there."""
    target = S3Target(endpoint=host.endpoint, bucket=bucket, access=host.access, secret=host.secret)
    address = obstore.sign(open_store(target), "PUT", "", timedelta(seconds=60))
    try:
        urllib.request.urlopen(urllib.request.Request(address, method="PUT", data=b""), timeout=120)
    except urllib.error.HTTPError as error:
        if error.code != HTTPStatus.CONFLICT:  # it is there already
            raise
    return target


@pytest.fixture(params=[local_ground, ssh_ground], ids=["local", "ssh"])
async def ground(request: pytest.FixtureRequest) -> AsyncIterator[Ground]:
    """One login to a host after the other."""
    async with request.param(request) as made:
        yield made


# The object store takes some seconds to start.
@pytest.fixture(
    params=[local_ground, ssh_ground, pytest.param(s3_ground, marks=pytest.mark.slow)], ids=["local", "ssh", "s3"]
)
async def anywhere(request: pytest.FixtureRequest) -> AsyncIterator[Anywhere]:
    """One login after the other, object stores too."""
    async with request.param(request) as made:
        yield made
