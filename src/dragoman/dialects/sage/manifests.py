"""The handlers of manifests: what nodes consist of. See docs/dialects/sage.md#manifests."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from dragoman.core.errors import NotFound
from dragoman.core.manifests import VSN
from dragoman.dialects.sage.door import Call
from dragoman.dialects.sage.errors import compact


async def listing(call: Call) -> Response:
    """All nodes, or those of a project or phase."""
    return compact(await _wanted(call))


async def find(call: Call) -> Response:
    """One node."""
    if VSN.fullmatch(call.param("vsn")) is None:
        raise NotFound("Not found.")
    return compact((await call.desk.nodes.find(call.param("vsn"))).node.manifest)


async def sensors(call: Call) -> Response:
    """Kinds of sensors, with the nodes that have them."""
    return compact(_kinds(await _wanted(call), "sensors"))


async def computes(call: Call) -> Response:
    """Kinds of computes, with the nodes that have them."""
    return compact(_kinds(await _wanted(call), "computes"))


async def _wanted(call: Call) -> list[Mapping[str, Any]]:
    views = await call.desk.nodes.list()
    asked = {key: value.lower() for key in ("project", "phase") if (value := call.query(key))}
    manifests = [view.node.manifest for view in views]
    return [one for one in manifests if all(str(one.get(key, "")).lower() == word for key, word in asked.items())]


def _kinds(manifests: list[Mapping[str, Any]], key: str) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for manifest in manifests:
        for thing in manifest[key]:
            hardware = thing["hardware"]
            name = str(hardware.get("hardware") or thing["name"])
            kind = found.setdefault(name, {**hardware, "hardware": name, "vsns": []})
            if manifest["vsn"] not in kind["vsns"]:
                kind["vsns"].append(manifest["vsn"])
    return [found[name] for name in sorted(found)]
