"""Where a path of a system leads: from its home directory, or with a slash in front from its root. Pure."""

import posixpath

from dragoman.core.errors import Invalid
from dragoman.core.paths import located


def resolved(path: str, home: str, *, field: str = "path") -> str:
    """The path below the root of its system, in its one form. Raises Invalid for one that leads out of it."""
    whole = path if path.startswith("/") else f"/{home.strip('/')}/{path}"
    depth = 0
    for part in whole.split("/"):
        depth += {"": 0, ".": 0, "..": -1}.get(part, 1)
        if depth < 0:
            raise Invalid.field(field, why="This path leads out of the root directory of the system.")
    return located(posixpath.normpath(whole), field=field)
