"""Reads a Basic header: a name and a secret. Pure."""

import base64

from dragoman.core.errors import Invalid


def read_basic(header: str) -> tuple[str, str] | None:
    """The name and secret in an Authorization header; None for a header of another kind. Raises Invalid."""
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError as error:
        raise Invalid.field("Authorization", why="This is no Basic header.") from error
    name, colon, secret = text.partition(":")
    if not colon or "\0" in text:
        raise Invalid.field("Authorization", why="A Basic header holds NAME:SECRET.")
    return name, secret
