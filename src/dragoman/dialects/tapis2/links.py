"""Writes the links that every object carries. Pure."""

import json
from collections.abc import Mapping
from urllib.parse import quote

Links = Mapping[str, Mapping[str, str]]


def links(base: str, **paths: str) -> dict[str, dict[str, str]]:
    """Each name with the address of a path below ``base``."""
    return {name: {"href": f"{base}/{path}"} for name, path in paths.items()}


def profile(name: str) -> str:
    """The path of somebody's profile."""
    return f"profiles/v2/{quote(name, safe='')}"


def metadata(uuid: str) -> str:
    """The path at which what people have noted of a thing would be."""
    wanted = json.dumps({"associationIds": uuid}, separators=(",", ":"))
    return f"meta/v2/data/?q={quote(wanted, safe='')}"


def notifications(uuid: str) -> str:
    """The path of the notifications about a thing."""
    return f"notifications/v2/?associatedUuid={uuid}"
