"""The Rescale door under load: submissions, uploads, waiting jobs and long lists."""

import asyncio
import http.client
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from tests.service import Service, running_service

from bench import limits, processes
from bench.client import CONNECTIONS, Connection, submit_many
from bench.report import Row
from bench.stock import stock_jobs

MIB = 1 << 20


def submissions(place: Path) -> Iterator[Row]:
    """Create and submit, each answered when it is on disk; the only slot is taken, so that nothing else is done."""
    commits = limits.commits(place)
    with running_service(place, {"DRAGOMAN_LOCAL_SLOTS": "1"}) as service:
        token = service.account("ada").token
        asyncio.run(_blocked(service, token))
        idle = processes.resident(service.pid)
        before = processes.cpu_seconds(service.pid)
        time.sleep(10)
        spent = (processes.cpu_seconds(service.pid) - before) / 10 * 100
        yield Row(name="idle memory", value=idle / MIB, unit="MiB", aim="< 120")
        forks = [processes.resident(pid) for pid in processes.children(service.pid)]
        yield Row(name="… of its fork server", value=sum(forks) / MIB, unit="MiB")
        yield Row(name="idle CPU", value=spent, unit="%", aim="< 1")
        seconds = asyncio.run(submit_many(service.url, token, 10_000))
        yield Row(
            name=f"submissions, {CONNECTIONS} connections",
            value=10_000 / seconds,
            unit="/s",
            aim=">= 600",
            limit=commits,
            against="SQLite commits of one row, one by one",
        )
        yield Row(
            name="memory with 10,000 waiting jobs", value=processes.resident(service.pid) / MIB, unit="MiB", aim="< 120"
        )


async def _blocked(service: Service, token: str) -> None:
    async with Connection(service.url, token) as line:
        job = await line.submit("sleep 3600")
        while (await line.ask("GET", f"jobs/{job}/runs/")).json["count"] == 0:
            await asyncio.sleep(0.05)


def bytes_in_and_out(place: Path) -> Iterator[Row]:
    """A gigabyte up, on disk and digested before the answer, and down again."""
    source = place / "gigabyte"
    with source.open("wb") as file:
        for _ in range(1024):
            file.write(os.urandom(MIB))
        os.fsync(file.fileno())
    raw = limits.copy_rate(source)
    with running_service(place) as service:
        token = service.account("ada").token
        idle = processes.peak(service.pid)
        file_id, up = _upload(service, token, source)
        yield Row(
            name="upload of 1 GiB", value=up, unit="MB/s", aim=">= 250", limit=raw, against="a plain copy, fsynced"
        )
        yield Row(name="… more memory than idle", value=(processes.peak(service.pid) - idle) / MIB, unit="MiB")
        down = _download(service, token, file_id)
        yield Row(name="download of 1 GiB", value=down, unit="MB/s", limit=raw, against="a plain copy, fsynced")


def _upload(service: Service, token: str, source: Path) -> tuple[str, float]:
    head = b'--xx\r\nContent-Disposition: form-data; name="file"; filename="gigabyte"\r\n\r\n'
    tail = b"\r\n--xx--\r\n"
    size = source.stat().st_size

    def pieces() -> Iterator[bytes]:
        yield head
        with source.open("rb") as file:
            while block := file.read(MIB):
                yield block
        yield tail

    with closing(http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=300)) as line:
        began = time.perf_counter()
        headers = {
            "Authorization": f"Token {token}",
            "Content-Type": "multipart/form-data; boundary=xx",
            "Content-Length": str(len(head) + size + len(tail)),
        }
        line.request("POST", "/api/v2/files/contents/", pieces(), headers)
        answer = line.getresponse().read().decode()
        seconds = time.perf_counter() - began
    return answer.split('"id":"')[1].split('"')[0], size / 1e6 / seconds


def _download(service: Service, token: str, file_id: str) -> float:
    with closing(http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=300)) as line:
        began, size = time.perf_counter(), 0
        line.request("GET", f"/api/v2/files/{file_id}/contents/", headers={"Authorization": f"Token {token}"})
        answer, block = line.getresponse(), bytearray(MIB)
        while got := answer.readinto(block):
            size += got
        return size / 1e6 / (time.perf_counter() - began)


def long_lists(place: Path) -> Iterator[Row]:
    """Lists of an account that has a hundred thousand jobs."""
    service = Service(place, {})
    token = service.account("ada").token
    stock_jobs(service.data, "ada", 100_000)
    service.start()
    try:
        for name, path, aim in (
            ("first page", "jobs/", "< 30"),
            ("last page", "jobs/?page=last", ""),
            ("first page of the completed", "jobs/?state=completed", ""),
            ("search", "jobs/?search=7777", ""),
        ):
            times = asyncio.run(_times(service, token, path, 50))
            yield Row(name=f"100,000 jobs: {name}, p50", value=statistics.median(times) * 1000, unit="ms", aim=aim)
    finally:
        service.stop()


async def _times(service: Service, token: str, path: str, count: int) -> list[float]:
    times = []
    async with Connection(service.url, token) as line:
        for _ in range(count):
            began = time.perf_counter()
            await line.ask("GET", path)
            times.append(time.perf_counter() - began)
    return times


MEASURES: Sequence[Callable[[Path], Iterator[Row]]] = (submissions, bytes_in_and_out, long_lists)
