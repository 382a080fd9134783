"""Absolute paths on a host, as a Login takes them. Touches no file."""

from dragoman.core.errors import Invalid
from dragoman.shells.below import shown


def checked(path: str) -> str:
    """The path itself. Raises Invalid when it is not absolute, has a NUL, or cannot be written as bytes."""
    if not path.startswith("/") or "\0" in path:
        raise Invalid.field(shown(path), why="A path on a host starts with a slash and has no NUL.")
    try:
        path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise Invalid.field(shown(path), why="It has characters that no file name can have.") from error
    return path


def parent_of(path: str) -> str:
    """The directory that a path is in; the root is its own."""
    return path.rstrip("/").rpartition("/")[0] or "/"


def name_of(path: str) -> str:
    """The last part of a path; of the root, a slash."""
    return path.rstrip("/").rpartition("/")[2] or "/"
