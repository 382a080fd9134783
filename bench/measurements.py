"""The data door under load: batches that nodes hand in, and queries over ten million points."""

import http.client
import json
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.beehive.field import Node, add_node
from tests.scenarios.rescale import Rescale
from tests.service import Service, running_service

from bench import limits, processes
from bench.report import Row
from bench.stock_measurements import NAMES, NODES, STEP, stock_points
from dragoman.core.measurements import SECOND

MIB = 1 << 20
BATCH = 500
BATCHES = 100
CONNECTIONS = 4
TRIGGERS = 20


def _batches(node: Node) -> list[bytes]:
    """What a node with ten sensors has to hand in."""
    records = [node.record(number * 0.25, ago=60, name=f"env.n{number % 10}") for number in range(BATCH * BATCHES)]
    meta = {"host": "0000.ws-nxcore", "job": "sage", "plugin": "theone/sampler:0.3.0", "task": "s", "zone": "core"}
    for record in records:
        record["meta"] = meta
    parts = (records[first : first + BATCH] for first in range(0, len(records), BATCH))
    return [json.dumps({"outbox": "b", "stream": "measurements", "records": part}).encode() for part in parts]


def _add_triggers(service: Service, count: int) -> None:
    ada = service.account("ada")
    with service.client(ada.token) as http:
        stored = Rescale(http).create("true")
    for number in range(count):
        order = ("--name", f"env.n{number % 10}", "--when", f"v('env.n{number % 10}') < 0")
        service.command("trigger", "add", "ada", f"rescale/{stored}", *order)


def _hand_in(service: Service, node: Node, batches: Sequence[bytes]) -> None:
    headers = {"Authorization": f"Bearer {node.token}"}
    with closing(http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=60)) as line:
        for batch in batches:
            line.request("POST", f"/dragoman/v1/nodes/{node.vsn}/records", batch, headers)
            answer = line.getresponse()
            told = json.loads(answer.read())
            if answer.status != 200 or told["refused"]:
                raise RuntimeError(f"{answer.status} {told}")


def ingest(place: Path) -> Iterator[Row]:
    """Batches of 500, each answered when it is on disk; as many nodes as connections."""
    yield from _ingest(place, triggers=0)


def ingest_with_triggers(place: Path) -> Iterator[Row]:
    """The same while triggers stand: each looks at a tenth of all that comes in, and its condition never holds."""
    yield from _ingest(place, triggers=TRIGGERS)


def _ingest(place: Path, *, triggers: int) -> Iterator[Row]:
    with running_service(place) as service:
        if triggers:
            _add_triggers(service, triggers)
        nodes = [add_node(service, f"W{number:03}", allow=service.account(f"u{number}").name) for number in range(4)]
        sent = [(service, node, _batches(node)) for node in nodes]
        threads = [threading.Thread(target=_hand_in, args=one) for one in sent]
        began, spent = time.perf_counter(), processes.cpu_seconds(service.pid)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds, spent = time.perf_counter() - began, processes.cpu_seconds(service.pid) - spent
        count = BATCH * BATCHES * len(nodes)
        yield Row(
            name=f"measurements handed in, {CONNECTIONS} nodes" + (f", {triggers} triggers" if triggers else ""),
            value=count / seconds,
            unit="/s",
            aim="" if triggers else ">= 20,000",
            limit=limits.commits(place) * BATCH,
            against="SQLite commits, one by one, 500 times as many",
        )
        yield Row(name="… CPU of the service for each", value=spent / count * 1e6, unit="µs")
        yield Row(name="… memory afterwards", value=processes.resident(service.pid) / MIB, unit="MiB")


def _ask(service: Service, body: dict[str, Any]) -> tuple[float, float, int]:
    """Seconds to the first byte and to the last, and how many lines came."""
    with closing(http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=300)) as line:
        began = time.perf_counter()
        line.request("POST", "/api/v1/query", json.dumps(body))
        answer, lines = line.getresponse(), 0
        first = time.perf_counter() - began
        while piece := answer.read(MIB):
            lines += piece.count(b"\n")
        return first, time.perf_counter() - began, lines


def ten_million_points(place: Path) -> Iterator[Row]:
    """Queries while ten million points of a thousand series are there."""
    service = Service(place, {})
    service.command("account", "add", "ada", "--email", "ada@example.com", "--password", "none")
    began = time.perf_counter()
    newest = stock_points(service.data, 10_000_000)
    yield Row(name="points written at once, for comparison", value=10e6 / (time.perf_counter() - began), unit="/s")
    service.start()
    try:
        yield from _queries(service, newest)
    finally:
        service.stop()


def _queries(service: Service, newest: int) -> Iterator[Row]:
    end = newest // SECOND + STEP
    five = {"start": str(end - 300), "end": str(end), "filter": {"name": NAMES[3], "vsn": NODES[42]}}
    times = [_ask(service, five)[1] for _ in range(50)]
    median = statistics.median(times) * 1000
    yield Row(name="10 M points: 5 minutes of one series, p50", value=median, unit="ms", aim="< 20")
    idle = processes.peak(service.pid)
    hour = {"start": str(end - 3600), "end": str(end), "filter": {"name": "env.*", "vsn": "N.*"}}
    found = [_ask(service, hour) for _ in range(5)]
    rate = statistics.median(lines / seconds for _, seconds, lines in found)
    yield Row(name=f"10 M points: an hour of env.* on {len(NODES)} nodes", value=rate, unit="lines/s", aim=">= 100,000")
    yield Row(name="… lines", value=found[0][2], unit="")
    yield Row(name="… first byte, p50", value=statistics.median(first for first, _, _ in found) * 1000, unit="ms")
    everything = {"start": "0", "end": str(end), "filter": {"name": NAMES[0]}}
    _, seconds, lines = _ask(service, everything)
    yield Row(name="10 M points: all of one name", value=lines / seconds, unit="lines/s")
    yield Row(name="… more memory than idle", value=(processes.peak(service.pid) - idle) / MIB, unit="MiB")


MEASURES: Sequence[Callable[[Path], Iterator[Row]]] = (ingest, ingest_with_triggers, ten_million_points)
