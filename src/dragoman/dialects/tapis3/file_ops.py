"""The handlers of files on systems: list, upload, make directories, move, copy, delete."""

from collections.abc import AsyncIterator

from starlette.responses import Response

from dragoman.core.errors import Denied, Invalid, TooLarge
from dragoman.dialects.tapis3.door import DOOR, Call, Route
from dragoman.dialects.tapis3.envelope import answer
from dragoman.dialects.tapis3.read_file import MOST, read_directory, read_move, read_page, read_pattern
from dragoman.dialects.tapis3.write_file import write_info
from dragoman.web.multipart import parts

FIELD = "file"
"""The part of a form that holds an upload."""


def place(call: Call) -> tuple[str, str]:
    """The system and the path in an address; without a path, the root. Raises Denied to who plays a service."""
    as_other = call.query("impersonationId")
    if call.query("sharedCtx") or as_other not in {"", call.who.account.name}:
        raise Denied("Only services may act for somebody else.")
    return call.param("systemId"), call.place("path") if "path" in call.request.path_params else ""


def done(what: str, system: str, path: str, result: object = None) -> Response:
    """The answer to something that was done to a path."""
    return answer(result, f"FAPI_OP_COMPLETE {what} system: {system} path: {path or '/'}", metadata={})


async def listing(call: Call) -> Response:
    """What a directory holds, or one file."""
    system, path = place(call)
    page = read_page(call.number("limit", MOST), call.number("offset", 0))
    fits, deep = read_pattern(call.query("pattern")), call.flag("recurse")
    found = await call.desk.places.list(call.who, DOOR, system, path, page=page, deep=deep, fits=fits)
    return done("listFiles", system, path, [write_info(one) for one in found])


async def post(call: Call) -> Response:
    """An upload; without a path, a directory to be made."""
    system, path = place(call)
    is_form = call.request.headers.get("content-type", "").lower().startswith("multipart/")
    if path or is_form:
        await call.desk.places.write(call.who, DOOR, system, path, _uploaded(call))
        return done("insert", system, path)
    wanted = read_directory(await call.json())
    await call.desk.places.make_directory(call.who, DOOR, system, wanted)
    return done("mkdir", system, wanted)


async def _uploaded(call: Call) -> AsyncIterator[bytes]:
    """The bytes of the one file of a form. Ends only when the whole form has come in as it should."""
    found, size, most = False, 0, call.settings.upload.max_bytes
    async for part in parts(call.request):
        if part.name != FIELD:
            continue
        if found:
            raise Invalid.field(FIELD, why="Send one file at a time.")
        found = True
        async for chunk in part:
            size += len(chunk)
            if most and size > most:
                raise TooLarge(f"A file may have at most {most} bytes.")
            yield chunk
    if not found:
        raise Invalid.field(FIELD, why="The form must have a part of this name, with the file.")


async def move_copy(call: Call) -> Response:
    """Move or copy a file or directory."""
    system, path = place(call)
    operation, new_path = read_move(await call.json())
    verb = call.desk.places.move if operation == "MOVE" else call.desk.places.copy
    await verb(call.who, DOOR, system, path, new_path)
    return done(operation.lower(), system, path)


async def delete(call: Call) -> Response:
    """Delete a file, or a directory with everything in it."""
    system, path = place(call)
    await call.desk.places.remove(call.who, DOOR, system, path)
    return done("delete", system, path)


PATH = "files/ops/{systemId}/{path:path}"

ROUTES: tuple[Route, ...] = (
    Route(method="GET", path=PATH, handler=listing),
    Route(method="POST", path=PATH, handler=post),
    Route(method="PUT", path=PATH, handler=move_copy),
    Route(method="DELETE", path=PATH, handler=delete),
)
