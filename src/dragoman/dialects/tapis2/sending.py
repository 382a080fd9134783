"""Sends the bytes of a file that was opened, whole or in part."""

from collections.abc import AsyncIterator

from dragoman.core.paths import name_of, shown
from dragoman.core.things import Identity
from dragoman.desk.spots import Opened
from dragoman.dialects.tapis2.door import Call
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.spots import note_download
from dragoman.web.contents import BYTES, contents, mime_type
from dragoman.web.download import requested_range
from dragoman.web.streams import Streamed, disposition

NO_DIRECTORIES = "Directory downloads not supported"


async def fetched(call: Call, opened: Opened, who: Identity | None, *, shown_as: str = "") -> Streamed:
    """As ``sent_file``; whoever follows the file hears that somebody has it, unless only headers are wanted.

    ``shown_as`` is the id of its system, where it is not its name.
    """
    response = await sent_file(call, opened)
    if not call.is_head:
        await note_download(call, who, opened.found.system, opened.found.path, shown_as=shown_as)
    return response


async def sent_file(call: Call, opened: Opened) -> Streamed:
    """The file, or the part of it that the headers ask for. Raises Refused for what is no file."""
    facts, name = opened.found.facts, shown(name_of(opened.found.path))
    if facts.kind != "file":
        raise Refused(400, NO_DIRECTORIES if facts.kind == "dir" else "This is neither a file nor a directory.")
    wanted = requested_range(call.request.headers.get("range", ""), facts.size)
    headers = {
        "content-type": _type(name),
        "content-disposition": disposition("attachment", name),
        "accept-ranges": "bytes",
    }
    if wanted is not None and not wanted:
        raise Refused(416, "Lower bound out of range of file" if facts.size else "Upper bound out of range of file")
    if wanted is not None:
        headers["content-range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{facts.size}"

    def read(offset: int, length: int) -> AsyncIterator[bytes]:
        return opened.read(offset=offset, length=length)

    status = 200 if wanted is None else 206
    return await contents(read, wanted or range(facts.size), headers=headers, status=status, is_head=call.is_head)


def _type(name: str) -> str:
    """What a name says about its contents. JSON is sent as bytes: clients would read it as an answer."""
    guessed = mime_type(name) or BYTES
    return BYTES if guessed == "application/json" else guessed
