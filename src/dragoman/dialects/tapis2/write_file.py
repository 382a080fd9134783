"""Writes what was found on hosts as this door shows it. Pure."""

from typing import Any
from urllib.parse import quote

from dragoman.core.paths import name_of, parent_of, shown
from dragoman.core.places import Found
from dragoman.dialects.tapis2.ids import Thing, known_as
from dragoman.dialects.tapis2.links import links
from dragoman.dialects.tapis2.times import iso
from dragoman.web.contents import BYTES, mime_type

Json = dict[str, Any]

DIRECTORY = "text/directory"
_WORDS = ("NONE", "EXECUTE", "WRITE", "WRITE_EXECUTE", "READ", "READ_EXECUTE", "READ_WRITE", "ALL")
"""By the three permission bits of an owner."""
_EARLIEST, _LATEST = -30_610_224_000.0, 253_402_300_799.0
"""The years that can be written."""


def moment(seconds: float) -> str:
    """A time that a host tells; one that cannot be written comes as near to it as can be."""
    return iso(int(min(max(seconds, _EARLIEST), _LATEST) * 1_000_000))


def permission(found: Found) -> str:
    """What the owner of a file may do with it."""
    return _WORDS[found.facts.mode >> 6 & 7]


def in_address(path: str) -> str:
    """A path as a part of an address."""
    return quote(path.encode(errors="surrogateescape"), safe="/~")


def write_found(found: Found, *, name: str = "", base: str, system: str) -> Json:
    """One entry of a listing; ``name`` where it is not that of its path."""
    facts, place = found.facts, in_address(found.path)
    entry: Json = {
        "name": name or shown(name_of(found.path)) or "/",
        "path": shown(found.path),
        "lastModified": moment(facts.modified),
        "length": facts.size,
        "permissions": permission(found),
        "format": "folder" if found.is_directory else "raw",
        "mimeType": DIRECTORY if found.is_directory else mime_type(shown(found.path)) or BYTES,
        "type": "dir" if found.is_directory else "file",
        "system": system,
    }
    told = {"self": f"files/v2/media/system/{system}/{place}", "system": f"systems/v2/{system}"}
    if name:
        told["history"] = f"files/v2/history/system/{system}/{place}"
    return {**entry, "_links": links(base, **told)}


def write_item(
    *, base: str, system: str, path: str, owner: str, at: int = 0, source: str = "", status: str = ""
) -> Json:
    """A file as something that is sent, fetched or followed: what is known of it without a look at its host."""
    told = in_address(path)
    return {
        "name": shown(name_of(path)),
        "uuid": known_as(Thing.FILE, system, path),
        "owner": owner,
        "internalUsername": None,
        "lastModified": iso(at) if at else None,
        "source": source or None,
        "path": shown(path),
        "status": status or None,
        "systemId": system,
        "nativeFormat": "raw",
        "_links": links(
            base,
            self=f"files/v2/media/system/{system}/{told}",
            system=f"systems/v2/{system}",
            history=f"files/v2/history/system/{system}/{told}",
            parent=f"files/v2/listings/system/{system}/{in_address(parent_of(path))}",
        ),
    }
