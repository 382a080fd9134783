"""Archives that burst, lead out of their directory, or are none: the job says why, and nothing else is touched."""

import bz2
import gzip
import io
import lzma
import secrets
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.processes import bytes_below, found_below
from tests.scenarios.rescale import FINISHED, Json, Rescale, basic
from tests.service import Service, running_service

LIMIT = 1_000_000
MEMBERS = 100


@pytest.fixture(scope="module")
def cramped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that lets an archive become a megabyte or a hundred members."""
    limits = {"DRAGOMAN_LOCAL_UNPACK_BYTES": str(LIMIT), "DRAGOMAN_LOCAL_UNPACK_MEMBERS": str(MEMBERS)}
    with running_service(tmp_path_factory.mktemp("cramped"), limits) as service:
        yield service


@pytest.fixture(scope="module")
def ada(cramped: Service) -> Iterator[Rescale]:
    with cramped.client(cramped.account("ada").token) as http:
        yield Rescale(http)


def zipped(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def tarred(*members: tuple[tarfile.TarInfo, bytes], encoding: str = "utf-8") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", encoding=encoding, format=tarfile.GNU_FORMAT) as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


def member(name: str, **facts: Any) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for key, value in facts.items():
        setattr(info, key, value)
    return info


def lying(content: bytes) -> bytes:
    """A zip that says everywhere that its member has ten bytes."""
    honest = zipped({"big": content})
    return honest.replace(struct.pack("<I", len(content)), struct.pack("<I", 10))


ZEROS = bytes(50_000_000)
BOMBS: dict[str, Callable[[], bytes]] = {
    "zip": lambda: zipped({"big": ZEROS}),
    "zip that lies about its size": lambda: lying(ZEROS),
    "zip of many members": lambda: zipped({f"{number}": b"" for number in range(10 * MEMBERS)}),
    "zip of one deep path": lambda: zipped({"d/" * 5000 + "x": b""}),
    "tar.gz": lambda: gzip.compress(tarred((member("big"), ZEROS)), 1),
    "tar.bz2": lambda: bz2.compress(tarred((member("big"), ZEROS)), 1),
    "tar.xz": lambda: lzma.compress(tarred((member("big"), ZEROS)), preset=0),
    "tar of many members": lambda: tarred(*((member(f"{number}"), b"") for number in range(10 * MEMBERS))),
    "tar with an endless name": lambda: tarred((member("x" * 2_000_000), b"")),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_does_not_burst(cramped: Service, ada: Rescale, kind: str) -> None:
    """The job ends with a reason that names the file; the disk and the service are unharmed."""
    before = bytes_below(cramped.data)
    bomb = ada.upload(BOMBS[kind](), "bomb." + kind.partition(" ")[0])
    job = ada.run(basic("echo never", inputs=(bomb,)))
    assert "bomb." in ada.end(job)
    assert "Executing" not in ada.words(job)
    assert bytes_below(cramped.data) - before < 10 * LIMIT
    assert ["alive"] == ada.said(ada.run("echo alive"))


def evil(name: str) -> dict[str, bytes]:
    """Archives whose member of this name leads out of the directory, or tries to."""
    return {
        "zip with ..": zipped({f"../{name}": b"x"}),
        "zip with .. inside": zipped({f"a/../../../{name}": b"x"}),
        "zip with an absolute name": zipped({f"/tmp/{name}": b"x"}),
        "zip with backslashes": zipped({f"..\\..\\{name}": b"x"}),
        "zip with a drive": zipped({f"C:\\{name}": b"x"}),
        "tar with ..": tarred((member(f"../{name}"), b"x")),
        "tar with an absolute name": tarred((member(f"/tmp/{name}"), b"x")),
        "tar with a link out": tarred(
            (member("out", type=tarfile.SYMTYPE, linkname="/tmp"), b""), (member(f"out/{name}"), b"x")
        ),
        "tar with a link up": tarred(
            (member("up", type=tarfile.SYMTYPE, linkname="../.."), b""), (member(f"up/{name}"), b"x")
        ),
        "tar with a link for a file": tarred(
            (member("x", type=tarfile.SYMTYPE, linkname=f"/tmp/{name}"), b""), (member("x"), b"x")
        ),
        "tar with a hard link": tarred((member(name, type=tarfile.LNKTYPE, linkname="/etc/passwd"), b"")),
    }


@pytest.mark.parametrize("kind", evil("x"))
def test_nothing_lands_outside(service: Service, api: Rescale, kind: str) -> None:
    """A member that would leave the directory is refused or stays inside; no link is followed."""
    name = f"evil-{secrets.token_hex(8)}"
    archive = api.upload(evil(name)[kind], "evil.zip" if kind.startswith("zip") else "evil.tar")
    job = api.run(basic("find . -type f", inputs=(archive,)))
    places = [Path("/") / name, Path("/tmp") / name, *found_below(service.data.parent, f"**/*{name}*")]
    assert [] == [place for place in places if place.exists()]
    assert api.end(job) == FINISHED or "evil." in api.end(job)
    for path, file in api.outputs(job).items():
        assert not path.startswith("/")
        assert ".." not in path.split("/")
        assert b"root:" not in api.content(file)


def test_a_link_in_an_archive_shows_nothing(api: Rescale) -> None:
    """A link to the host's files is no output, whatever it points at."""
    links = tarred(
        (member("passwd", type=tarfile.SYMTYPE, linkname="/etc/passwd"), b""),
        (member("etc", type=tarfile.SYMTYPE, linkname="/etc"), b""),
    )
    job = api.run(basic("true", inputs=(api.upload(links, "links.tar"),)))
    assert {"process_output.log"} >= set(api.outputs(job))


def test_devices_and_pipes_are_not_made(api: Rescale) -> None:
    """An archive may not make special files; the job says so or goes without them."""
    special = tarred(
        (member("disk", type=tarfile.BLKTYPE, devmajor=254, devminor=0), b""),
        (member("pipe", type=tarfile.FIFOTYPE), b""),
    )
    job = api.run(basic("ls", inputs=(api.upload(special, "special.tar"),)))
    assert not {"disk", "pipe"} & set(api.said(job) if api.end(job) == FINISHED else [])


def test_rights_beyond_the_owners_are_dropped(api: Rescale) -> None:
    """No member becomes set-user-id."""
    sly = tarred((member("sly", mode=0o6777), b"#!/bin/sh\n"))
    job = api.run(basic("stat -c %a sly", inputs=(api.upload(sly, "sly.tar"),)))
    assert 0 == int(api.said(job)[0], 8) & 0o6000


def broken() -> dict[str, bytes]:
    whole = zipped({"a": b"x" * 1000, "b": b"y" * 1000})
    packed = gzip.compress(tarred((member("a"), b"x" * 100_000)))
    return {
        "zip cut in the middle": whole[: len(whole) // 2],
        "zip cut at its end": whole[:-10],
        "zip with a wrong checksum": whole.replace(whole[14:18], b"\0\0\0\0"),
        "zip of nothing but its mark": b"PK\x03\x04",
        "an empty zip": zipped({}),
        "tar.gz cut in the middle": packed[: len(packed) // 2],
        "gzip of no tar": gzip.compress(b"hello"),
        "random": secrets.token_bytes(5000),
        "a member that is a file and a folder": zipped({"a": b"x", "a/b": b"y"}),
        "two members of one name": zipped({"a": b"x", "A": b"y"}),
        "a password": whole[:6] + b"\x01" + whole[7:],
    }


@pytest.mark.parametrize("kind", broken())
def test_a_broken_archive_ends_the_job_or_stays_as_it_is(api: Rescale, kind: str) -> None:
    """The job runs with the file as it was sent, or ends with a reason that names it."""
    archive = api.upload(broken()[kind], "broken.zip")
    job = api.run(basic("echo ran", inputs=(archive,)))
    assert api.end(job) == FINISHED or "broken.zip" in api.end(job)


def test_names_that_are_no_utf8_are_kept_apart(api: Rescale) -> None:
    """Two names that look alike in an answer are two files, each with its own bytes."""
    archive = tarred((member("caf\xe9"), b"one"), (member("caf\xe8"), b"two"), encoding="latin-1")
    job = api.run(basic("true", inputs=(api.upload(archive, "names.tar"),)))
    assert FINISHED == api.end(job)
    files: list[Json] = api.results(f"jobs/{job}/files/", page_size=100)
    assert [b"one", b"two"] == sorted(api.content(one) for one in files if one["name"] != "process_output.log")


def test_names_of_a_zip_are_read_as_they_were_meant(api: Rescale) -> None:
    """Those that say that they are UTF-8, and those of old programs."""
    job = api.run(basic("ls", inputs=(api.upload(zipped({"réseau 网格": b"x"}), "names.zip"),)))
    assert {"réseau 网格", "process_output.log"} == set(api.outputs(job))
