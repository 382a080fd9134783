"""Writes what was found on hosts, and what was granted there, as this door shows it. Pure."""

import re
import stat
from typing import Any
from urllib.parse import quote

from dragoman.core.paths import name_of, shown
from dragoman.core.places import Found, PathShares, Ran
from dragoman.core.things import Verb
from dragoman.dialects.tapis3.times import iso
from dragoman.web.contents import mime_type

TYPES = {"file": "file", "dir": "dir", "link": "symbolic_link", "other": "other"}
PERMISSIONS = {Verb.READ: "READ", Verb.CHANGE: "MODIFY"}

_EARLIEST, _LATEST = -30_610_224_000.0, 253_402_300_799.0
"""The years that can be written."""
_ACL = re.compile(r"(default:)?(user|group|mask|other):([^:]*):([rwxX-]{3}).*")


def moment(seconds: float) -> str:
    """A time that a host tells; one that cannot be written comes as near to it as can be."""
    return iso(int(min(max(seconds, _EARLIEST), _LATEST) * 1_000_000))


def write_info(found: Found) -> dict[str, Any]:
    """One entry of a listing."""
    facts, path = found.facts, shown(found.path).lstrip("/")
    name, raw = name_of(path), found.path.lstrip("/")
    return {
        "mimeType": None if found.is_directory else mime_type(name),
        "type": TYPES.get(facts.kind, "unknown"),
        "owner": str(facts.uid),
        "group": str(facts.gid),
        "nativePermissions": bits(facts.mode),
        # Where a name is no text, this is the one way to say which it is.
        "url": f"tapis://{found.system}/{raw if raw == path else quote(raw.encode(errors='surrogateescape'))}",
        "lastModified": moment(facts.modified),
        "name": name,
        "path": path,
        "size": facts.size,
    }


def bits(mode: int) -> str:
    """Permission bits as nine letters."""
    return stat.filemode(mode)[1:]


def write_stat(found: Found, host_path: str) -> dict[str, Any]:
    """What a host tells of one path."""
    facts = found.facts
    return {
        "absolutePath": shown(host_path),
        "uid": facts.uid,
        "gid": facts.gid,
        "size": facts.size,
        "perms": bits(facts.mode),
        "accessTime": moment(facts.accessed),
        "modifyTime": moment(facts.modified),
        "dir": facts.kind == "dir",
        "link": facts.kind == "link",
    }


def write_ran(ran: Ran) -> dict[str, Any]:
    """What a command did."""
    return {
        "command": shown(ran.command),
        "exitCode": ran.done.code,
        "stdOut": ran.done.out.decode(errors="replace"),
        "stdErr": ran.done.err.decode(errors="replace"),
    }


def write_access_list(text: str) -> list[dict[str, Any]]:
    """The entries that getfacl has printed."""
    found = (_ACL.fullmatch(line) for line in text.splitlines())
    return [
        {"defaultAcl": match[1] is not None, "type": match[2], "principal": match[3], "permissions": match[4]}
        for match in found
        if match
    ]


def write_permission(tenant: str, user: str, system: str, path: str, verb: Verb | None) -> dict[str, Any]:
    """What somebody may do with a path."""
    permission = None if verb is None else PERMISSIONS[verb]
    return {"tenantId": tenant, "username": user, "systemId": system, "path": shown(path), "permission": permission}


def write_shares(shares: PathShares) -> dict[str, Any]:
    """With whom a path is shared."""
    return {
        "isPublic": shares.everybody is not None,
        "isPublicPath": shares.everybody and shown(shares.everybody),
        "userSet": list(dict.fromkeys(name for name, _ in shares.people)),
        "userShareInfoSet": [{"username": name, "path": shown(path)} for name, path in shares.people],
    }
