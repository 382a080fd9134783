"""Brings every path into the one form that routes are written in, doubled and missing slashes forgiven. Pure."""

import re

from dragoman.web.paths import canonical

_FILES = re.compile(
    rb"/+files/+v2/+(?:(?:media|listings|history|pems|index)(?:/+system/+[^/]+)?|download/+[^/]+/+system/+[^/]+)(?=/)"
)
"""What stands before the path of a file, in which a slash at its beginning means something."""
ABSOLUTE = "%2F"


def one_form(raw: bytes) -> str:
    """The path, still encoded: single slashes, one at the end.

    The path of a file that begins at the root of its system (``//a/b``) begins with an encoded slash.
    """
    match = _FILES.match(raw)
    if match is None or not raw[match.end() :].startswith(b"//"):
        return canonical(raw)
    rest = canonical(raw[match.end() :]).lstrip("/")
    return f"{canonical(match[0])}{ABSOLUTE}{rest or '/'}"
