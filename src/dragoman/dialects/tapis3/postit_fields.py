"""What requests about postits may hold, what can be listed of them, and how they are written. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dragoman.core.errors import Invalid
from dragoman.core.postits import UNLIMITED, Postit
from dragoman.core.search import Kind
from dragoman.core.search_times import read_time
from dragoman.dialects.tapis3.job_fields import Check, Faults, Shape, flag, text, whole
from dragoman.dialects.tapis3.read_file import read_body
from dragoman.dialects.tapis3.times import iso

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-010")
USES, SECONDS = 1, 2_592_000
"""What a link allows when nothing is said: one use, within thirty days."""


def _uses(value: Any) -> str:
    return whole(value) or ("" if value == UNLIMITED or value >= 1 else "Write 1 or more, or -1 for no limit.")


def _seconds(value: Any) -> str:
    return whole(value) or ("" if value >= 1 else "This must be 1 or more.")


_LENGTHS: dict[str, Check] = {"allowedUses": _uses, "validSeconds": _seconds}
_NEW = Shape(fields=_LENGTHS)
_CHANGE = Shape(fields={**_LENGTHS, "expiration": text(4, 40), "unlimited": flag})

KINDS: Mapping[str, Kind] = {
    "id": Kind.TEXT,
    "postitId": Kind.TEXT,
    "systemId": Kind.TEXT,
    "path": Kind.TEXT,
    "owner": Kind.TEXT,
    "tenantId": Kind.TEXT,
    "allowedUses": Kind.NUMBER,
    "timesUsed": Kind.NUMBER,
    "jwtUser": Kind.TEXT,
    "jwtTenantId": Kind.TEXT,
    "redeemUrl": Kind.TEXT,
    "expiration": Kind.TIME,
    "created": Kind.TIME,
    "updated": Kind.TIME,
}
ALWAYS = ("id", "postitId")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to become of a link."""

    uses: int | None
    seconds: int | None
    expires_at: int | None


def read_new(body: Mapping[str, Any]) -> tuple[int, int]:
    """How often, and for how many seconds."""
    read = read_body(body, _NEW)
    return read.get("allowedUses", USES), read.get("validSeconds", SECONDS)


def read_change(body: Mapping[str, Any]) -> Change:
    """What is to become of a link. Raises Invalid with all that is wrong, and when nothing is asked for."""
    read = read_body(body, _CHANGE)
    faults = Faults()
    if not read:
        faults.add(("body",), f"Give one of {', '.join(_CHANGE.fields)}.")
    if "validSeconds" in read and "expiration" in read:
        faults.add(("expiration",), "Give either validSeconds or expiration.")
    if read.get("unlimited") and read.get("allowedUses", UNLIMITED) != UNLIMITED:
        faults.add(("unlimited",), "Give either unlimited or allowedUses.")
    end = _read_end(read["expiration"], faults) if "expiration" in read else None
    faults.tell()
    uses = UNLIMITED if read.get("unlimited") else read.get("allowedUses")
    return Change(uses=uses, seconds=read.get("validSeconds"), expires_at=end)


def _read_end(told: str, faults: Faults) -> int | None:
    try:
        return read_time(told, where="expiration")
    except Invalid as problem:
        faults.add(("expiration",), " ".join(problem.fields[("expiration",)]))
        return None


def write_postit(link: Postit, *, tenant: str, origin: str) -> dict[str, Any]:
    """A link with the address at which anybody may follow it."""
    return {
        "id": link.alias,
        "postitId": link.alias,
        "systemId": link.system,
        "path": link.path,
        "owner": link.owner,
        "tenantId": tenant,
        "allowedUses": link.allowed_uses,
        "timesUsed": link.times_used,
        "jwtUser": link.owner,
        "jwtTenantId": tenant,
        "redeemUrl": f"{origin}/v3/files/postits/redeem/{link.alias}",
        "expiration": iso(link.expires_at),
        "created": iso(link.created_at),
        "updated": iso(link.updated_at),
    }
