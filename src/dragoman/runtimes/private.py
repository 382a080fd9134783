"""Finds what of this host only the service's account may see; without it a run sees no more than anybody does."""

import os
import pwd
import stat
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from pathlib import Path

DEPTHS = {"/": 1, "/etc": 8, "/opt": 1, "/srv": 1, "/var": 3}
"""Where it is looked for, and how many directories deep. Programs keep their secrets and records there."""
FIRST_PERSON, NOBODY = 1000, 65534
"""The ids of people's accounts begin here; the other is nobody's."""
MANY = 3
"""Homes in one directory: it is there for homes."""
SHARED = frozenset(["/", "/data", "/media", "/mnt", "/opt", "/srv", "/usr", "/usr/local", "/var", "/var/lib"])
"""Directories that hold more than homes, however many."""
MOST = 200
"""Places: each is an option of every run."""
_LOCAL = frozenset(["btrfs", "overlay", "tmpfs", "zfs"])


def homes_of_people() -> Iterator[str]:
    """``/home``, and where else people have homes: each of a few, or the directory of many.

    Whoever looked at many might have each of them mounted from another host.
    """
    yield "/home"
    people = (one for one in pwd.getpwall() if FIRST_PERSON <= one.pw_uid != NOBODY)
    beside: dict[str, set[str]] = {}
    for home in (os.path.normpath(one.pw_dir) for one in people):
        beside.setdefault(os.path.dirname(home), set()).add(home)
    for folder, homes in beside.items():
        if folder != "/home":
            yield from homes if len(homes) < MANY or folder in SHARED else [folder]


def private_places(
    depths: Mapping[str, int] = DEPTHS, *, user: int | None = None, groups: Collection[int] = ()
) -> tuple[str, ...]:
    """The directories that nobody else may enter and the files that nobody else may read, outer ones first.

    ``user`` and ``groups`` are this process's own when they are not given. Nothing is looked for on file systems of
    other hosts, which may not answer. Blocks.
    """
    mine = (os.geteuid(), {*os.getgroups(), os.getegid()}) if user is None else (user, set(groups))
    away = _away()
    found = (place for root, depth in depths.items() for place in _below(root, depth, mine, away))
    return tuple(islice(dict.fromkeys(found), MOST))


def _below(root: str, depth: int, mine: tuple[int, Collection[int]], away: Collection[str]) -> Iterator[str]:
    folders = [root]
    for _ in range(depth):
        folders, above = [], folders
        for folder in above:
            for path, found in _entries(folder, away):
                if _is_private(found, *mine):
                    yield path
                elif stat.S_ISDIR(found.st_mode):
                    folders.append(path)


def _entries(folder: str, away: Collection[str]) -> Iterator[tuple[str, os.stat_result]]:
    """What stands in a directory, by name, links left out; nothing where it cannot be seen."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for path in (os.path.join(folder, name) for name in names):
        try:
            found = None if path in away else os.lstat(path)
        except OSError:
            continue
        if found and (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)):
            yield path, found


def _is_private(found: os.stat_result, user: int, groups: Collection[int]) -> bool:
    """Whether others have no way in. What even this account has none into needs no hiding."""
    anything = stat.S_IROTH | stat.S_IXOTH if stat.S_ISDIR(found.st_mode) else stat.S_IROTH
    is_ours = found.st_uid == user or (found.st_gid in groups and bool(found.st_mode & (anything << 3)))
    return is_ours and not found.st_mode & anything


def _away() -> set[str]:
    """Where file systems begin that have no disk here and are none of the local kinds: those of other hosts."""
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    halves = (line.partition(" - ") for line in mounts if " - " in line)
    return {
        fields[4]
        for fields, kind in ((left.split(" "), right.split(" ")[0]) for left, _, right in halves)
        if fields[2].startswith("0:") and kind not in _LOCAL
    }
