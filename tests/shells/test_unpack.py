"""What comes out of an archive, and what never does."""

import errno
import gzip
import io
import lzma
import os
import stat
import struct
import tarfile
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dragoman.core.errors import Invalid, Problem, TooLarge
from dragoman.shells.turns import finish
from dragoman.shells.unpack import UnpackLimits, unpack
from tests.shells.things import files_below, special, tarred, zipped

LIMITS = UnpackLimits(bytes=1 << 20, members=100)
LINK = 0o120777


def unpacked(work: Path, archive: bytes, name: str = "a.zip", limits: UnpackLimits = LIMITS) -> bool:
    return finish(unpack(str(work), io.BytesIO(archive), name, limits))


def why(work: Path, archive: bytes, name: str = "a.tar") -> str:
    """What is said about an archive that is refused; nothing but the working directory is there afterwards."""
    with pytest.raises(Invalid) as caught:
        unpacked(work, archive, name)
    assert [work] == list(work.parent.iterdir())
    return str(caught.value)


FORMATS: dict[str, Callable[..., bytes]] = {
    "a.zip": zipped,
    "A.ZIP": zipped,
    "a.tar": tarred,
    "a.tar.gz": lambda *members: tarred(*members, mode="w:gz"),
    "a.tgz": lambda *members: tarred(*members, mode="w:gz"),
    "a.tar.bz2": lambda *members: tarred(*members, mode="w:bz2"),
    "a.tar.xz": lambda *members: tarred(*members, mode="w:xz"),
    "wrongly-named.zip": lambda *members: tarred(*members, mode="w:xz"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_archives_are_known_by_their_content(work: Path, name: str) -> None:
    """Zip, tar and compressed tar are unpacked, whichever archive's suffix the name has."""
    archive = FORMATS[name](("a/b/c.txt", b"c" * 300_000), ("./d", b"d"), ("empty", b""))
    assert unpacked(work, archive, name)
    assert {"a/b/c.txt": b"c" * 300_000, "d": b"d", "empty": b""} == files_below(work)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.docx", zipped(("a", b"a"))),
        ("a.txt", tarred(("a", b"a"))),
        ("a.gz", tarred(("a", b"a"), mode="w:gz")),
        ("a.tar.gz", gzip.compress(b"no tar" * 1000)),
        ("a.tar.gz", gzip.compress(b"")),
        ("a.zip", b"plain text"),
        ("a.zip", b""),
        ("a.zip", b"MZ..." + zipped(("a", b"a"))),
    ],
    ids=range(8),
)
def test_anything_else_is_left_alone(work: Path, name: str, content: bytes) -> None:
    """What is no archive by name and content is not touched, and its stream stands at its start."""
    source = io.BytesIO(content)
    assert not finish(unpack(str(work), source, name, LIMITS))
    assert (0, {}) == (source.tell(), files_below(work))


def test_an_empty_zip_is_an_archive(work: Path) -> None:
    """It holds nothing, and that is what is unpacked."""
    assert unpacked(work, zipped())
    assert [] == list(work.iterdir())


@pytest.mark.parametrize("mode", [0o755, 0o100, 0o000, 0o6777, 0o444])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_modes_are_kept_as_far_as_they_are_safe(work: Path, kind: str, mode: int) -> None:
    """Execution bits stay, the owner can read and write, nothing is setuid or setgid."""
    info = special("run", tarfile.REGTYPE)
    info.mode = mode
    unpacked(work, tarred(info) if kind == "tar" else zipped(("run", b""), mode=0o100000 | mode), f"a.{kind}")
    got = (work / "run").stat().st_mode
    assert stat.S_IMODE(got) & 0o7700 == (mode | 0o600) & 0o700


@pytest.mark.parametrize(("changed", "kept"), [(1_600_000_000, True), (-5, False), (4_000_000_000, False)])
def test_times_are_kept_when_they_are_sane(work: Path, changed: int, kept: bool) -> None:
    """A file's time comes from the archive unless it lies before 1970 or in the future."""
    info = special("f", tarfile.REGTYPE)
    info.mtime = changed
    unpacked(work, tarred(info), "a.tar")
    assert kept == ((work / "f").stat().st_mtime == changed)


def test_a_zip_has_times_too(work: Path) -> None:
    """They are read as UTC."""
    unpacked(work, zipped(("f", b"")))
    assert time.gmtime((work / "f").stat().st_mtime)[:6] == (2020, 2, 2, 2, 2, 2)


@pytest.mark.parametrize("name", ["/x", "//x", "..", "../x", "a/../../x", "a/../x", "C:\\x", "c:/x"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_no_name_leads_outside(work: Path, kind: str, name: str) -> None:
    """Absolute names, drives, '..' and NUL are refused by name, and nothing is touched."""
    archive = zipped((name, b"evil")) if kind == "zip" else tarred((name, b"evil"))
    assert "outside the working directory" in why(work, archive, f"a.{kind}")
    assert [] == list(work.iterdir())


def test_no_name_has_a_nul(work: Path) -> None:
    """What stands behind it would be lost, so that the name could be another one's."""
    info = special("x", tarfile.REGTYPE)
    info.pax_headers = {"path": "a\0b"}
    assert "a\\x00b: It would be" in why(work, tarred(info))
    assert "a\\x00b: It would be" in why(work, zipped(("a\0b", b"")))


def test_a_backslash_parts_names_where_it_did_when_packed(work: Path) -> None:
    """In a zip from Windows it is a slash, in one from Unix a character like others."""
    unpacked(work, zipped(("dir\\sub\\f", b"1"), system=0))
    unpacked(work, zipped(("dir\\f", b"2"), system=3))
    assert {"dir/sub/f": b"1", "dir\\f": b"2"} == files_below(work)
    assert "outside" in why(work, zipped(("a\\..\\..\\x", b""), system=0))
    assert "outside" in why(work, zipped(("C:x", b""), system=0))


@pytest.mark.parametrize("name", ["caf\u00e9/\u2713", "caf\u00e9"])
def test_names_are_utf8_or_what_zip_had_before(work: Path, name: str) -> None:
    """Zip names come out as they went in, whether they fit the old code page or not."""
    unpacked(work, zipped((name, b"x")))
    assert {name: b"x"} == files_below(work)


def test_tar_names_need_not_be_text(work: Path) -> None:
    """A name that is no UTF-8 is kept byte by byte."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("caf\udce9"))
    unpacked(work, buffer.getvalue(), "a.tar")
    assert [b"caf\xe9"] == os.listdir(os.fsencode(work))


@pytest.mark.parametrize("target", ["d/f", "./d", "nowhere"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_links_that_stay_inside_are_kept(work: Path, kind: str, target: str) -> None:
    """A symbolic link is made as it is in the archive."""
    tar = tarred(("d/f", b""), special("d/e/up", tarfile.SYMTYPE, f"../../{target}"))
    packed = zipped(("d/e/up", f"../../{target}".encode()), mode=LINK)
    unpacked(work, tar if kind == "tar" else packed, f"a.{kind}")
    assert f"../../{target}" == os.readlink(work / "d/e/up")


@pytest.mark.parametrize("target", ["/etc/passwd", "..", "../../x", "a/../../x", "a/../b", "x\0y", ""])
def test_links_that_lead_outside_are_refused(work: Path, target: str) -> None:
    """Neither '/' nor '..' takes a symbolic link out of the directory; '..' after a name is not trusted at all."""
    assert "link: It is a symbolic link" in why(work, zipped(("link", target.encode()), mode=LINK))
    info = special("link", tarfile.SYMTYPE)
    info.pax_headers = {"linkpath": target}
    assert "link: It is a symbolic link" in why(work, tarred(info))


def test_links_go_up_no_further_than_they_are_deep(work: Path) -> None:
    """As many '..' as there are directories above the link lead to the working directory itself."""
    unpacked(work, tarred(special("a/b/link", tarfile.SYMTYPE, "../..")), "a.tar")
    assert "a/b/out: It is a symbolic link" in why(work, tarred(special("a/b/out", tarfile.SYMTYPE, "../../..")))


def test_nothing_is_written_through_a_link(work: Path) -> None:
    """A member below a link is refused, also below one that stays inside."""
    link = special("link", tarfile.SYMTYPE, "d")
    assert "link/f" in why(work, tarred(("d/f", b"old"), link, ("link/f", b"new")))
    assert (work / "d" / "f").read_bytes() == b"old"


def test_a_file_replaces_a_link(work: Path) -> None:
    """The later of two members of one name wins, and what the link led to stays as it was."""
    unpacked(work, tarred(("f", b"old"), special("link", tarfile.SYMTYPE, "f"), ("link", b"new")), "a.tar")
    assert {"f": b"old", "link": b"new"} == files_below(work)


def test_a_link_from_before_is_not_followed(work: Path) -> None:
    """A link that stands in the directory already leads no member outside."""
    outside = work.parent.parent / "outside"
    outside.mkdir()
    (work / "d").symlink_to(outside)
    assert "d/f" in why(work, zipped(("d/f", b"evil")), "a.zip")
    assert [] == list(outside.iterdir())


def test_hard_links_lead_to_files_before_them(work: Path) -> None:
    """A hard link to a file of the archive is one, also when it comes twice or leads to itself."""
    links = [special("d/l", tarfile.LNKTYPE, "./f"), special("f", tarfile.LNKTYPE, "f")]
    unpacked(work, tarred(("f", b"1"), *links, *links), "a.tar")
    assert {"f": b"1", "d/l": b"1"} == files_below(work)


@pytest.mark.parametrize("target", ["later", "../outside", "/etc/passwd", "soft", "d"])
def test_other_hard_links_are_refused(work: Path, target: str) -> None:
    """A hard link to what is outside, missing, a link or a directory is refused."""
    before = (special("soft", tarfile.SYMTYPE, "d"), special("d", tarfile.DIRTYPE))
    assert "" != why(work, tarred(*before, special("l", tarfile.LNKTYPE, target), ("later", b"")))
    assert not (work / "l").exists()


@pytest.mark.parametrize("kind", [tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, b"V"])
def test_special_files_are_refused(work: Path, kind: bytes) -> None:
    """Devices and FIFOs are no input of a job."""
    assert "dev: It is a device" in why(work, tarred(special("dev", kind)))
    assert "dev: It is a device" in why(work, zipped(("dev", b""), mode=0o010644))


def test_an_encrypted_zip_is_refused(work: Path) -> None:
    """It says so, instead of that something is damaged."""
    archive = bytearray(zipped(("secret.txt", b"")))
    for header, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        archive[archive.index(header) + offset] |= 1
    assert "secret.txt: It is encrypted" in why(work, bytes(archive))


def _cut(archive: bytes) -> bytes:
    return archive[: len(archive) * 2 // 3]


def _flipped(archive: bytes) -> bytes:
    return archive.replace(b"needle", b"noodle")


@pytest.mark.parametrize(
    ("name", "archive"),
    [
        ("a.zip", _cut(zipped(("f", os.urandom(5000))))),
        ("a.zip", b"PK\3\4" + b"?" * 100),
        ("a.tar", _cut(tarred(("f", b"x" * 50_000)))),
        ("a.tar", tarred(("f", b"x" * 600))[:1536] + b"?" * 1024),
        ("a.tar.gz", _cut(tarred(("f", os.urandom(50_000)), mode="w:gz"))),
        ("a.tar.gz", tarred(("f", b"x"), mode="w:gz")[:-6] + b"\0\0\0\0\0\0"),
        ("a.tar.bz2", _cut(tarred(("f", os.urandom(5000)), mode="w:bz2"))),
        ("a.tar.xz", _cut(tarred(("f", os.urandom(50_000)), mode="w:xz"))),
        ("a.tar.xz", tarred(("f", os.urandom(500)), mode="w:xz")[:20] + b"????"),
    ],
    ids=range(9),
)
def test_a_damaged_archive_is_refused(work: Path, name: str, archive: bytes) -> None:
    """What is cut short or was changed is never taken for whole."""
    assert "archive: It is damaged: " in why(work, archive, name)


def test_a_changed_file_in_a_zip_is_noticed(work: Path) -> None:
    """The check sum of every file is compared."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("f", b"a needle in a haystack")
    assert "Bad CRC-32" in why(work, _flipped(buffer.getvalue()))


def test_later_archives_overlay_earlier_ones(work: Path) -> None:
    """Files are replaced, directories are shared."""
    unpacked(work, zipped(("case/a", b"1"), ("case/b", b"1")))
    unpacked(work, tarred(special("case", tarfile.DIRTYPE), ("case/b", b"2"), ("case/c", b"2")), "b.tar")
    assert {"case/a": b"1", "case/b": b"2", "case/c": b"2"} == files_below(work)


@pytest.mark.parametrize("members", [("x", "x/y"), ("x/y", "x"), ("x", "x/"), (".",), ("x/" + "n" * 300,)])
def test_what_cannot_be_there_is_refused(work: Path, members: tuple[str, ...]) -> None:
    """A file cannot become a directory, a directory no file, and no name can be too long."""
    assert "" != why(work, zipped(*((name, b"") for name in members)))


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar.xz", "a.tar.bz2"])
def test_bytes_are_counted_as_they_come(work: Path, name: str) -> None:
    """An archive that becomes too large is stopped at the limit, which is named."""
    archive = FORMATS[name](*((f"f{n}", bytes(3 << 18)) for n in range(9)))
    with pytest.raises(TooLarge, match=r"local[.]unpack_bytes"):
        unpacked(work, archive, name)
    assert sum(map(len, files_below(work).values())) <= LIMITS.bytes


@pytest.mark.parametrize("folders", ["", "d{}/e/"])
@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_members_are_counted_as_they_come(work: Path, name: str, folders: str) -> None:
    """So are the directories that nobody lists."""
    archive = FORMATS[name](*((folders.format(n) + f"f{n}", b"") for n in range(60 if folders else 101)))
    with pytest.raises(TooLarge, match=r"local[.]unpack_members"):
        unpacked(work, archive, name)
    assert len(list(work.rglob("*"))) <= 2 * LIMITS.members


def test_a_long_list_of_members_is_not_even_read(work: Path) -> None:
    """The list of a zip that is too long is refused before it fills the memory."""
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", *[20] * 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 9, 9, 46 * 30_000, 4, 0)
    with pytest.raises(TooLarge, match=r"local[.]unpack_members"):
        unpacked(work, b"PK\3\4" + entry * 30_000 + end)


@pytest.mark.parametrize("value", ["x" * (1 << 18), "1" * 60_000])
def test_a_long_header_is_refused(work: Path, value: str) -> None:
    """A header that would fill the memory, or a number that would take minutes to read, is refused at once."""
    info = special("f", tarfile.REGTYPE)
    info.pax_headers = {"comment": value}
    began = time.process_time()
    assert "archive: It is damaged: a header " in why(work, tarred(info))
    assert time.process_time() - began < 2


def test_global_headers_do_not_pile_up(work: Path) -> None:
    """Records that hold for all members that follow are kept by tarfile: only so many of them."""
    blocks = []
    for number in range(9):
        info = special("f", tarfile.REGTYPE)
        blocks.append(info.create_pax_global_header({f"key{number}": "x" * 30_000}) + info.tobuf())
    assert "global headers are too long" in why(work, b"".join(blocks) + bytes(1024))


def test_an_xz_that_wants_much_memory_is_refused(work: Path) -> None:
    """The size of its dictionary is the archive's word, and can be 4 GiB."""
    archive = bytearray(tarred(("f", b"x"), mode="w:xz"))
    end = 12 + (archive[12] + 1) * 4
    archive[archive.index(b"\x21\x01", 12) + 2] = 40
    archive[end - 4 : end] = struct.pack("<I", zlib.crc32(archive[12 : end - 4]))
    assert "Memory usage limit exceeded" in why(work, bytes(archive))


def test_xz_streams_may_follow_each_other(work: Path) -> None:
    """Parallel packers write several, with zeros between them."""
    tar = tarred(("f", b"x" * 5000))
    archive = lzma.compress(tar[:3000]) + bytes(8) + lzma.compress(tar[3000:]) + bytes(4)
    assert unpacked(work, archive, "a.txz")
    assert {"f": b"x" * 5000} == files_below(work)


def test_many_members_are_quick(work: Path) -> None:
    """Thousands of files in many directories take no time worth a word."""
    limits = UnpackLimits()
    archive = zipped(*((f"case/processor{n % 150}/0/{'deep/' * 5}f{n}", b"x") for n in range(3000)))
    began = time.process_time()
    assert unpacked(work, archive, limits=limits)
    assert time.process_time() - began < 20
    assert len(files_below(work)) == 3000


parts = st.sampled_from(["a", "b", "..", ".", "", "/", "C:", "\\", "a\\b", "..\\", "\0", "\u00e9", "x" * 300])
paths = st.lists(parts, min_size=1, max_size=5).map("/".join) | st.text(max_size=12)
members = st.tuples(paths, st.sampled_from(["file", "symlink", "hardlink", "folder"]), paths)


def _as_tar(wanted: list[tuple[str, str, str]]) -> bytes:
    kinds = {"symlink": tarfile.SYMTYPE, "hardlink": tarfile.LNKTYPE, "folder": tarfile.DIRTYPE}
    return tarred(*((name, b"x") if kind == "file" else special(name, kinds[kind], to) for name, kind, to in wanted))


def _as_zip(wanted: list[tuple[str, str, str]], system: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, kind, to in wanted:
            info = zipfile.ZipInfo("x")
            info.filename, info.create_system = name, system
            info.external_attr = {"symlink": LINK, "folder": 0o040755}.get(kind, 0o100644) << 16
            archive.writestr(info, to.encode() if kind == "symlink" else b"")
    return buffer.getvalue()


def _end(path: Path) -> Path:
    """Where a path leads; one that runs in circles leads nowhere, and realpath would not say so."""
    try:
        path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            return path
    return Path(os.path.realpath(path))


def _said(work: Path, archive: bytes) -> str:
    try:
        return str(unpacked(work, archive))
    except Problem as problem:
        return str(problem)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@example(wanted=[("a", "symlink", "a//")], system=None)
@settings(max_examples=200)
@given(wanted=st.lists(members, max_size=8), system=st.sampled_from([None, 0, 3]))
def test_nothing_ever_gets_outside(wanted: list[tuple[str, str, str]], system: int | None) -> None:
    """Whatever names and links an archive holds: all that it makes, and all that its links lead to, is inside."""
    try:
        archive = _as_tar(wanted) if system is None else _as_zip(wanted, system)
    except (ValueError, struct.error):
        return
    with tempfile.TemporaryDirectory() as top:
        parent = Path(os.path.realpath(top))
        work = parent / "work"
        work.mkdir()
        (parent / "sentinel").write_text("kept")
        assert _said(work, archive).isprintable()
        assert ["sentinel", "work"] == sorted(os.listdir(parent))
        assert (parent / "sentinel").read_text() == "kept"
        assert all(_end(path).is_relative_to(work) for path in work.rglob("*"))
