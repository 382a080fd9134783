"""Reads the addresses by which people name inputs and imports: URIs, percent-encoded as those are. Pure."""

import re
from urllib.parse import quote, unquote

from dragoman.core.paths import WEB, name_of
from dragoman.dialects.tapis2.errors import Refused

_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def scheme_of(text: str) -> str:
    """The scheme of an address, in small letters; empty for a path."""
    scheme, there, _ = text.partition("://")
    return scheme.lower() if there else ""


def read_path(text: str) -> str:
    """The path that is written so; its bytes need not be text."""
    return unquote(text, errors="surrogateescape")


def read_agave(text: str) -> tuple[str, str]:
    """System and path of ``agave://system/path``, without the first slash. Raises Refused."""
    system, _, path = text.partition("://")[2].partition("/")
    if not system:
        raise Refused(400, f"{text} names no system: agave://SYSTEM/PATH.")
    return system, read_path(path)


def own_name(text: str, *, otherwise: str = "input") -> str:
    """What something is called where it is brought; a name with control characters, or of no text, as it is written.

    So a script can hold it on one line, and no such name is made.
    """
    scheme, path = scheme_of(text), text.partition("://")[2] or text
    if scheme in WEB:
        path = re.split(r"[?#]", path, maxsplit=1)[0]
    name = name_of((read_path(path.partition("/")[2]) if scheme else read_path(path)).rstrip("/"))
    if _NO_TEXT.search(name):
        name = quote(name.encode(errors="surrogateescape"), safe=" ")
    return name if name not in {"", ".", ".."} else otherwise
