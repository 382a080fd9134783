"""Reads a request's JSON body: what counts as one, how large it may be, and what is said about a wrong one."""

import json
from typing import Any

from starlette.requests import ClientDisconnect, Request

from dragoman.core.errors import TooLarge
from dragoman.dialects.rescale.errors import Refused
from dragoman.dialects.rescale.fields import camel


async def read_text(request: Request, limit: int) -> str:
    """The body as text. Raises Refused for one that is not declared as JSON, or is no UTF-8, and TooLarge."""
    declared = request.headers.get("content-type", "")
    body = await _read_bytes(request, limit)
    if declared and body and "json" not in declared.lower():
        raise Refused(415, f'Unsupported media type "{declared}" in request.')
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise _parse_error(error) from error


async def _read_bytes(request: Request, limit: int) -> bytes:
    pieces, size = [], 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                raise TooLarge(f"The request body may have at most {limit} bytes.")
            pieces.append(piece)
    except ClientDisconnect as error:
        raise Refused(400, "The connection was closed before the body had ended.") from error
    return b"".join(pieces)


def read_json(text: str) -> Any:
    """The JSON of a body, its keys in camelCase; an empty body is an empty object. Raises Refused."""
    if not text:
        return {}
    try:
        return camel(json.loads(text, parse_constant=_refuse_constant, parse_float=_finite))
    except (ValueError, RecursionError) as error:
        raise _parse_error(error) from error


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"Out of range float values are not JSON compliant: {word}")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if abs(number) != float("inf") else _refuse_constant(digits)


def _parse_error(error: Exception) -> Refused:
    return Refused(400, f"JSON parse error - {error}")
