"""A client that costs little: bytes over a kept connection, so that what is measured is the service."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)


class Line:
    """One kept HTTP/1.1 connection to one door: what is below ``prefix``, asked with one more header."""

    def __init__(self, url: str, prefix: str, header: str) -> None:
        place = urlsplit(url)
        self._place, self._prefix = (str(place.hostname), int(place.port or 80)), prefix
        self._head = f"Host: {place.netloc}\r\n{header}\r\nContent-Type: application/json\r\n"

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(*self._place, limit=1 << 24)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        """One request; raises RuntimeError when it is refused."""
        first = f"{method} {self._prefix}{path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n"
        self._writer.write(first.encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        lengths = [line.partition(":")[2] for line in head if line.lower().startswith("content-length:")]
        content = await self._reader.readexactly(int(lengths[0])) if lengths else b""
        answer = Answer(int(head[0].split()[1]), content)
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
        return answer


class Connection(Line):
    """One account's connection to the Rescale door."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(url, "/api/v2/", f"Authorization: Token {token}")

    async def submit(self, command: str = ":") -> str:
        """Create and submit a job of one command; its id."""
        job: str = (await self.ask("POST", "jobs/", job_of(command))).json["id"]
        await self.ask("POST", f"jobs/{job}/submit/")
        return job

    async def open_jobs(self) -> int:
        """How many of the account's jobs have not ended."""
        count: int = (await self.ask("GET", "jobs/?state=not_completed&page_size=1")).json["count"]
        return count


def job_of(command: str) -> bytes:
    """The request for a job of one command."""
    analysis = {
        "analysis": {"code": "user_included", "version": "0"},
        "command": command,
        "hardware": {"coreType": "standard-plus", "coresPerSlot": 1},
    }
    return json.dumps({"name": "bench", "jobanalyses": [analysis]}).encode()


async def submit_many(url: str, token: str, count: int) -> float:
    """Submit ``count`` jobs that do nothing over all connections; seconds that it took."""
    left = iter(range(count))

    async def user() -> None:
        async with Connection(url, token) as line:
            for _ in left:
                await line.submit()

    began = time.perf_counter()
    await asyncio.gather(*(user() for _ in range(CONNECTIONS)))
    return time.perf_counter() - began
