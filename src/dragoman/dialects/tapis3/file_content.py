"""The handler of contents: a file whole or in part, or anything as a zip archive."""

from collections.abc import AsyncIterator

from starlette.responses import Response

from dragoman.core.errors import Invalid
from dragoman.core.paths import ROOT, name_of, shown
from dragoman.desk.spots import Opened
from dragoman.desk.walks import Test, nothing
from dragoman.dialects.tapis3.door import DOOR, Call, Route
from dragoman.dialects.tapis3.file_ops import place
from dragoman.dialects.tapis3.read_file import Slice, read_slice
from dragoman.web.contents import BYTES, contents, no_bytes
from dragoman.web.streams import Streamed, disposition
from dragoman.web.zips import Member, zipped

_KEPT = {"cache-control": "max-age=3600"}


async def content(call: Call) -> Response:
    """A file, a part of it, or a zip archive of what there is."""
    system, path = place(call)
    wants_zip = call.flag("zip")
    opened = await call.desk.places.open(call.who, DOOR, system, path)
    check_readable(opened, wants_zip=wants_zip)
    if wants_zip:
        return archive(opened, is_head=is_head(call))
    return await whole(call, opened)


def is_head(call: Call) -> bool:
    """Whether only the headers are wanted."""
    return call.request.method == "HEAD"


def check_readable(opened: Opened, *, wants_zip: bool) -> None:
    """Raises Invalid for what cannot be sent."""
    kind = opened.found.facts.kind
    if kind == "dir" and not wants_zip:
        raise Invalid.field("path", why="This is a directory. Ask with zip=true for an archive of it.")
    if kind not in {"dir", "file"}:
        raise Invalid.field("path", why="This is neither a file nor a directory.")
    if wants_zip and kind == "dir" and opened.spot.on_host() == ROOT:
        raise Invalid.field("path", why="The root directory of a whole host is not sent as an archive.")


async def whole(call: Call, opened: Opened) -> Response:
    """A file, or the part of it that the headers ask for."""
    size, name = opened.found.facts.size, shown(name_of(opened.found.path))
    asked = read_slice(call.request.headers, size)
    if asked is None:
        headers = {"content-type": BYTES, "content-disposition": disposition("attachment", name), **_KEPT}
        return await stream(opened, range(size), headers={**headers, "accept-ranges": "bytes"}, is_head=is_head(call))
    kind = "inline" if asked.is_page else "attachment"
    content_type = BYTES if asked.standard else "text/plain"
    headers = {"content-type": content_type, "content-disposition": disposition(kind, name), **_told(asked, size)}
    status = 200 if not asked.standard else 206 if asked.wanted else 416
    return await stream(opened, asked.wanted, headers=headers, status=status, is_head=is_head(call))


def _told(asked: Slice, size: int) -> dict[str, str]:
    if not asked.standard:
        return _KEPT
    which = f"{asked.wanted.start}-{asked.wanted.stop - 1}" if asked.wanted else "*"
    return {"content-range": f"bytes {which}/{size}", "accept-ranges": "bytes", **_KEPT}


async def stream(
    opened: Opened, wanted: range, *, headers: dict[str, str], status: int = 200, is_head: bool
) -> Streamed:
    """Some bytes of a file. What stands in their way is raised before the answer begins."""

    def read(offset: int, length: int) -> AsyncIterator[bytes]:
        return opened.read(offset=offset, length=length)

    return await contents(read, wanted, headers=headers, status=status, is_head=is_head)


def archive(opened: Opened, *, is_head: bool, stem: str = "", without: Test = nothing) -> Streamed:
    """A zip archive of a file, or of all that a directory holds but for what is ``without``, by paths below it."""
    name = shown(name_of(opened.found.path)) or "systemRoot"
    stem = stem or name.rpartition(".")[0] or name
    headers = {"content-type": BYTES, "content-disposition": disposition("attachment", f"{stem}.zip")}
    return Streamed(no_bytes() if is_head else zipped(_members(opened, without)), headers=headers)


async def _members(opened: Opened, without: Test) -> AsyncIterator[Member]:
    found = opened.found
    if not found.is_directory:
        yield Member(name=shown(name_of(found.path)), size=found.facts.size, read=opened.read)
        return
    above = "/" if found.path == ROOT else f"{found.path}/"
    async for one in opened.tree(without=without):
        name = shown(one.path.removeprefix(above))
        if one.is_directory:
            yield Member(name=f"{name}/")
        else:
            yield Member(name=name, size=one.facts.size, read=lambda path=one.path: opened.read_at(path))  # type: ignore[misc]


ROUTES: tuple[Route, ...] = (Route(method="GET", path="files/content/{systemId}/{path:path}", handler=content),)
