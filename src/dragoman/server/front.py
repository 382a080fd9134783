"""The front: one ASGI application that hands each request to the door its path belongs to."""

import json
from collections.abc import Awaitable, Callable, Sequence
from itertools import combinations, product
from typing import Any

from dragoman import __version__
from dragoman.core.errors import Conflict
from dragoman.web.door import Claim, Door

App = Callable[[Any, Any, Any], Awaitable[None]]


class Front:
    """Dispatches by path prefix, the longest that fits. A prefix that two doors want is refused when it is made."""

    def __init__(self, doors: Sequence[Door], ready: Callable[[], bool]) -> None:
        self._ready = ready
        self._by_prefix: dict[str, Door] = {}
        self._claims = [(claim, door) for door in doors for claim in door.claims]
        for door in doors:
            for prefix in door.prefixes:
                _refuse_if(prefix in self._by_prefix, self._by_prefix.get(prefix, door), door, prefix)
                self._by_prefix[prefix] = door
        self._by_prefix = dict(sorted(self._by_prefix.items(), key=lambda item: len(item[0]), reverse=True))
        for (claim, door), (rival, owner) in combinations(self._claims, 2):
            _refuse_if(_share(claim, rival), door, owner, claim.path)
        for (claim, door), (prefix, owner) in product(self._claims, self._by_prefix.items()):
            _refuse_if(f"{claim.path}/".startswith(f"{prefix}/"), owner, door, claim.path)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one connection's request."""
        if scope["path"].startswith("//"):
            scope = _with_one_slash(scope)
        path: str = scope["path"]
        door = self._claimant(path, scope.get("method", "GET"))
        if door is not None:
            await door.app({**scope, "root_path": ""}, receive, send)
            return
        for prefix, door in self._by_prefix.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                await door.app({**scope, "root_path": prefix}, receive, send)
                return
        status, body = self._own(path)
        await _answer(send, status, body)

    def _claimant(self, path: str, method: str) -> Door | None:
        """The door that wants this path by this method; with a method that none wants, whoever wants the path."""
        here = [(claim, door) for claim, door in self._claims if claim.path == (path.rstrip("/") or "/")]
        wanted = [door for claim, door in here if not claim.methods or method in claim.methods]
        return next(iter((*wanted, *(door for _, door in here))), None)

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


def _refuse_if(is_wanted_twice: bool, first: Door, second: Door, path: str) -> None:
    if is_wanted_twice and first is not second:
        raise Conflict(f"The doors {first.name} and {second.name} both want {path}.")


def _share(one: Claim, other: Claim) -> bool:
    both = one.methods & other.methods
    return one.path == other.path and (bool(both) or not one.methods or not other.methods)


async def _answer(send: Any, status: int, body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(raw)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": raw})
