"""The spool: files that plugins upload are moved here, each into a folder of its own, and wait for the centre.

Plugins own what they leave, so nothing of it is believed: no link is followed, only plain files count.
"""

import errno
import hashlib
import json
import logging
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from dragoman.agent.runlog import Left
from dragoman.core.edge import Firing, Parcel
from dragoman.core.errors import Unavailable
from dragoman.core.measurements import EARLIEST, is_key

log = logging.getLogger(__name__)

DATA, META = "data", "meta"
MOST_META = 1 << 16
MOST_NAME = 200
"""Bytes of a file's name."""
_FOLDER = re.compile(r"(\d{18,19})-[0-9a-f]{40}")
_UNFIT = re.compile(r"[/\x00-\x1f\x7f]")
_KEYS, _CHARACTERS = 24, 256


class Spool:
    """Plain functions that block; call them from a worker thread."""

    def __init__(self, root: str) -> None:
        self.root = root
        os.makedirs(root, mode=0o700, exist_ok=True)

    def gather(self, uploads: str, firing: Firing, system: Mapping[str, str]) -> list[Parcel]:
        """Move every finished upload of an execution here; ``system`` is the meta that the node gives.

        Doing it again finds what an earlier attempt has moved. Raises Unavailable when something cannot be moved now.
        """
        try:
            source = os.open(uploads, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            return self.left_by(firing, system)
        try:
            for name in sorted(os.listdir(source)):
                if _FOLDER.fullmatch(name) and _is_whole(source, name):
                    _move(name, source, os.path.join(self.root, f"{firing.id}-{name}"))
        finally:
            os.close(source)
        return self.left_by(firing, system)

    def take_file(self, uploads: str, left: Left, firing: Firing) -> None:
        """Move a file here that is no folder yet; one that was moved before, or is gone, is no error.

        Raises Unavailable when it cannot be moved now.
        """
        digest = hashlib.sha1(left.name.encode(errors="surrogateescape")).hexdigest()  # noqa: S324 - a name
        folder = os.path.join(self.root, f"{firing.id}-{left.at}-{digest}")
        if os.path.exists(os.path.join(folder, DATA)):
            return
        try:
            source = os.open(uploads, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            return
        try:
            with _kept():
                os.makedirs(folder, mode=0o700, exist_ok=True)
                with open(os.path.join(folder, META), "w", encoding="utf-8") as meta:
                    json.dump({"timestamp": left.at, "labels": left.meta}, meta)
            _move(left.name, source, os.path.join(folder, DATA))
        finally:
            os.close(source)

    def left_by(self, firing: Firing, system: Mapping[str, str]) -> list[Parcel]:
        """What lies here of an execution; what is no upload after all is thrown away."""
        prefix = f"{firing.id}-"
        found = []
        for name in sorted(os.listdir(self.root)):
            if name.startswith(prefix):
                parcel = self._read(name, system)
                if parcel is None:
                    log.warning("the upload %s of %s is no plain file with a meta: dropped", name, firing.pod)
                    self.remove(name)
                else:
                    found.append(parcel)
        return found

    def owners(self) -> dict[int, list[str]]:
        """The folders here by the id of the firing that left them."""
        found: dict[int, list[str]] = {}
        for name in os.listdir(self.root):
            owner = name.partition("-")[0]
            found.setdefault(int(owner) if owner.isdecimal() else 0, []).append(name)
        return found

    def open(self, folder: str) -> int:
        """A descriptor of a parcel's bytes. Raises OSError, also for what has become no plain file: it never waits."""
        how = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        file = os.open(os.path.join(self.root, folder, DATA), how)
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise OSError(errno.EINVAL, "It is no plain file")
        return file

    def remove(self, folder: str) -> None:
        """Delete a parcel; a missing one is no error."""
        with suppress(OSError):
            os.unlink(os.path.join(self.root, folder))  # should it be a link
        shutil.rmtree(os.path.join(self.root, folder), ignore_errors=True)

    def _read(self, folder: str, system: Mapping[str, str]) -> Parcel | None:
        place = os.path.join(self.root, folder)
        told = None if os.path.islink(place) else _meta_in(place)
        size = _plain_size(os.path.join(place, DATA))
        if told is None or size is None:
            return None
        at, labels = told
        named = labels.pop("filename", "") or "data"
        filename = _file_name(named)
        meta = {**dict(_fit(labels)), **system, "filename": filename}
        return Parcel(folder=folder, at=at, filename=filename, meta=meta, size=size)


@contextmanager
def _kept() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(f"An upload cannot be kept now: {error.strerror}.", hint="Free disk space.") from error


def _move(name: str, source: int, target: str) -> None:
    """Have what a plugin left at the target; what is there already, or gone, is no error. Raises Unavailable."""
    passed = (errno.ENOENT, errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR)
    with _kept():
        try:
            os.rename(name, target, src_dir_fd=source)
        except OSError as error:
            if error.errno not in passed:
                raise


def _is_whole(source: int, name: str) -> bool:
    """Whether an upload is written to its end: its meta comes last."""
    try:
        folder = os.stat(name, dir_fd=source, follow_symlinks=False)
        meta = os.stat(f"{name}/{META}", dir_fd=source, follow_symlinks=False)
    except OSError:
        return False
    return stat.S_ISDIR(folder.st_mode) and stat.S_ISREG(meta.st_mode) and meta.st_size > 0


def _meta_in(place: str) -> tuple[int, dict[str, str]] | None:
    try:
        file = os.open(os.path.join(place, META), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            told: Any = json.loads(os.read(file, MOST_META))
        finally:
            os.close(file)
    except (OSError, ValueError, RecursionError):
        return None
    labels, at = (told.get("labels"), told.get("timestamp")) if isinstance(told, dict) else (None, None)
    if not isinstance(labels, dict) or type(at) is not int or not EARLIEST <= at < 1 << 63:
        return None
    return at, {str(key): value for key, value in labels.items() if isinstance(value, str)}


def _plain_size(path: str) -> int | None:
    try:
        there = os.lstat(path)
    except OSError:
        return None
    return there.st_size if stat.S_ISREG(there.st_mode) else None


def _fit(labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    fit = [(key, value) for key, value in labels.items() if is_key(key) and len(value) <= _CHARACTERS]
    yield from fit[:_KEYS]


def _file_name(name: str) -> str:
    plain = _UNFIT.sub("_", name).encode(errors="replace")[:MOST_NAME].decode(errors="ignore")
    return "data" if plain in {"", ".", ".."} else plain
