"""What every answer of this door is wrapped in."""

from typing import Any

import httpx2

KEYS = ["build", "commit", "message", "metadata", "result", "status", "version"]


def told(answer: httpx2.Response, status: int = 200) -> Any:
    """The result of a success."""
    assert status == answer.status_code, answer.text
    body = checked(answer)
    assert "success" == body["status"]
    return body["result"]


def refused(answer: httpx2.Response, status: int) -> str:
    """The message of a failure."""
    assert status == answer.status_code, answer.text
    body = checked(answer)
    assert "error" == body["status"]
    return str(body["message"])


def checked(answer: httpx2.Response) -> dict[str, Any]:
    """The envelope: exactly this content type, and all seven keys."""
    assert "application/json" == answer.headers["content-type"]
    body: dict[str, Any] = answer.json()
    assert KEYS == sorted(body)
    return body
