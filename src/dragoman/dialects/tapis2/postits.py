"""The handlers of postits: links that let whoever holds them fetch one file, without a token."""

import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from dragoman.core.errors import Invalid, NotFound, Problem
from dragoman.core.postits import UNLIMITED, Postit
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.hosts import all_faces, find_face, storage_face
from dragoman.dialects.tapis2.ids import Thing, mint
from dragoman.dialects.tapis2.links import links, profile
from dragoman.dialects.tapis2.lists import cut
from dragoman.dialects.tapis2.places import resolved
from dragoman.dialects.tapis2.sending import sent_file
from dragoman.dialects.tapis2.spots import note_download
from dragoman.dialects.tapis2.system_words import STORAGE
from dragoman.dialects.tapis2.times import iso
from dragoman.dialects.tapis2.write_file import in_address
from dragoman.web import paths

LASTS, MOST_SECONDS = 30 * 86_400, 10 * 365 * 86_400
_DIGITS = re.compile(r"[0-9]{1,18}")
_TARGET = re.compile(r"/+files/+v2/+media(?:/+system/+([^/]+))?(/.*)?")


async def create(call: Call) -> Answer:
    """Make a link to a file that one may read."""
    sent = await call.sent()
    name, path = await _target(call, sent.word("url"))
    unlimited = sent.word("unlimited").lower() in {"true", "1"}
    uses = UNLIMITED if unlimited else _number(sent.word("maxUses"), "maxUses", 1)
    seconds = MOST_SECONDS if unlimited else _number(sent.word("lifetime"), "lifetime", LASTS)
    if sent.word("method").upper() not in {"", "GET"}:
        raise Refused(400, "A postit of this service fetches: its method can only be GET.")
    alias = mint(Thing.POSTIT)
    made = await call.desk.postits.create(call.who, DOOR, name, path, alias=alias, uses=uses, seconds=seconds)
    return Answer(result=_shown(call, made, await _storages(call)), status=201)


async def _target(call: Call, url: str) -> tuple[str, str]:
    """The system and path that an address of ours means."""
    if not url:
        raise Refused(400, "No url specified: send the address of a file of this service.")
    ours, path = url.startswith(f"{call.base}/"), url.removeprefix(call.base).partition("?")[0].partition("#")[0]
    match = _TARGET.fullmatch(path)
    if not ours or match is None:
        why = f"{url} is not an address of a file of this service, such as {call.base}/files/v2/media/system/ID/PATH."
        raise Refused(400, why)
    face = await find_face(call, match[1]) if match[1] else await storage_face(call, "")
    return face.name, resolved(paths.decoded("url", match[2] or "/").removeprefix("/"), face.home)


def _number(text: str, field: str, default: int) -> int:
    if not text:
        return default
    found = int(text) if _DIGITS.fullmatch(text) else 0
    if not 0 < found <= MOST_SECONDS:
        raise Invalid.field(field, why=f"This must be a whole number from 1 to {MOST_SECONDS}.")
    return found


async def listing(call: Call) -> Answer:
    """One's own links: those that can be used, or with a status those that have it."""
    wanted = {word for word in call.query("status").upper().split(",") if word} or {"ACTIVE"}
    known = await _storages(call)
    found = [_shown(call, one, known) for one in await call.desk.postits.list(call.who, everybody=False)]
    rows = [row for row in found if "ALL" in wanted or row["status"] in wanted]
    return Answer(result=cut(rows, call.page))


async def find(call: Call) -> Answer:
    """One link, without following it."""
    found = await call.desk.postits.find(call.who, call.param("postit"))
    return Answer(result=_shown(call, found, await _storages(call)))


async def update(call: Call) -> Answer:
    """Allow a link another number of uses, or another end."""
    sent = await call.sent()
    uses = _number(sent.word("maxUses"), "maxUses", 1) if sent.word("maxUses") else None
    seconds = _number(sent.word("lifetime"), "lifetime", LASTS) if sent.word("lifetime") else None
    if sent.word("unlimited").lower() in {"true", "1"}:
        uses, seconds = UNLIMITED, MOST_SECONDS
    alias = call.param("postit")
    changed = await call.desk.postits.change(call.who, alias, uses=uses, seconds=seconds, expires_at=None)
    return Answer(result=_shown(call, changed, await _storages(call)))


async def remove(call: Call) -> Answer:
    """Revoke a link."""
    await call.desk.postits.remove(call.who, call.param("postit"))
    return Answer(result=None)


async def redeem(call: Call) -> Response:
    """Follow a link; counts one use, unless only headers are wanted."""
    try:
        link, opened = await call.desk.postits.open(DOOR, call.param("postit"))
    except NotFound:
        raise NotFound("This PostIt was not found: it was revoked, or never made.") from None
    response = await sent_file(call, opened)
    if not call.is_head:
        try:
            await call.desk.postits.use(link)
        except Problem:
            await response.discard()
            raise
        await note_download(call, None, opened.found.system, opened.found.path)
    return response


async def _storages(call: Call) -> dict[str, str]:
    """The id under which this door shows the files of each system."""
    return {face.name: face.id for face in await all_faces(call) if face.type == STORAGE}


def _shown(call: Call, link: Postit, storages: Mapping[str, str]) -> dict[str, Any]:
    now, is_free = call.desk.hosted_jobs.now, link.allowed_uses == UNLIMITED
    is_old, is_used = link.expires_at <= now, not is_free and link.times_used >= link.allowed_uses
    status = {(True, True): "EXPIRED_AND_NO_USES", (True, False): "EXPIRED", (False, True): "NO_USES"}
    path = f"postits/v2/{link.alias}"
    file = f"files/v2/media/system/{storages.get(link.system, link.system)}/{in_address(link.path)}"
    told = {"self": path, "profile": profile(link.owner), "file": file}
    return {
        "creator": link.owner,
        "createdAt": iso(link.created_at),
        "expiresAt": iso(link.expires_at),
        "remainingUses": None if is_free else max(link.allowed_uses - link.times_used, 0),
        "postit": link.alias,
        "numberUsed": link.times_used,
        "tenantId": call.tenant,
        "status": status.get((is_old, is_used), "ACTIVE"),
        "noauth": False,
        "method": "GET",
        "url": f"{call.base}/{file}",
        "_links": links(call.base, **told, update=f"postits/v2/update/{link.alias}", list="postits/v2/"),
    }


_ONE = "postits/v2/{postit}"

ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="postits/v2", handler=listing),
    Route(method="POST", path="postits/v2", handler=create),
    Route(method="GET", path="postits/v2/listing/{postit}", handler=find),
    Route(method="POST", path="postits/v2/update/{postit}", handler=update),
    Route(method="GET", path=_ONE, handler=redeem, open=True),
    Route(method="DELETE", path=_ONE, handler=remove),
)
