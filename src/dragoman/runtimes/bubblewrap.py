"""How a run is confined by bubblewrap: what it sees of the host, and whether that works here.

Inside, the system is read-only, /tmp and /run are the run's own, other processes do not exist, and of the hidden
places nothing is seen. The network is shared: the commands may call this service and others.
"""

import glob
import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

PROGRAM = "/usr/bin/bwrap"
_SHADOWS = ("/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-")
_REPLACED = ("/tmp", "/var/tmp", "/run", "/dev", "/proc")  # noqa: S108 - places of the confined run, not of ours
_LOADER = ("LD_", "GLIBC_", "MALLOC_", "RES_", "GCONV_PATH", "GETCONF_DIR", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH")
_LOADER_TOO = ("NIS_PATH", "NLSPATH", "RESOLV_HOST_CONF", "TZDIR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """What runs must not see. Paths are absolute and exist."""

    program: str = PROGRAM
    hide: tuple[str, ...] = ()
    """Directories that look empty inside, and files that cannot be read there."""
    show: tuple[str, ...] = ()
    """Places inside hidden ones that may be read all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What of this host matters to a confined run, links resolved."""

    hidden_folders: tuple[str, ...] = ()
    hidden_files: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    """Accelerators, which the commands may use."""
    resolver: str = ""
    """The file below /run that says where host names are looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The bubblewrap that works here, or why none does."""

    program: str | None
    reason: str = ""


def find_bubblewrap(program: str = PROGRAM) -> Found:
    """Run bubblewrap once, as runs would, and tell whether it works. Blocks."""
    argv = [program, *outer(Surroundings()), "--tmpfs", "/tmp", *inner(), "--", "/bin/true"]  # noqa: S108
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=20,
            check=False,
            env={},
        )
    except FileNotFoundError:
        return Found(program=None, reason=f"There is no {program}.")
    except (OSError, subprocess.TimeoutExpired) as problem:
        return Found(program=None, reason=f"{program} cannot be run: {problem}")
    if done.returncode:
        return Found(program=None, reason=done.stderr.strip() or f"{program} exits with code {done.returncode}.")
    return Found(program=program)


def look_around(hide: Iterable[str]) -> Surroundings:
    """See which of the places to hide are here, and what else of this host matters. Blocks."""
    places = sorted({os.path.realpath(place) for place in (*hide, *filter(_is_readable, _SHADOWS))})
    folders = _outermost(place for place in places if os.path.isdir(place))
    files = (place for place in places if os.path.isfile(place) and not _is_below(place, (*_REPLACED, *folders)))
    resolver = os.path.realpath("/etc/resolv.conf")
    return Surroundings(
        hidden_folders=folders,
        hidden_files=tuple(files),
        devices=(*sorted(glob.glob("/dev/nvidia*")), *filter(os.path.exists, ("/dev/dri", "/dev/kfd"))),
        resolver=resolver if _is_below(resolver, ("/run",)) and os.path.isfile(resolver) else "",
    )


def _outermost(folders: Iterable[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for folder in folders:
        if not _is_below(folder, (*_REPLACED, *kept)):
            kept.append(folder)
    return tuple(kept)


def _is_below(place: str, folders: Iterable[str]) -> bool:
    return any(place == folder or place.startswith(f"{folder}/") for folder in folders)


def _is_readable(path: str) -> bool:
    return os.access(path, os.R_OK)


def outer(here: Surroundings) -> list[str]:
    """The options that are the same for every run: the system, read-only, and its own devices and processes."""
    options = ["--ro-bind", "/", "/", "--dev", "/dev"]
    for device in here.devices:
        options += ["--dev-bind-try", device, device]
    # The kernel lets user id 0 set the host's kernel variables, capabilities or not.
    options += ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--tmpfs", "/run"]
    if here.resolver:
        options += ["--ro-bind-try", here.resolver, here.resolver]
    for folder in here.hidden_folders:
        options += ["--tmpfs", folder]
    for file in here.hidden_files:
        options += ["--ro-bind", "/dev/null", file]
    return options


def own_places(directory: str, show: Iterable[str]) -> list[str]:
    """The options for what one run may see and write; later ones lie over earlier ones."""
    tmp, home = f"{directory}/tmp", f"{directory}/home"  # noqa: S108
    options = ["--bind", tmp, "/tmp", "--bind", tmp, "/var/tmp"]  # noqa: S108
    for place in show:
        options += ["--ro-bind-try", place, place]
    return [*options, "--bind", home, home, "--chdir", f"{home}/work"]


def inner() -> list[str]:
    """The options that fence the processes in."""
    return ["--unshare-pid", "--unshare-ipc", "--die-with-parent", "--cap-drop", "ALL"]


def loader_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that would also change bubblewrap itself, outside: they must be set inside only."""
    return {name: value for name, value in environment.items() if name.startswith(_LOADER) or name in _LOADER_TOO}
