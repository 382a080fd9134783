"""Reads a request's body whole, within a limit, and JSON as the standard has it: no NaN, no infinity."""

import json
from typing import Any

from starlette.requests import ClientDisconnect, Request

from dragoman.core.errors import Invalid, TooLarge

MOST_CONTAINERS = 50_000


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body. Raises TooLarge beyond ``limit`` bytes, and Invalid when the connection ends too early."""
    pieces, size = [], 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                raise TooLarge(f"The request body may have at most {limit} bytes.")
            pieces.append(piece)
    except ClientDisconnect as error:
        raise Invalid({(): ["The connection was closed before the body had ended."]}) from error
    return b"".join(pieces)


def parse_json(text: str) -> Any:
    """The value that a JSON text stands for.

    Raises ValueError, also for numbers that no double can hold, and for more lists and objects than anybody means.
    """
    # Some brackets may stand in strings; so many of those nobody means either.
    if text.count("[") + text.count("{") > MOST_CONTAINERS:
        raise ValueError(f"It has more than {MOST_CONTAINERS} lists and objects.")
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("It is nested too deeply.") from error


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"Out of range float values are not JSON compliant: {word}")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if abs(number) != float("inf") else _refuse_constant(digits)
