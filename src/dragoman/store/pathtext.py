"""How paths stand in the database: as they are, unless a name in them is no text."""

from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import Text
from sqlalchemy.types import TypeDecorator

_MARK = "%"
"""Stands before a path whose odd bytes are encoded; no other path begins so."""


class PathText(TypeDecorator[str]):
    """A path with a leading slash, or a word that is none. Python has bytes that are no UTF-8 as lone surrogates."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """What is stored."""
        if value is None or value.isascii() or value.encode(errors="replace") == value.encode(errors="surrogateescape"):
            return value
        return _MARK + quote(value.encode(errors="surrogateescape"))

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        """What it was."""
        if value is None or not value.startswith(f"{_MARK}/"):
            return value
        return unquote(value[1:], errors="surrogateescape")
