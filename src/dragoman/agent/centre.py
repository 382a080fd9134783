"""The centre as a node sees it: takes records and files, tells what the node is and what it is to do."""

import asyncio
import base64
import gzip
import hashlib
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx2

from dragoman.agent.sse import Events
from dragoman.core.edge import Parcel, Stream
from dragoman.core.errors import Broken, Denied, Invalid, NotFound, Unauthenticated, Unavailable
from dragoman.store.edge.outbox import Letter

SECONDS = 30.0
"""How long the centre may take to answer, and to take or give the next bytes."""
SILENCE = 300.0
"""Seconds after which a silent stream of goals is taken for dead: the centre says it all again every two minutes."""
BLOCK = 1 << 18
_FINAL = frozenset({400, 409, 422})
"""With these a centre says that it will never take something."""
_ALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 35_000),
)
"""The stream of goals may be silent for long: the kernel finds out sooner that nobody is there any more."""


class Centre:
    """One centre, asked in the name of one node. Raises Unavailable for whatever may pass. Close it."""

    def __init__(self, url: str, vsn: str, token: str, *, silence: float = SILENCE) -> None:
        self.url = url.rstrip("/")
        self._silence = silence
        self._vsn = quote(vsn, safe="")
        self._own, self._as_reader = ({"Authorization": f"{word} {token}"} for word in ("Bearer", "Sage"))
        self._client = httpx2.AsyncClient(
            base_url=self.url,
            headers={"User-Agent": "dragoman-node"},
            timeout=SECONDS,
            trust_env=False,
            transport=httpx2.AsyncHTTPTransport(socket_options=list(_ALIVE)),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def greet(self) -> None:
        """Nothing but make sure that the centre knows the node and its token. Raises Unauthenticated and Denied."""
        await self._ask("GET", f"/dragoman/v1/nodes/{self._vsn}/marks", headers=self._own)

    async def take(self, outbox: str, stream: Stream, letters: Sequence[Letter]) -> tuple[int, Mapping[int, str]]:
        """Hand records over: up to which number the centre has them now, and why it refused some.

        Raises Invalid and Broken when it takes none of them.
        """
        body = await asyncio.to_thread(_packed, outbox, stream, letters)
        headers = {**self._own, "Content-Type": "application/json", "Content-Encoding": "gzip"}
        told = await self._ask("POST", f"/dragoman/v1/nodes/{self._vsn}/records", content=body, headers=headers)
        try:
            refused = {int(one["number"]): str(one["why"]) for one in told.get("refused", ())}
            return int(told["highest"]), refused
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Unavailable(f"{self.url} answers something else than a centre would.") from error

    async def upload(self, parcel: Parcel, file: int) -> None:
        """Hand a file over; one that is there already is not sent twice. Raises Invalid when it is not taken."""
        size = os.fstat(file).st_size  # it may still grow: whoever left it can hold it open
        digest = await asyncio.to_thread(_digest, file, size)
        headers = {
            **self._own,
            "Content-Type": "application/octet-stream",
            "Content-Length": str(size),
            "Repr-Digest": f"sha-512=:{base64.b64encode(digest).decode()}:",
            "Dragoman-Meta": json.dumps(dict(parcel.meta), separators=(",", ":")),
        }
        name = quote(f"{parcel.at}-{parcel.filename}", safe="")
        path = f"/dragoman/v1/nodes/{self._vsn}/uploads/{name}"
        await self._ask("PUT", path, content=_blocks(file, size), headers=headers)

    async def keep_log(self, goal: str, pod: str, packed: bytes) -> None:
        """Hand over what an execution has written. Raises Invalid, Broken and NotFound when it is not taken."""
        headers = {**self._own, "Content-Type": "text/plain", "Content-Encoding": "gzip"}
        path = f"/dragoman/v1/nodes/{self._vsn}/logs/{quote(pod, safe='')}"
        await self._ask("PUT", path, params={"goal": goal}, content=packed, headers=headers)

    async def manifest(self) -> Mapping[str, Any]:
        """What the centre knows of the node. Raises NotFound."""
        found = await self._ask("GET", f"/manifests/{self._vsn}/", headers=self._as_reader)
        return found if isinstance(found, dict) else {}

    async def goals(self) -> AsyncIterator[Any]:
        """Each list of goals, the current one first, for as long as the connection lasts."""
        with self._told():
            stream = self._client.stream(
                "GET",
                f"/api/v1/goals/{self._vsn}/stream",
                headers={**self._as_reader, "Accept": "text/event-stream"},
                timeout=httpx2.Timeout(SECONDS, read=self._silence),
            )
            async with stream as answer:
                if answer.status_code != 200:
                    raise _problem(answer.status_code, f"{self.url} tells no goals")
                events = Events()
                async for piece in answer.aiter_bytes():
                    for data in events.take(piece):
                        yield _json(data, self.url)

    async def _ask(self, method: str, path: str, **more: Any) -> Any:
        with self._told():
            answer = await self._client.request(method, path, **more)
        if answer.status_code in _FINAL and not _is_refusal(answer.content):
            raise Unavailable(f"{self.url} answers something else than a centre would: {answer.text[:500]}")
        if answer.status_code >= 300:
            raise _problem(answer.status_code, f"{self.url}{path} answers: {answer.text[:500]}")
        return _json(answer.content, self.url)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (httpx2.TransportError, httpx2.InvalidURL, OSError) as error:
            raise Unavailable(f"{self.url} cannot be reached: {str(error) or type(error).__name__}.") from error


def _is_refusal(content: bytes) -> bool:
    """Whether a centre has said so, and not somebody between here and there, for whose sake nothing is dropped."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and "error" in told


def _problem(status: int, why: str) -> Exception:
    kinds = {400: Invalid, 401: Unauthenticated, 403: Denied, 404: NotFound, 413: Invalid, 422: Invalid, 409: Broken}
    kind = kinds.get(status, Unavailable)
    text = f"{why} (status {status})."
    return Invalid({(): [text]}) if kind is Invalid else kind(text)


def _json(data: bytes | str, url: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unavailable(f"{url} answers something else than a centre would.") from error


def _packed(outbox: str, stream: Stream, letters: Sequence[Letter]) -> bytes:
    records = ",".join(f'{letter.record},"number":{letter.number}}}' for letter in letters)
    body = f'{{"outbox":{json.dumps(outbox)},"stream":{json.dumps(stream.value)},"records":[{records}]}}'
    return gzip.compress(body.encode(), 1)


def _digest(file: int, size: int) -> bytes:
    digest, place = hashlib.sha512(), 0
    while piece := os.pread(file, min(BLOCK, size - place), place):
        digest.update(piece)
        place += len(piece)
    return digest.digest()


async def _blocks(file: int, size: int) -> AsyncIterator[bytes]:
    place = 0
    while piece := await asyncio.to_thread(os.pread, file, min(BLOCK, size - place), place):
        yield piece
        place += len(piece)
