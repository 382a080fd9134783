"""Unpacks archives from people below a directory: safely, within limits, as a stream.

What is read comes from the standard library's zipfile and tarfile; what is written, and where, is decided in landing.
"""

import bz2
import gzip
import io
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from typing import BinaryIO

from dragoman.shells.below import folder, told
from dragoman.shells.landing import Landing, UnpackLimits
from dragoman.shells.members import Member, Readable, reading
from dragoman.shells.tars import is_tar, tar_members
from dragoman.shells.turns import Work
from dragoman.shells.xz import XzReader
from dragoman.shells.zips import MAGICS, zip_members

__all__ = ["UnpackLimits", "unpack"]

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz")


def _xz(source: BinaryIO) -> Readable:
    return io.BufferedReader(XzReader(source), 1 << 16)


_DECODERS: Mapping[bytes, Callable[[BinaryIO], Readable]] = {
    b"\x1f\x8b": lambda source: gzip.GzipFile(fileobj=source),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": _xz,
}


def unpack(directory: str, source: BinaryIO, name: str, limits: UnpackLimits) -> Work[bool]:
    """Unpack an archive below the directory; False, with nothing done and ``source`` at its start, when it is none.

    Only a file whose name has an archive's suffix (any of SUFFIXES, in any case) and whose content is a zip or a tar,
    plain or compressed, is one: a .docx or .jar stays as it is, and so does a .tar.gz without a tar in it.

    Files keep their execution bits and times and can always be read and written by their owner; links are kept when
    they stay inside. Later members, and later archives, replace earlier files. Raises Invalid for a member that would
    escape, is encrypted, special or clashes with a directory, and for a damaged archive; TooLarge beyond the limits;
    Unavailable when the disk is full. What was unpacked until then stays.
    """
    members = _members(source, limits) if name.lower().endswith(SUFFIXES) else None
    if members is None:
        source.seek(0)
        return False
    with (
        closing(members),
        told("the working directory", writing=True),
        folder(directory) as root,
        closing(Landing(root, limits)) as landing,
    ):
        for member in members:
            yield from landing.take(member)
            yield
    return True


def _members(source: BinaryIO, limits: UnpackLimits) -> Generator[Member, None, None] | None:
    source.seek(0)
    head = source.read(512)
    source.seek(0)
    if head.startswith(MAGICS):
        return zip_members(source, limits.members)
    if is_tar(head):
        return tar_members(source)
    for magic, decoder in _DECODERS.items():
        if head.startswith(magic) and _holds_tar(source, decoder):
            return tar_members(decoder(source))
    return None


def _holds_tar(source: BinaryIO, decoder: Callable[[BinaryIO], Readable]) -> bool:
    with reading():
        head = decoder(source).read(512)
    source.seek(0)
    return is_tar(head)
