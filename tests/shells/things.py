"""What the tests of shells share: archives made in memory, and a process with fewer rights."""

import asyncio
import io
import multiprocessing
import os
import resource
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

NOBODY = 65534


def zipped(*members: tuple[str, bytes], mode: int = 0o100644, system: int = 3) -> bytes:
    """A zip of (name, content) with one Unix mode for all, as made on ``system`` (3: Unix, 0: DOS)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo("x" * len(name), (2020, 2, 2, 2, 2, 2))
            info.filename, info.orig_filename = name, name
            info.create_system, info.external_attr = system, mode << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def tarred(*members: tarfile.TarInfo | tuple[str, bytes], mode: str = "w") -> bytes:
    """A tar of members, each ready-made or (name, content); ``mode`` as tarfile has it: ``w:gz``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size, info.mode, info.mtime = len(member[1]), 0o644, 1_600_000_000
                archive.addfile(info, io.BytesIO(member[1]))
    return buffer.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """A member of a tar that is no plain file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def files_below(directory: Path) -> dict[str, bytes]:
    """The content of all regular files, by path."""
    found = (path for path in directory.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(directory)): path.read_bytes() for path in found}


def as_nobody(work: Callable[..., T], *args: Any) -> T:
    """Call ``work`` in a process without the rights of root (when we have them) that may not write large files."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_with_few_rights, work, *args).result()


def _with_few_rights(work: Callable[..., T], *args: Any) -> T:
    # What the library loads late may lie where nobody may read.
    asyncio.run(asyncio.to_thread("".encode, "cp437"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    return work(*args)


@contextmanager
def nobodys_directory() -> Iterator[Path]:
    """An empty directory that belongs to whom ``as_nobody`` runs as."""
    path = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    try:
        yield path
    finally:
        shutil.rmtree(path)
