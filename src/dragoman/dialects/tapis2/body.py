"""Reads what a request brings: JSON, a form, or a JSON file in a form. Clients send either, whatever they mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from dragoman.core.errors import Invalid
from dragoman.web import paths
from dragoman.web.aside import aside
from dragoman.web.body import read_body
from dragoman.web.multipart import parts
from dragoman.web.objects import read_object

FILE = "fileToUpload"
"""The part of a form that holds a file, whatever its name and type are."""
_FIELDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The fields of a body."""

    fields: Mapping[str, Any]
    text: str
    """As it came; of a form with a file, that file."""
    is_json: bool
    """Values have types; in a form everything is text."""

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing."""
        return not self.text.strip()

    def word(self, name: str) -> str:
        """A field as text; empty when it was not given. Raises Invalid for what is no plain value."""
        value = self.fields.get(name)
        if value is None:
            return ""
        if isinstance(value, dict | list):
            raise Invalid.field(name, why="This must be text.")
        return str(value).lower() if isinstance(value, bool) else str(value)


async def read_sent(request: Request, limit: int) -> Sent:
    """The fields. Raises Invalid and TooLarge."""
    declared = request.headers.get("content-type", "").lower()
    if declared.startswith("multipart/"):
        return await _read_parts(request, limit)
    body = await read_body(request, limit)
    text = paths.checked("body", body.decode("utf-8", "surrogateescape"))
    # Some clients declare a form, whatever they send.
    if "x-www-form-urlencoded" not in declared or text.lstrip().startswith("{"):
        return Sent(fields=await aside(len(text), read_object, text), text=text, is_json=True)
    return Sent(fields=_read_form(text), text=text, is_json=False)


def _read_form(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS, errors="surrogateescape")
    except ValueError as error:
        raise Invalid.field("body", why="The form has too many fields.") from error
    return {name: paths.checked(name, value) for name, value in pairs}


async def _read_parts(request: Request, limit: int) -> Sent:
    fields: dict[str, str] = {}
    async for part in parts(request):
        if part.name == FILE:
            text = paths.checked(FILE, await part.text(limit))
            if not text.strip():
                raise Invalid.field(FILE, why="The file is empty. Send a description in JSON.")
            fields[FILE] = text
        else:
            fields[part.name] = paths.checked(part.name, await part.text(limit))
    if FILE in fields:
        return Sent(fields=read_object(fields[FILE]), text=fields[FILE], is_json=True)
    return Sent(fields=fields, text="&".join(fields), is_json=False)
