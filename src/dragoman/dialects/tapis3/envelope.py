"""The envelope around every JSON answer of this door. Knows no problem and no route."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from dragoman import __version__
from dragoman.core.paths import shown

JSON = "application/json"
"""Exactly so: a client of these services reads anything longer as bytes."""


def answer(result: Any, message: str, *, status: int = 200, metadata: Any = None) -> Response:
    """A success: all seven keys, nulls written."""
    return Response(_wrapped(result, "success", message, metadata), status, media_type=JSON)


def refuse(status: int, message: str, *, result: Any = None, headers: Mapping[str, str] | None = None) -> Response:
    """A failure, with the word by which people and scripts know one."""
    return Response(_wrapped(result, "error", message, None), status, headers, JSON)


def list_metadata(
    count: int,
    *,
    limit: int = 100,
    skip: int = 0,
    order_by: str | None = None,
    start_after: str | None = None,
    total: int = -1,
) -> dict[str, Any]:
    """What is said about a list: how many there are here, and the paging that was asked for, echoed."""
    return {
        "recordCount": count,
        "recordLimit": limit,
        "recordsSkipped": skip,
        "orderBy": order_by,
        "startAfter": start_after,
        "totalCount": total,
    }


def _wrapped(result: Any, word: str, message: str, metadata: Any) -> str:
    body = {
        "result": result,
        "status": word,
        "message": shown(message),
        "version": __version__,
        "commit": "",
        "build": "",
        "metadata": metadata,
    }
    return json.dumps(body, separators=(",", ":"))
