"""The handlers of files. Each identifies, reads, asks the desk, writes. See docs/dialects/rescale.md#files."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import BinaryIO

from starlette.responses import Response

from dragoman.core.errors import Invalid
from dragoman.core.things import FileQuery
from dragoman.dialects.rescale.door import DOOR, Call
from dragoman.dialects.rescale.errors import JSON, Refused, answer, encode
from dragoman.dialects.rescale.fields import Fields
from dragoman.dialects.rescale.ids import under_new_id
from dragoman.dialects.rescale.pages import ask
from dragoman.dialects.rescale.read_notes import NAME_BYTES
from dragoman.dialects.rescale.upload import Bounds, read_role, read_upload
from dragoman.dialects.rescale.write import write_file
from dragoman.web.download import Download
from dragoman.web.multipart import base_name
from dragoman.web.streams import Streamed

LINES_BYTES = 8 << 20
PIECE_BYTES = 64 << 10


async def listing(call: Call) -> Response:
    """The caller's own files, inputs and outputs, newest first."""
    some = partial(call.desk.files.list, call.who, DOOR, FileQuery(search=call.query("search")))
    return await ask(call.wanted, some, partial(write_file, origin=call.origin))


async def upload(call: Call) -> Response:
    """Keep a file that comes in a form."""
    bounds = Bounds(most=call.settings.upload.max_bytes, left=await call.desk.files.left(call.who, DOOR))
    got = await read_upload(call.request, call.blobs, bounds)
    view = await under_new_id(
        lambda alias: call.desk.files.add(call.who, DOOR, alias, name=got.name, role=got.role, stored=got.stored)
    )
    return answer(write_file(view, origin=call.origin), 201)


async def find(call: Call) -> Response:
    """One file; a deleted one too."""
    view = await call.desk.files.find(call.who, DOOR, call.id("file"))
    return answer(write_file(view, origin=call.origin))


async def change(call: Call) -> Response:
    """Another name or type; everything else in the body is ignored."""
    name, role = _read_changes(Fields(await call.json()))
    view = await call.desk.files.change(call.who, DOOR, call.id("file"), name=name, role=role)
    return answer(write_file(view, origin=call.origin))


def _read_changes(body: Fields) -> tuple[str | None, str | None]:
    name = body.text("name", required=True, most=NAME_BYTES) if "name" in body else None
    type_id = body.text("typeId", required=True) if "typeId" in body else None
    if body.faults:
        raise Invalid(body.faults)
    return None if name is None else base_name(name), None if type_id is None else read_role(type_id)


async def remove(call: Call) -> Response:
    """Delete a file's contents; it stays known, with isDeleted true."""
    await call.desk.files.remove(call.who, DOOR, call.id("file"))
    return Response(status_code=204)


async def contents(call: Call) -> Response:
    """The bytes, or the range of them that is asked for."""
    view, source = await call.desk.files.open(call.who, DOOR, call.id("file"))
    return Download(source, view.file.size, content_type="application/octet-stream", etag=view.file.md5)


async def lines(call: Call) -> Response:
    """The lines of a text file, each with its newline."""
    view, source = await call.desk.files.open(call.who, DOOR, call.id("file"))
    if not view.file.is_text or view.file.size > LINES_BYTES:
        source.close()
        what = f"Only plain text of at most {LINES_BYTES} bytes can be read by lines"
        raise Refused(400, f"{what}: download contents/ instead.")
    return Streamed(_lines_of(source), headers={"Content-Type": JSON})


async def _lines_of(source: BinaryIO) -> AsyncIterator[bytes]:
    separator = '{"lines":['
    try:
        while some := await asyncio.to_thread(_encoded, source):
            yield f"{separator}{some}".encode()
            separator = ","
        yield b"]}" if separator == "," else b'{"lines":[]}'
    finally:
        source.close()


def _encoded(source: BinaryIO) -> str:
    return encode([line.decode(errors="replace") for line in source.readlines(PIECE_BYTES)])[1:-1]
