"""How the service ends: quickly, politely, and with everything given back."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from dragoman.core.errors import Conflict
from dragoman.core.states import RunState
from dragoman.host.datadir import lock
from dragoman.shells import LocalShell, UnpackLimits
from dragoman.store.sqlite import SqliteDb
from dragoman.store.tables import work
from tests.engine.house import bench
from tests.scenarios.raw import connected, head
from tests.scenarios.rescale import Rescale
from tests.server.hosts import loopbacks
from tests.service import running_service, wait_until


def leases(conn: Connection) -> list[tuple[str, int, int]]:
    """Who holds each row of work, until when, and how often it was tried."""
    found = conn.execute(select(work.c.lease_owner, work.c.lease_until, work.c.attempt).where(work.c.kind == "run"))
    return [(row.lease_owner, row.lease_until, row.attempt) for row in found]


class Slow(LocalShell):
    """A shell that never comes to an end."""

    def __init__(self) -> None:
        super().__init__(UnpackLimits())
        self.begun = asyncio.Event()

    async def fresh(self, directory: str, files: Mapping[str, str]) -> None:
        self.begun.set()
        await asyncio.Event().wait()


@pytest.mark.anyio
async def test_a_lease_in_hand_is_given_back(tmp_path: Path) -> None:
    """Whoever comes next need not wait for it to run out, and no attempt is counted."""
    shell = Slow()
    async with bench(str(tmp_path), shell=shell) as house:
        await house.submit("true")
        async with asyncio.timeout(120):
            await shell.begun.wait()
        ((owner, until, attempt),) = await house.db.read(leases)
        assert (True, True, 1) == (owner != "", until > 0, attempt)
    db = SqliteDb(str(tmp_path / "test.db"))
    try:
        assert [("", 0, 0)] == db.write_now(leases)
    finally:
        db.close()
    async with bench(str(tmp_path)) as house:
        assert RunState.FINISHED is (await house.ended()).outcome


@pytest.mark.slow
def test_sigterm_ends_it_quickly(tmp_path: Path) -> None:
    """Idle connections and runs under way do not hold it up; no lease is left, and the directory is free."""
    with running_service(tmp_path) as service, service.client(service.account("ada").token) as http:
        api = Rescale(http)
        running = api.submit("until [ -e go ]; do sleep 0.05; done; echo done")
        api.wait(running, "Executing")
        idle = [connected(service.url) for _ in range(10)]
        assert 0 == service.stop(deadline=30)
        assert [b""] * 10 == [sock.recv(1) for sock in idle]
        for sock in idle:
            sock.close()
        os.close(lock(str(service.data)))
        db = SqliteDb(str(service.data / "dragoman.db"))
        assert [("", 0, 0)] == db.write_now(leases)
        db.close()
        service.restart()
        (work,) = service.data.glob("runs/*/home/work")
        (work / "go").touch()
        api.wait(running, "Completed")
        assert ["done"] == api.said(running)


LAST_WORK = """
import asyncio, os, pathlib, signal, sys, time
from dragoman.config import load
from dragoman.server.service import run

def work():
    time.sleep(2)
    pathlib.Path(sys.argv[2]).touch()

def ready(url):
    asyncio.get_running_loop().run_in_executor(None, work)
    os.kill(os.getpid(), signal.SIGTERM)

run(load({"server.data": sys.argv[1], "server.port": 0}, {}), ready=ready)
"""


@pytest.mark.slow
def test_the_directory_is_ours_until_the_last_thread_has_ended(tmp_path: Path) -> None:
    """What still works on it after the last answer is no other service's neighbour."""
    data, worked = tmp_path / "data", tmp_path / "worked"
    with subprocess.Popen([sys.executable, "-c", LAST_WORK, data, worked]) as service:
        wait_until((data / ".lock").exists)
        wait_until((data / ".lock").read_bytes)
        held = wait_until(lambda: _lock(data))
        assert held is not None
        assert worked.exists()
        os.close(held)
        assert 0 == service.wait(120)


def _lock(data: Path) -> int | None:
    try:
        return lock(str(data))
    except Conflict:
        return None


@pytest.mark.slow
def test_a_request_that_never_ends_does_not_hold_it_up(tmp_path: Path) -> None:
    """It gets a few seconds, and no more."""
    with running_service(tmp_path) as service:
        sent = head("POST", "/api/v2/jobs/", service.account("ada").token, Content_Length="100")
        with connected(service.url) as sock:
            sock.sendall(sent + b"{")
            assert 0 == service.stop(deadline=30)


@pytest.mark.slow
@pytest.mark.parametrize("host", loopbacks())
def test_it_listens_where_it_is_told(tmp_path: Path, host: str) -> None:
    """The address that it shows is one that answers, on either version of the protocol."""
    with running_service(tmp_path, {"DRAGOMAN_SERVER_HOST": host}) as service, service.client() as http:
        assert 200 == http.get(f"{service.url}/livez").status_code
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.settimeout(60)
            sock.connect((host, int(service.url.rpartition(":")[2])))
