"""Which client says that it is asking: its id and key, from a Basic header or from the fields of a body. Pure."""

import base64
from collections.abc import Mapping
from typing import Any

from dragoman.dialects.tapis3.body import read_texts
from dragoman.dialects.tapis3.errors import Refused


def client_in(header: str, asked: Mapping[str, Any]) -> tuple[str, str] | None:
    """The client's id and key; the header counts more. None when neither names one. Raises Refused and Invalid."""
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() == "basic":
        return _decoded(encoded.strip())
    named = read_texts(asked, allowed=("client_id", "client_key"))
    if not named.get("client_id") or not named.get("client_key"):
        return None
    return named["client_id"], named["client_key"]


def _decoded(encoded: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except ValueError as error:
        raise Refused(400, "The Authorization header is no Basic header.") from error
    client_id, colon, key = text.partition(":")
    if not colon or "\0" in text:
        raise Refused(400, "The Authorization header is no Basic header: it must hold CLIENT_ID:CLIENT_KEY.")
    return client_id, key
