"""Nodes in the field as the service meets them: what they hand in, and what people find of it."""

import base64
import gzip
import hashlib
import itertools
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from dragoman.core.measurements import SECOND
from tests.service import Service

_outboxes = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status, and the JSON with it."""

    status: int
    json: Any


class Node:
    """A node that dials in with its token."""

    def __init__(self, service: Service, vsn: str, token: str, name: str) -> None:
        self.service, self.vsn, self.token, self.name = service, vsn, token, name
        self.outbox = f"outbox-{next(_outboxes)}"
        self._number = 0

    def ask(
        self, method: str, path: str, *, token: str | None = None, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Answer:
        """One request below the node's own path."""
        known = {"Authorization": f"Bearer {self.token if token is None else token}".strip(), **(headers or {})}
        url = f"{self.service.url}/dragoman/v1/nodes/{self.vsn}/{path}"
        got = httpx2.request(method, url, headers=known, timeout=120, trust_env=False, **more)
        return Answer(status=got.status_code, json=got.json())

    def record(self, value: Any, *, ago: float = 1.0, name: str = "env.temperature", **meta: Any) -> dict[str, Any]:
        """A record of so many seconds ago, with the next number."""
        self._number += 1
        at = time.time_ns() - round(ago * SECOND)
        return {"number": self._number, "timestamp": at, "name": name, "value": value, "meta": meta}

    def send(self, *records: Any, packed: bool = False, **fields: Any) -> Answer:
        """Hand in a batch."""
        body = {"outbox": self.outbox, "stream": "measurements", "records": list(records), **fields}
        raw = json.dumps(body).encode()
        headers = {"Content-Encoding": "gzip"} if packed else {}
        return self.ask("POST", "records", content=gzip.compress(raw) if packed else raw, headers=headers)

    def measure(self, *values: Any, name: str = "env.temperature", **meta: Any) -> None:
        """Hand in values, a second apart, the last one second old."""
        count = len(values)
        sent = [self.record(value, ago=count - place, name=name, **meta) for place, value in enumerate(values)]
        assert (200, []) == ((got := self.send(*sent)).status, got.json["refused"])

    def log(self, run: str, content: bytes, goal: str) -> Answer:
        """Hand in what a run has written."""
        packed = gzip.compress(content)
        return self.ask("PUT", f"logs/{run}?goal={goal}", content=packed, headers={"Content-Encoding": "gzip"})

    def upload(self, name: str, content: bytes, *, digest: str = "", **meta: str) -> Answer:
        """Upload a file called TIME-NAME."""
        told = digest or base64.b64encode(hashlib.sha512(content).digest()).decode()
        headers = {"Repr-Digest": f"sha-512=:{told}:", "Dragoman-Meta": json.dumps(meta)}
        return self.ask("PUT", f"uploads/{name}", content=content, headers=headers)


def add_node(service: Service, vsn: str, *, allow: str) -> Node:
    """Register a node as an operator does."""
    given = json.loads(service.command("node", "add", vsn, "--allow", allow, "--output", "json").stdout)
    shown = json.loads(service.command("node", "show", vsn, "--output", "json").stdout)
    return Node(service, vsn, given["token"], shown["manifest"]["name"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of a query."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def records(self) -> list[dict[str, Any]]:
        """Its lines."""
        assert 200 == self.status, self.text
        return [json.loads(line) for line in self.text.splitlines()]

    @property
    def values(self) -> list[Any]:
        """Only what was measured."""
        return [record["value"] for record in self.records]


def query(service: Service, body: Any = None, *, method: str = "POST", **headers: str) -> Found:
    """Ask for measurements: an object, or a body as it stands."""
    content = body if isinstance(body, str | bytes | None) else json.dumps(body)
    url = f"{service.url}/api/v1/query"
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    got = httpx2.request(method, url, content=content, headers=named, timeout=120, trust_env=False)
    return Found(status=got.status_code, text=got.text, headers=got.headers)


@contextmanager
def listening(service: Service, *, authorization: str = "", **wanted: str) -> Iterator[Iterator[dict[str, Any]]]:
    """What listeners hear: the JSON of one event after another."""
    url, headers = f"{service.url}/api/v0/stream", {"Authorization": authorization} if authorization else {}
    with httpx2.stream("GET", url, params=wanted, headers=headers, timeout=120, trust_env=False) as answer:
        lines = answer.iter_lines()
        assert (200, "text/event-stream") == (answer.status_code, answer.headers["content-type"])
        assert ":" == next(lines)
        yield (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))
