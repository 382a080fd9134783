"""Reads a request's JSON body: what counts as one, and what is said about a wrong one."""

from typing import Any

from starlette.requests import Request

from dragoman.dialects.rescale.errors import Refused
from dragoman.dialects.rescale.fields import camel
from dragoman.web.body import parse_json, read_body


async def read_text(request: Request, limit: int) -> str:
    """The body as text. Raises Refused for one that is not declared as JSON, or is no UTF-8, and TooLarge."""
    declared = request.headers.get("content-type", "")
    body = await read_body(request, limit)
    if declared and body and "json" not in declared.lower():
        raise Refused(415, f'Unsupported media type "{declared}" in request.')
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise _parse_error(error) from error


def read_json(text: str) -> Any:
    """The JSON of a body, its keys in camelCase; an empty body is an empty object. Raises Refused."""
    if not text:
        return {}
    try:
        return camel(parse_json(text))
    except ValueError as error:
        raise _parse_error(error) from error


def _parse_error(error: Exception) -> Refused:
    return Refused(400, f"JSON parse error - {error}")
