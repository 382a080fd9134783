"""The handlers of postits: links that let whoever holds them fetch one path, without a token."""

from starlette.responses import Response

from dragoman.core.errors import Invalid, NotFound, Problem
from dragoman.core.listing import arrange, read_listing, read_select
from dragoman.core.paths import name_of, shown
from dragoman.core.postits import Postit
from dragoman.desk.spots import Opened
from dragoman.dialects.tapis3.door import DOOR, Call, Route
from dragoman.dialects.tapis3.envelope import answer, list_metadata
from dragoman.dialects.tapis3.file_content import archive, check_readable, is_head, stream
from dragoman.dialects.tapis3.file_ops import place
from dragoman.dialects.tapis3.ids import mint_postit
from dragoman.dialects.tapis3.postit_fields import ALWAYS, ID, KINDS, read_change, read_new, write_postit
from dragoman.web.contents import BYTES, mime_type
from dragoman.web.streams import Streamed, disposition

LIMIT = 100
_INERT = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox"}
"""What people upload is shown in a browser as nobody's: it must not act as a page of this service."""


def _id(call: Call, name: str = "postitId") -> str:
    alias = call.param(name).lower()
    if not ID.fullmatch(alias):
        raise NotFound(f"There is no link {alias}.")
    return alias


def _told(call: Call, link: Postit, what: str) -> Response:
    shown_link = write_postit(link, tenant=call.tenant, origin=call.origin)
    return answer(shown_link, f"FAPI_POSTITS_OP_COMPLETE {what} {link.alias}", metadata={})


async def create(call: Call) -> Response:
    """Make a link to a path."""
    system, path = place(call)
    uses, seconds = read_new(await call.json())
    link = await call.desk.postits.create(call.who, DOOR, system, path, alias=mint_postit(), uses=uses, seconds=seconds)
    return _told(call, link, "createPostIt")


async def listing(call: Call) -> Response:
    """The caller's own links; an admin's list of ALL has everybody's."""
    kind = call.query("listType").upper() or "OWNED"
    if kind not in {"OWNED", "ALL"}:
        raise Invalid.field("listType", why="Choose one of OWNED, ALL.")
    limit, skip = call.number("limit", LIMIT), call.number("skip", 0)
    order, after = call.query("orderBy"), call.query("startAfter")
    asked = read_listing(limit=limit, skip=skip, order=order, start_after=after, kinds=KINDS)
    select = read_select(call.query("select") or "allAttributes", KINDS, summary=tuple(KINDS), always=ALWAYS)
    links = await call.desk.postits.list(call.who, everybody=kind == "ALL")
    written = [write_postit(link, tenant=call.tenant, origin=call.origin) for link in links]
    chosen = [{name: link[name] for name in select} for link in arrange(written, asked, KINDS)]
    metadata = list_metadata(len(chosen), limit=limit, skip=skip, order_by=order or None, start_after=after or None)
    return answer(chosen, f"FAPI_POSTITS_LIST_COMPLETE {len(chosen)} links", metadata=metadata)


async def find(call: Call) -> Response:
    """One link."""
    return _told(call, await call.desk.postits.find(call.who, _id(call)), "getPostIt")


async def change(call: Call) -> Response:
    """Allow a link another number of uses, or another end."""
    return await _change(call, _id(call))


async def _change(call: Call, alias: str) -> Response:
    wanted = read_change(await call.json())
    link = await call.desk.postits.change(
        call.who, alias, uses=wanted.uses, seconds=wanted.seconds, expires_at=wanted.expires_at
    )
    return _told(call, link, "updatePostIt")


async def post(call: Call) -> Response:
    """Change a link; or, where what is named is no link but a system, make one to its root."""
    if not call.param("path") and ID.fullmatch(call.param("systemId").lower()):
        return await _change(call, _id(call, "systemId"))
    return await create(call)


async def remove(call: Call) -> Response:
    """Delete a link."""
    count = await call.desk.postits.remove(call.who, _id(call))
    return answer({"changes": count}, "FAPI_POSTITS_OP_COMPLETE deletePostIt", metadata={})


async def redeem(call: Call) -> Response:
    """Follow a link: the file, or an archive of the directory. Counts one use, unless only headers are wanted."""
    link, opened = await call.desk.postits.open(DOOR, _id(call))
    wants_zip = call.flag("zip", default=opened.found.is_directory)
    check_readable(opened, wants_zip=wants_zip)
    response = archive(opened, is_head=is_head(call)) if wants_zip else await _file(call, opened)
    if not is_head(call):
        try:
            await call.desk.postits.use(link)
        except Problem:
            await response.discard()
            raise
    return response


async def _file(call: Call, opened: Opened) -> Streamed:
    name, size = shown(name_of(opened.found.path)), opened.found.facts.size
    as_file = call.flag("download")
    told = {
        "content-type": BYTES if as_file else _shown_type(name),
        "content-disposition": disposition("attachment" if as_file else "inline", name),
        "cache-control": "no-store",
    }
    return await stream(opened, range(size), headers={**told, **_INERT}, is_head=is_head(call))


def _shown_type(name: str) -> str:
    """The type by which a browser shows a file. JSON is shown as text: clients would read it as an answer."""
    guessed = mime_type(name) or BYTES
    return "text/plain" if guessed == "application/json" else guessed


ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="files/postits", handler=listing),
    Route(method="GET", path="files/postits/redeem/{postitId}", handler=redeem, open=True),
    Route(method="GET", path="files/postits/{postitId}", handler=find),
    Route(method="PATCH", path="files/postits/{postitId}", handler=change),
    Route(method="DELETE", path="files/postits/{postitId}", handler=remove),
    Route(method="POST", path="files/postits/{systemId}/{path:path}", handler=post),
)
