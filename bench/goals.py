"""Open goal streams: what they take of the service's memory, and how soon all of them hear of a submit."""

import asyncio
import resource
import time
from collections.abc import Iterator
from pathlib import Path

from tests.sage.scheduler import SEED
from tests.service import Account, Service, running_service

from bench import processes
from bench.client import Line
from bench.report import Row
from dragoman.core.manifests import assumed_manifest
from dragoman.core.things import Verb
from dragoman.host.clock import HostClock
from dragoman.store import Connection, accounts, nodes
from dragoman.store.sqlite import SqliteDb

NODES = 2000


def sage_goal_streams(place: Path) -> Iterator[Row]:
    """Each of many nodes listens; then one job is submitted to all of them."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # both ends of each stream are files, the service's too
    with running_service(place) as service:
        theone = service.account("theone")
        _add_nodes(service)
        before = processes.resident(service.pid)
        after, pushed = asyncio.run(_listen(service, theone))
    yield Row(name=f"{NODES} open goal streams", value=(after - before) / 1e6, unit="MB", aim="< 150 MB")
    yield Row(name="… until all hear of a submit", value=pushed, unit="s", aim="< 2 s")


def _add_nodes(service: Service) -> None:
    def work(conn: Connection, at: int) -> None:
        account = accounts.find_account(conn, name="theone")
        for vsn in _vsns():
            manifest = assumed_manifest(vsn, "0" * 16)
            node = nodes.add_node(conn, vsn=vsn, name="0" * 16, manifest=manifest, key_digest=vsn, at=at)
            accounts.add_grant(conn, kind=nodes.KIND, ref=node.id, account_id=account.id, verb=Verb.SCHEDULE, at=at)

    db = SqliteDb(str(service.data / "dragoman.db"))
    try:
        db.write_now(work, HostClock().now())
    finally:
        db.close()


def _vsns() -> list[str]:
    return [f"W{number:04}" for number in range(NODES)]


async def _listen(service: Service, theone: Account) -> tuple[float, float]:
    """Memory with all streams open, and the seconds from a submit until the last of them has heard of it."""
    heard: list[asyncio.Queue[float]] = [asyncio.Queue() for _ in range(NODES)]
    port = int(service.url.rpartition(":")[2])
    streams = [asyncio.create_task(_stream(port, vsn, queue)) for vsn, queue in zip(_vsns(), heard, strict=True)]
    for queue in heard:
        await queue.get()
    memory = processes.resident(service.pid)
    body = SEED.replace("  W023:\n", "".join(f"  {vsn}:\n" for vsn in _vsns())).encode()
    async with Line(service.url, "/api/v1/", f"Authorization: Sage {theone.token}") as line:
        began = time.monotonic()
        await line.ask("POST", "submit", body)
    last = max([await queue.get() for queue in heard])
    for stream in streams:
        stream.cancel()
    return memory, last - began


async def _stream(port: int, vsn: str, heard: "asyncio.Queue[float]") -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET /api/v1/goals/{vsn}/stream HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while line := await reader.readline():
            if line.startswith(b"data: "):
                heard.put_nowait(time.monotonic())
    finally:
        writer.close()


MEASURES = (sage_goal_streams,)
