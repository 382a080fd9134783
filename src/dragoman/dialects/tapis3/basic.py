"""Which client says that it is asking: its id and key, from a Basic header or from the fields of a body. Pure."""

from collections.abc import Mapping
from typing import Any

from dragoman.core.errors import Invalid
from dragoman.dialects.tapis3.errors import Refused
from dragoman.web.basic import read_basic
from dragoman.web.objects import read_texts


def client_in(header: str, asked: Mapping[str, Any]) -> tuple[str, str] | None:
    """The client's id and key; the header counts more. None when neither names one. Raises Refused and Invalid."""
    try:
        given = read_basic(header)
    except Invalid as problem:
        raise Refused(400, str(problem)) from problem
    if given is not None:
        return given
    named = read_texts(asked, allowed=("client_id", "client_key"))
    if not named.get("client_id") or not named.get("client_key"):
        return None
    return named["client_id"], named["client_key"]
