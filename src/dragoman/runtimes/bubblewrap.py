"""How a run is confined by bubblewrap: what it sees of the host, and whether that works here.

Inside, the system is read-only, /tmp and /run are the run's own, other processes do not exist, and of the hidden
places nothing is seen. The network is shared: the commands may call this service and others.
"""

import glob
import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

PROGRAM = "/usr/bin/bwrap"
_SHADOWS = ("/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-")
_NOBODY = "65534"
"""The user and the group without rights, which every book of accounts has."""
_REPLACED = ("/tmp", "/var/tmp", "/run", "/dev", "/proc")  # noqa: S108 - places of the confined run, not of ours
_LOADER = ("LD_", "GLIBC_", "MALLOC_", "RES_", "GCONV_PATH", "GETCONF_DIR", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH")
_LOADER_TOO = ("NIS_PATH", "NLSPATH", "RESOLV_HOST_CONF", "TZDIR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """What runs must not see. Paths are absolute and exist."""

    program: str = PROGRAM
    hide: tuple[str, ...] = ()
    """Directories that look empty inside, and files that cannot be read there."""
    passing: tuple[str, ...] = ()
    """More to hide. It may be gone tomorrow, and runs go on without."""
    show: tuple[str, ...] = ()
    """Places inside hidden ones that may be read all the same. What is hidden inside of these stays hidden."""


Kind = Literal["folder", "file", "shown"]


class Cover(NamedTuple):
    """One place to hide, or to show inside of a hidden one."""

    kind: Kind
    place: str
    is_passing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What of this host matters to a confined run, links resolved."""

    covers: tuple[Cover, ...] = ()
    """What is hidden and shown, outer places before those inside of them."""
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
    argv = [program, *outer(Surroundings(), os.geteuid()), "--tmpfs", "/tmp", *inner(), "--", "/bin/true"]  # noqa: S108
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


def look_around(bounds: Confinement) -> Surroundings:
    """See which of the places to hide and to show are here, and what else of this host matters. Blocks."""
    lasting = {os.path.realpath(place) for place in (*bounds.hide, *filter(_is_readable, _SHADOWS))}
    hidden = {**dict.fromkeys(map(os.path.realpath, bounds.passing), True), **dict.fromkeys(lasting, False)}
    shown = {os.path.realpath(place) for place in bounds.show} - hidden.keys()
    resolver = os.path.realpath("/etc/resolv.conf")
    return Surroundings(
        covers=_covers(hidden, shown),
        devices=(*sorted(glob.glob("/dev/nvidia*")), *filter(os.path.exists, ("/dev/dri", "/dev/kfd"))),
        resolver=resolver if _is_below(resolver, ("/run",)) and os.path.isfile(resolver) else "",
    )


def _covers(hidden: Mapping[str, bool], shown: Iterable[str]) -> tuple[Cover, ...]:
    """The covers that make a difference: each hides what was seen, or shows what was hidden.

    ``hidden`` tells of each place whether it is a passing one.
    """
    hiding = dict.fromkeys(_REPLACED, True)
    covers = []
    for place, hides in sorted([*((place, True) for place in hidden), *((place, False) for place in shown)]):
        around = max((above for above in hiding if _is_below(place, (above,))), key=len, default="")
        if hides == hiding.get(around, False) or not os.path.exists(place):
            continue
        hiding[place] = hides
        kind: Kind = ("folder" if os.path.isdir(place) else "file") if hides else "shown"
        covers.append(Cover(kind, place, hidden.get(place, False)))
    return tuple(covers)


def _is_below(place: str, folders: Iterable[str]) -> bool:
    return any(place == folder or place.startswith(f"{folder}/") for folder in folders)


def _is_readable(path: str) -> bool:
    return os.access(path, os.R_OK)


def outer(here: Surroundings, user: int) -> list[str]:
    """The options that are the same for every run of a user: the system, read-only, and its own devices and processes.

    The kernel lets user id 0 set the host's kernel variables, capabilities or not: so from it they are covered. Where
    part of /proc is, no container inside gets one of its own.
    """
    options = ["--ro-bind", "/", "/", "--dev", "/dev"]
    for device in here.devices:
        options += ["--dev-bind-try", device, device]
    options += ["--proc", "/proc", *(["--ro-bind", "/proc/sys", "/proc/sys"] if user == 0 else []), "--tmpfs", "/run"]
    if here.resolver:
        options += ["--ro-bind-try", here.resolver, here.resolver]
    return options


def covering(here: Surroundings) -> list[str]:
    """The options that hide and show, for after /tmp: what is shown may lie below it.

    What is gone meanwhile is left out: bubblewrap could not make it anew on the read-only system, and would not begin.
    """
    options = []
    for kind, place, is_passing in here.covers:
        if is_passing and not os.path.lexists(place):
            continue
        options += {
            "folder": ["--tmpfs", place],
            "file": ["--ro-bind", "/dev/null", place],
            "shown": ["--ro-bind-try", place, place],
        }[kind]
    return options


def own_tmp(directory: str) -> list[str]:
    """The options for a run's /tmp.

    Its directory must be empty: bubblewrap makes places for later options in it, and follows links when it does.
    """
    tmp = f"{directory}/tmp"  # noqa: S108
    return ["--bind", tmp, "/tmp", "--bind", tmp, "/var/tmp"]  # noqa: S108


def own_home(home: str, work: str) -> list[str]:
    """The options for what may be written, and where the command begins; later ones lie over earlier ones."""
    return ["--bind", home, home, "--chdir", work]


def inner() -> list[str]:
    """The options that fence the processes in."""
    return ["--unshare-pid", "--unshare-ipc", "--die-with-parent", "--cap-drop", "ALL"]


def nested(user: int) -> list[str]:
    """The options with which somebody may make namespaces inside: the kernel lets root's own id be mapped only once.

    A file system that is made there by FUSE is seen only there.
    """
    own = ["--unshare-user", "--uid", _NOBODY, "--gid", _NOBODY] if user == 0 else []
    return ["--dev-bind-try", "/dev/fuse", "/dev/fuse", *own]


def loader_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that would also change bubblewrap itself, outside: they must be set inside only."""
    return {name: value for name, value in environment.items() if name.startswith(_LOADER) or name in _LOADER_TOO}
