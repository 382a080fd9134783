"""Argument lists, as a Login takes them. Starts nothing."""

from collections.abc import Sequence

from dragoman.core.errors import Invalid


def checked(argv: Sequence[str]) -> Sequence[str]:
    """The arguments themselves. Raises Invalid for what no command can be."""
    # With an equals sign it would be a variable to env.
    if not argv or not argv[0] or "=" in argv[0]:
        raise Invalid.field("command", why="It needs the name of a program, without '='.")
    if any("\0" in word for word in argv):
        raise Invalid.field("command", why="It has a NUL.")
    try:
        "".join(argv).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise Invalid.field("command", why="It has characters that no argument can have.") from error
    return argv
