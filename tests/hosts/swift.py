"""A real object store that speaks S3: OpenStack Swift from Debian's packages, on loopback, in its own directory."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

from tests.hosts.parts import free_ports

PARTS = ("account", "container", "object")
_COMMON = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = root
swift_dir = {place}
devices = {place}/devices
mount_check = false
disable_fallocate = true
log_level = ERROR
"""
_SERVER = (
    _COMMON
    + """
[pipeline:main]
pipeline = {part}-server
[app:{part}-server]
use = egg:swift#{part}
"""
)
_PROXY = (
    _COMMON
    + """
[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats bulk s3api tempauth slo dlo versioned_writes proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:tempauth]
use = egg:swift#tempauth
user_test_alice = {secret} .admin
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:cache]
use = egg:swift#memcache
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
"""
)
_SWIFT = """\
[swift-hash]
swift_hash_path_suffix = {suffix}
swift_hash_path_prefix = {suffix}
[storage-policy:0]
name = default
default = yes
"""


_RINGS = """
import sys
from swift.common.ring import RingBuilder
for part, port in zip(("account", "container", "object"), map(int, sys.argv[2:])):
    rings = RingBuilder(4, 1, 1)
    place = {"ip": "127.0.0.1", "port": port, "replication_ip": "127.0.0.1", "replication_port": port}
    rings.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1.0, "device": "d1", "meta": "", **place})
    rings.rebalance()
    rings.get_ring().save(f"{sys.argv[1]}/{part}.ring.gz")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwiftHost:
    """A running server, and who may use it."""

    endpoint: str
    access: str
    secret: str
    pids: tuple[int, ...]

    def halt(self) -> None:
        """Fall silent: connections are taken, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """End the silence."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


@contextmanager
def swift_server() -> Iterator[SwiftHost]:
    """A server of one's own; it ends with the context. Skips where none can run."""
    if os.geteuid() != 0:
        pytest.skip("the object store's servers are run as root here")
    if not shutil.which("swift-proxy-server"):
        pytest.skip("no OpenStack Swift here: apt-get install swift-proxy swift-account swift-container swift-object")
    place = tempfile.mkdtemp(prefix="dragoman-s3-", dir="/tmp")
    servers: list[subprocess.Popen[bytes]] = []
    try:
        ports = dict(zip(("proxy", *PARTS), free_ports(4), strict=True))
        secret = secrets.token_urlsafe(16)
        _prepare(place, ports, secret)
        servers += [_started(place, part) for part in ports]
        for part, server in zip(ports, servers, strict=True):
            _await_answer(f"http://127.0.0.1:{ports[part]}/healthcheck", server)
        yield SwiftHost(
            endpoint=f"http://127.0.0.1:{ports['proxy']}",
            access="test:alice",
            secret=secret,
            pids=tuple(server.pid for server in servers),
        )
    finally:
        for server in servers:
            server.kill()
            server.wait()
        shutil.rmtree(place)


@pytest.fixture(scope="session")
def swift_host() -> Iterator[SwiftHost]:
    """The object store that all tests share: use it, and leave it as it is."""
    with swift_server() as host:
        yield host


def _prepare(place: str, ports: dict[str, int], secret: str) -> None:
    os.makedirs(f"{place}/devices/d1")
    _write(f"{place}/swift.conf", _SWIFT.format(suffix=secrets.token_hex(8)))
    _write(f"{place}/proxy.conf", _PROXY.format(port=ports["proxy"], place=place, secret=secret))
    for part in PARTS:
        _write(f"{place}/{part}.conf", _SERVER.format(port=ports[part], place=place, part=part))
    numbers = [str(ports[part]) for part in PARTS]
    argv = ["python3", "-c", _RINGS, place, *numbers]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, cwd="/", env=_environment())


def _started(place: str, part: str) -> "subprocess.Popen[bytes]":
    # The one place where Swift looks for its policies is fixed.
    script = f"mount --bind {place}/swift.conf /etc/swift/swift.conf && exec swift-{part}-server {place}/{part}.conf"
    argv = ["unshare", "--mount", "--propagation", "slave", "sh", "-c", script]
    with open(f"{place}/{part}.log", "wb") as log:
        return subprocess.Popen(argv, cwd="/", stdout=log, stderr=log, env=_environment())


def _environment() -> dict[str, str]:
    # Debian's programs need Debian's Python.
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


def _await_answer(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            urllib.request.urlopen(url, timeout=30)
        except urllib.error.HTTPError:
            return  # any answer will do
        except OSError:
            if time.monotonic() > deadline or server.poll() is not None:
                raise
            time.sleep(0.02)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
