"""Receives an upload: a file into the blob store, and what it is for. See docs/dialects/rescale.md#upload."""

import re
from dataclasses import dataclass

from starlette.requests import Request

from dragoman.core.errors import Invalid, TooLarge
from dragoman.core.ports import BlobStore, BlobWriter, Stored
from dragoman.dialects.rescale.fields import NO_NUMBER
from dragoman.dialects.rescale.roles import ROLES
from dragoman.web.multipart import Part, base_name, parts

TYPE_FIELDS = frozenset({"typeId", "type_id"})

# An old client library puts a Python dict where the media type belongs.
_TYPE_IN_HEADER = re.compile(r"""['"]?type_?id['"]?\s*:\s*['"]?(\d{1,9})""", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that has arrived whole."""

    name: str
    role: str
    stored: Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How large a file may be: in itself (0: any number of bytes), and of what its owner has left (None: the same)."""

    most: int
    left: int | None

    def check(self, size: int) -> None:
        """Raise TooLarge when so many bytes are too many."""
        if self.most and size > self.most:
            raise TooLarge(f"A file may have at most {self.most} bytes.")
        if self.left is not None and size > self.left:
            why = f"There is room for {self.left} bytes more: what you have uploaded counts together."
            raise TooLarge(why, hint="Delete some files, then try again.")


async def read_upload(request: Request, blobs: BlobStore, bounds: Bounds) -> Upload:
    """The file in a form and its role; nothing is kept when this raises.

    Raises Invalid for a form without a file, with a second one, or with an unknown type, and TooLarge.
    """
    writer = blobs.writer()
    try:
        name, type_id = await _read_form(request, writer, bounds)
        return Upload(name=name, role=read_role(type_id), stored=await writer.commit())
    except BaseException:
        await writer.abort()
        raise


def read_role(type_id: str) -> str:
    """The role for a type's number. Raises Invalid."""
    if not (type_id.isascii() and type_id.isdigit()):
        raise Invalid.field("typeId", why=NO_NUMBER)
    role = ROLES.get(int(type_id[:9]))
    if role is None:
        raise Invalid.field("typeId", why=f"There is no type {type_id}. Allowed values: {', '.join(map(str, ROLES))}.")
    return role


async def _read_form(request: Request, writer: BlobWriter, bounds: Bounds) -> tuple[str, str]:
    name, in_header, in_field = "", "", ""
    async for part in parts(request):
        if part.name in TYPE_FIELDS:
            in_field = (await part.text(limit=100)).strip()
        elif part.name == "file" and part.filename is not None:
            if name:
                raise Invalid.field("file", why="Send one file at a time.")
            name = base_name(part.filename)
            match = _TYPE_IN_HEADER.search(part.content_type)
            in_header = match[1] if match else ""
            await _keep(part, writer, bounds)
    if not name:
        raise Invalid.field("file", why="No file was submitted.")
    return name, in_field or in_header or "1"


async def _keep(part: Part, writer: BlobWriter, bounds: Bounds) -> None:
    size = 0
    async for chunk in part:
        size += len(chunk)
        bounds.check(size)
        await writer.write(chunk)
