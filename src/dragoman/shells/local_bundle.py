"""Many small files on this host at once: they wait for the disk together. Blocks; call it in threads."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import groupby

from dragoman.core.errors import Problem
from dragoman.core.ports import Small
from dragoman.shells.below import write_all
from dragoman.shells.inside import Spot
from dragoman.shells.local_draft import mode_for, open_above, temporary_name
from dragoman.shells.local_files import facts_of, open_to_read, place, told
from dragoman.shells.notes import Note
from dragoman.shells.paths import name_of, parent_of


def read(root: str, paths: Sequence[str], most: int) -> list[Small | None]:
    """The small files among these; see core.ports.Login."""
    return [_read(root, path, most) for path in paths]


def _read(root: str, path: str, most: int) -> Small | None:
    with suppress(Problem), told(path):
        fd = open_to_read(root, path)
        try:
            found = facts_of(path, os.fstat(fd))
            # A file may become longer or shorter meanwhile: then it is none that could be read so.
            if found.size <= most and len(content := os.read(fd, most + 1)) == found.size:
                return Small(content, found.mode)
        finally:
            os.close(fd)
    return None


def write(root: str, files: Mapping[str, Small], note: Note, *, durable: bool) -> set[str]:
    """Write these files; see core.ports.Login."""
    written = set[str]()
    for above, some in groupby(files, parent_of):
        drafts = {path: temporary_name() for path in some}
        noted = [f"{above.rstrip('/')}/{temporary}" for temporary in drafts.values()]
        forget = note(noted)
        try:
            # The place of a name that leads nowhere else, whatever the names of the files are.
            with suppress(Problem), place(root, noted[0], follow=False, make=True) as there:
                at = open_above(there)
                try:
                    written |= _Drafts(at, durable=durable).land(drafts, files)
                finally:
                    os.close(at)
        finally:
            forget()
    return written


class _Drafts:
    """Files being written under temporary names in one open directory."""

    def __init__(self, at: int, *, durable: bool) -> None:
        self._at, self._durable = at, durable

    def land(self, drafts: Mapping[str, str], files: Mapping[str, Small]) -> set[str]:
        """Write the files, bring all of them to the disk, then to their own names; which of them are there.

        The first one that is brought there mostly takes the others along.
        """
        filled: dict[str, int] = {}
        landed = set[str]()
        try:
            for path, temporary in drafts.items():
                with suppress(Problem):
                    filled[path] = self._filled(path, temporary, files[path])
            for path, fd in filled.items():
                with suppress(Problem), told(path):
                    if self._durable:
                        os.fsync(fd)
                    landed.add(path)
            return self._named({path: drafts[path] for path in landed})
        finally:
            for fd in filled.values():
                os.close(fd)
            for temporary in drafts.values():
                with suppress(OSError):
                    os.unlink(temporary, dir_fd=self._at)

    def _filled(self, path: str, temporary: str, file: Small) -> int:
        with told(path):
            there = Spot(at=self._at, name=name_of(path), parts=())
            mode = mode_for(there, path, file.mode)
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=self._at)
            try:
                write_all(fd, file.content)
                os.fchmod(fd, mode)
            except OSError:
                os.close(fd)
                raise
        return fd

    def _named(self, drafts: Mapping[str, str]) -> set[str]:
        named = set[str]()
        for path, temporary in drafts.items():
            with suppress(Problem), told(path):
                os.rename(temporary, name_of(path), src_dir_fd=self._at, dst_dir_fd=self._at)
                named.add(path)
        with told(next(iter(drafts), "")):
            if self._durable:
                os.fsync(self._at)
        return named
