"""How runs on this host are confined, and what they must not see."""

import os
import pwd

from dragoman.config import Settings
from dragoman.core.errors import Unavailable
from dragoman.runtimes.bare import Confinement, find_bubblewrap
from dragoman.runtimes.private import homes_of_people, private_places

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
_SYSTEM = ("/bin", "/dev", "/etc", "/lib", "/proc", "/sbin", "/sys", "/usr")
_SYSTEM_SECRETS = ("/etc/shadow", "/etc/gshadow", "/etc/shadow-", "/etc/gshadow-", "/etc/ssl/private")
_RECORDS = ("/var/backups", "/var/crash", "/var/log", "/var/mail", "/var/spool")
"""What is written about others. No program needs it to compute."""


def hidden(settings: Settings, data: str) -> tuple[str, ...]:
    """The paths that exist here and that no confined run may see.

    That is our data and home, what our settings come from, keys, the homes of others, the records of the system, and
    what the settings add.
    """
    homes = (*_homes(), *map(os.path.realpath, homes_of_people()))
    keys = (os.path.join(home, name) for home in homes for name in _HOME_SECRETS)
    hideable = (home for home in homes if not _is_of_the_system(home))
    wanted = (data, *settings.files, *_SYSTEM_SECRETS, *_RECORDS, *keys, *hideable, *settings.local.hide)
    return tuple(dict.fromkeys(os.path.realpath(path) for path in wanted if os.path.exists(path)))


def _homes() -> tuple[str, ...]:
    """The home of the service's account, by the environment and by the book, and root's."""
    return tuple({os.path.realpath(home) for home in ("/root", os.path.expanduser("~"), _home_by_the_book())})


def _home_by_the_book() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return "/root"


def _is_of_the_system(home: str) -> bool:
    """Whether nothing would work without it: some accounts have ``/`` or ``/usr/sbin`` for a home."""
    return any(os.path.commonpath([home, place]) in (home, place) for place in _SYSTEM)


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
    show = (os.path.join(data, "catalog"), *settings.local.show)
    return Confinement(program=found.program, hide=hidden(settings, data), passing=private_places(), show=show)
