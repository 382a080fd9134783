"""Reads what requests about files ask: the page of a listing, a pattern of names, ranges, bodies. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dragoman.core.errors import Invalid
from dragoman.core.globs import glob
from dragoman.core.regexes import BadPattern
from dragoman.core.regextext import regex
from dragoman.core.things import Page, Verb
from dragoman.dialects.tapis3.job_fields import Faults, Shape, line, one_of, read_shape, text, texts
from dragoman.web.download import requested_range

MOST = 1000
"""Entries of a listing."""
BLOCK = 1024
"""Bytes of a page that the header ``more`` asks for."""
_REGEX = "regex:"
_LONGEST_PATTERN = 1000
_RANGE = re.compile(r"\s*([0-9]{1,18})\s*,\s*([0-9]{1,18})\s*")
_PAGE = re.compile(r"\s*([1-9][0-9]{0,14})\s*")

PERMISSIONS: Mapping[str, Verb] = {"READ": Verb.READ, "MODIFY": Verb.CHANGE}

_DIRECTORY = Shape(fields={"path": text(1, 4096)}, required=("path",))
_MOVE = Shape(fields={"operation": one_of("MOVE", "COPY"), "newPath": text(1, 4096)}, required=("operation", "newPath"))
_PERMISSION = Shape(
    fields={"username": line(1, 60), "permission": one_of(*PERMISSIONS)}, required=("username", "permission")
)
_USERS = Shape(fields={"users": texts(line(1, 60))}, required=("users",))


def read_body(body: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """The fields of a body; what is not known is left alone. Raises Invalid with all that is wrong."""
    faults = Faults()
    read = read_shape({name: value for name, value in body.items() if name in shape.fields}, shape, (), faults)
    faults.tell()
    return read


def read_directory(body: Mapping[str, Any]) -> str:
    """The path of a directory to make."""
    path: str = read_body(body, _DIRECTORY)["path"]
    return path


def read_move(body: Mapping[str, Any]) -> tuple[str, str]:
    """MOVE or COPY, and where to."""
    operation = body.get("operation")
    read = read_body({**body, "operation": operation.upper() if isinstance(operation, str) else operation}, _MOVE)
    return read["operation"], read["newPath"]


def read_permission(body: Mapping[str, Any]) -> tuple[str, Verb]:
    """Whom to give what."""
    word = body.get("permission")
    read = read_body({**body, "permission": word.upper() if isinstance(word, str) else word}, _PERMISSION)
    return read["username"], PERMISSIONS[read["permission"]]


def read_users(body: Mapping[str, Any]) -> list[str]:
    """Whom to share with, or no longer; at least one."""
    users: list[str] = read_body(body, _USERS)["users"]
    if not users:
        raise Invalid.field("users", why="Name at least one user.")
    return users


def read_page(limit: int, offset: int) -> Page:
    """Which part of a list is wanted. Raises Invalid with all that is wrong."""
    faults = Faults()
    if not 1 <= limit <= MOST:
        faults.add(("limit",), f"This must be 1 to {MOST}.")
    if offset < 0:
        faults.add(("offset",), "This must not be negative.")
    faults.tell()
    return Page(limit=limit, offset=offset)


def read_pattern(pattern: str) -> Callable[[str], bool] | None:
    """The test of names that a pattern means: a glob, or anything that a regular expression finds; None: all."""
    if not pattern:
        return None
    if len(pattern) > _LONGEST_PATTERN:
        raise Invalid.field("pattern", why=f"At most {_LONGEST_PATTERN} characters, please.")
    try:
        return regex(_anywhere(pattern.removeprefix(_REGEX))) if pattern.startswith(_REGEX) else glob(pattern)
    except BadPattern as fault:
        raise Invalid.field("pattern", why=f"This is no pattern: {fault}.") from fault


def _anywhere(pattern: str) -> str:
    """A pattern for whole texts that fits where the given one is found in a text."""
    head = tail = "(?:.|\n)*"
    if "|" not in pattern:
        if pattern.startswith("^"):
            head, pattern = "", pattern[1:]
        if pattern.endswith("$") and not pattern.endswith("\\$"):
            tail, pattern = "", pattern[:-1]
    return f"{head}(?:{pattern}){tail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The part of a file that is wanted, and in which manner it was asked for."""

    wanted: range
    standard: bool = False
    """By a Range header as HTTP has it: the answer is 206, or 416 when nothing is left."""
    is_page: bool = False
    """By the header ``more``."""


def read_slice(headers: Mapping[str, str], size: int) -> Slice | None:
    """Which part of a file of this size the headers ask for; None: all of it. Raises Invalid."""
    asked, page = headers.get("range", ""), headers.get("more", "")
    if "=" in asked:
        wanted = requested_range(asked, size)
        return None if wanted is None else Slice(wanted=wanted, standard=True)
    if asked:
        match = _RANGE.fullmatch(asked)
        if match is None or int(match[1]) > int(match[2]):
            raise Invalid.field("range", why="Write the first and the last byte, as in 0,999 or bytes=0-999.")
        return Slice(wanted=_within(int(match[1]), int(match[2]) + 1, size))
    if page:
        match = _PAGE.fullmatch(page)
        if match is None:
            raise Invalid.field("more", why="Write the number of a page, from 1.")
        first = (int(match[1]) - 1) * BLOCK
        return Slice(wanted=_within(first, first + BLOCK, size), is_page=True)
    return None


def _within(first: int, end: int, size: int) -> range:
    return range(min(first, size), min(end, size))
