"""The front: one ASGI application that hands each request to the door its path belongs to."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from dragoman import __version__
from dragoman.core.errors import Conflict
from dragoman.web.door import Door

App = Callable[[Any, Any, Any], Awaitable[None]]


class Front:
    """Dispatches by path prefix. Overlapping prefixes are refused when it is made."""

    def __init__(self, doors: Sequence[Door], ready: Callable[[], bool]) -> None:
        self._ready = ready
        self._by_prefix: dict[str, Door] = {}
        for door in doors:
            for prefix in door.prefixes:
                for other, owner in self._by_prefix.items():
                    if _overlap(prefix, other) and owner is not door:
                        raise Conflict(f"The doors {owner.name} and {door.name} both want {prefix}.")
                self._by_prefix[prefix] = door

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one connection's request."""
        if scope["path"].startswith("//"):
            scope = _with_one_slash(scope)
        path: str = scope["path"]
        for prefix, door in self._by_prefix.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                await door.app({**scope, "root_path": prefix}, receive, send)
                return
        status, body = self._own(path)
        await _answer(send, status, body)

    def _own(self, path: str) -> tuple[int, dict[str, Any]]:
        if path == "/livez":
            return 200, {"status": "alive", "version": __version__}
        if path == "/readyz":
            return (200, {"status": "ready"}) if self._ready() else (503, {"status": "not ready"})
        doors = {door.name: list(door.prefixes) for door in self._by_prefix.values()}
        return 404, {"detail": f"No door answers at {path}.", "doors": doors}


def _with_one_slash(scope: Any) -> Any:
    """Clients that were given an address with a slash at its end send two."""
    return {**scope, "path": f"/{scope['path'].lstrip('/')}", "raw_path": b"/" + scope["raw_path"].lstrip(b"/")}


def _overlap(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


async def _answer(send: Any, status: int, body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(raw)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": raw})
