"""A real Docker engine of one's own, without a network, whose one image runs what it is told by its shell."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

from tests.hosts.images import make_image

IMAGE = "tapis/busybox:1"
_PATH = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Docker:
    """A running engine."""

    address: str
    """For DOCKER_HOST."""

    def run(self, *words: str) -> str:
        """What the client prints. Raises CalledProcessError."""
        environment = {"PATH": _PATH, "DOCKER_HOST": self.address}
        done = subprocess.run(
            ["docker", *words], env=environment, check=True, capture_output=True, text=True, timeout=120
        )
        return done.stdout

    def add(self, place: str, name: str, *program: str) -> None:
        """Add a directory as an image, which runs a program, or what it is told. Raises CalledProcessError."""
        with tempfile.NamedTemporaryFile(suffix=".tar", dir="/tmp") as archive:
            subprocess.run(["tar", "-C", place, "-cf", archive.name, "."], check=True)
            change = ("--change", f"ENTRYPOINT {json.dumps(program)}") if program else ()
            self.run("import", *change, archive.name, name)


@contextmanager
def docker_engine(group: str) -> Iterator[Docker]:
    """An engine that the members of a group may use; it ends with the context. Skips where none can run."""
    for program in ("dockerd", "docker"):
        if os.geteuid() != 0 or not shutil.which(program, path=_PATH):
            pytest.skip(f"no {program} here that may be started: apt-get install docker.io")
    place = tempfile.mkdtemp(prefix="dragoman-docker-", dir="/tmp")
    os.chmod(place, 0o755)
    engine, daemon = Docker(address=f"unix://{place}/sock"), _start(place, group)
    try:
        _await(engine, daemon, place)
        _import(engine, place)
        yield engine
    finally:
        daemon.terminate()
        with suppress(subprocess.TimeoutExpired):
            daemon.wait(60)
        daemon.kill()
        daemon.wait()
        # The engine leaves the namespace of its last network mounted.
        subprocess.run(["sh", "-c", f"umount {place}/exec/netns/* 2>/dev/null; rm -rf {place}"], check=False)


def _start(place: str, group: str) -> "subprocess.Popen[bytes]":
    network = ("--iptables=false", "--ip6tables=false", "--bridge=none", "--ip-forward=false")
    places = (f"--data-root={place}/data", f"--exec-root={place}/exec", f"--pidfile={place}/pid")
    argv = ["setpriv", "--pdeathsig", "KILL", "dockerd", f"-Hunix://{place}/sock", f"-G{group}", *places, *network]
    with open(f"{place}/log", "wb") as log:
        return subprocess.Popen(argv, env={"PATH": _PATH}, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _await(engine: Docker, daemon: "subprocess.Popen[bytes]", place: str) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            engine.run("version")
        except subprocess.CalledProcessError:
            if daemon.poll() is not None or time.monotonic() > deadline:
                with open(f"{place}/log") as log:
                    pytest.skip(f"the Docker engine does not start here: {log.read()[-500:]}")
            time.sleep(0.05)
        else:
            return


def _import(engine: Docker, place: str) -> None:
    make_image(f"{place}/image", 'exec "$@"')
    engine.add(f"{place}/image", IMAGE)
