"""Reads the members of a zip archive. Writes nothing."""

import calendar
import os
import stat
from collections.abc import Generator, Iterator
from typing import BinaryIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from dragoman.core.errors import TooLarge
from dragoman.shells.below import PATH_MAX
from dragoman.shells.members import CHUNK, Kind, Member, file_mode, inside, link_inside, reading, refused, sane

MAGICS = (b"PK\3\4", b"PK\5\6")
"""How a zip archive begins, with and without members."""

_DOS = frozenset({0, 6, 10, 14})
"""Creators that may write a backslash between the parts of a name."""
_UNIX = frozenset({3, 19})
"""Creators that keep a file's mode."""
_ENCRYPTED = 0x1
_DOS_FOLDER = 0x10
# What zipfile takes from a bzip2 member at once becomes up to 20,000 times as much in memory.
_PIECES = {ZIP_STORED: CHUNK, ZIP_DEFLATED: CHUNK, ZIP_BZIP2: 4096}


def zip_members(source: BinaryIO, most: int) -> Generator[Member, None, None]:
    """The members in their order. Raises Invalid for one that may not be unpacked, TooLarge beyond ``most``."""
    with reading(), ZipFile(_Listed(source, most)) as archive:
        for info in archive.infolist():
            yield _member(archive, info)


class _Listed:
    """The archive as ZipFile reads it, which takes the whole list of members into memory: not a list of any length."""

    def __init__(self, source: BinaryIO, most: int) -> None:
        self._source, self._most = source, most
        self.seek, self.tell, self.seekable = source.seek, source.tell, source.seekable

    def read(self, size: int = -1) -> bytes:
        if size > max(CHUNK, 256 * self._most):
            raise TooLarge("The archive lists too many members.", hint="The setting local.unpack_members limits it.")
        data = self._source.read(size)
        if size > CHUNK and data.count(b"PK\1\2") > self._most:
            raise TooLarge(f"The archive has more than {self._most} members (local.unpack_members).")
        return data


def _member(archive: ZipFile, info: ZipInfo) -> Member:
    # ZipInfo.filename ends at the first NUL; this is what the archive says.
    name = info.orig_filename
    path = inside(name, dos=info.create_system in _DOS)
    if info.flag_bits & _ENCRYPTED:
        raise refused(name, "It is encrypted; pack it without a password.")
    if info.compress_type not in _PIECES:
        raise refused(name, f"It is compressed by method {info.compress_type}; pack it with the usual one, deflate.")
    kind = _kind(info, path)
    if kind is Kind.FOLDER:
        return Member(path=path, kind=kind)
    if kind is Kind.SYMLINK:
        return Member(path=path, kind=kind, target=link_inside(path, _link_text(archive, info)))
    mode = info.external_attr >> 16 if info.create_system in _UNIX else 0o644
    return Member(path=path, kind=kind, mode=file_mode(mode), changed=_changed(info), chunks=_chunks(archive, info))


def _kind(info: ZipInfo, path: str) -> Kind:
    mode = stat.S_IFMT(info.external_attr >> 16) if info.create_system in _UNIX else 0
    ends = "/\\" if info.create_system in _DOS else "/"
    if (
        stat.S_ISDIR(mode)
        or info.orig_filename.endswith(tuple(ends))
        or (not mode and info.external_attr & _DOS_FOLDER)
    ):
        return Kind.FOLDER
    if stat.S_ISLNK(mode):
        return Kind.SYMLINK
    if mode in (0, stat.S_IFREG):
        return Kind.FILE
    raise refused(path, "It is a device or another special file.")


def _link_text(archive: ZipFile, info: ZipInfo) -> str:
    with archive.open(info) as content:
        return os.fsdecode(content.read(PATH_MAX))


def _changed(info: ZipInfo) -> float | None:
    try:
        return sane(calendar.timegm((*info.date_time, 0, 0, 0)))
    except ValueError:
        return None


def _chunks(archive: ZipFile, info: ZipInfo) -> Iterator[bytes]:
    with reading(), archive.open(info) as content:
        while chunk := content.read(_PIECES[info.compress_type]):
            yield chunk
