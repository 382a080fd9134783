"""How runs on this host are confined, and what they must not see."""

import os
from pathlib import Path

from dragoman.config import Settings
from dragoman.core.errors import Unavailable
from dragoman.runtimes.bare import Confinement, find_bubblewrap

_HOME_SECRETS = (
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".kube",
    ".docker",
    ".netrc",
    ".pgpass",
    ".git-credentials",
    ".config/gcloud",
    ".config/gh",
)
_SYSTEM_SECRETS = ("/etc/shadow", "/etc/gshadow", "/etc/shadow-", "/etc/gshadow-", "/etc/ssl/private")


def hidden(settings: Settings, data: str) -> tuple[str, ...]:
    """The paths that exist here and that no confined run may see: our data, keys, and what the settings add."""
    home = Path.home()
    wanted = [data, *_SYSTEM_SECRETS, *(str(home / name) for name in _HOME_SECRETS), *settings.local.hide]
    return tuple(dict.fromkeys(os.path.realpath(path) for path in wanted if os.path.exists(path)))


def confinement(settings: Settings, data: str) -> Confinement | None:
    """How runs on this host are confined; None when they are not. Raises Unavailable when they must be and cannot."""
    if settings.local.confine == "off":
        return None
    found = find_bubblewrap()
    if found.program is None:
        if settings.local.confine == "require":
            raise Unavailable(
                f"Runs must be confined (local.confine), and bubblewrap does not work here: {found.reason}",
                hint="Install the package bubblewrap, or set local.confine to auto.",
            )
        return None
    return Confinement(program=found.program, hide=hidden(settings, data), show=(os.path.join(data, "catalog"),))
