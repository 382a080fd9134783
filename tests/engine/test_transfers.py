"""Transfers: everything arrives once and whole, whatever fails and whenever the service ends."""

import asyncio
import hashlib
import io
import os
import random
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from dragoman.core.errors import Conflict, Unavailable
from dragoman.core.paths import address, packed
from dragoman.core.things import Page, Verb
from dragoman.core.transfers import DONE, Element, Part, Transfer, TransferState, TransferView
from dragoman.dialects.tapis3.door import DOOR
from dragoman.engine.transfers import begin_transfer
from dragoman.shells.local_login import LocalLogin
from dragoman.store import queue, transfers
from tests.places.house import LIMITS, House, open_house

pytestmark = pytest.mark.anyio

COMPLETED, FAILED, OPTIONAL = TransferState.COMPLETED, TransferState.FAILED, TransferState.FAILED_OPTIONAL
CANCELLED = TransferState.CANCELLED


def element(source: str, target: str, *, optional: bool = False) -> Element:
    """From ``system/path`` to ``system/path``, or from the web."""
    kept = source if source.startswith("http") else place(source)
    return Element(source=kept, target=place(target), optional=optional)


def place(text: str) -> str:
    system, _, path = text.partition("/")
    return address(system, f"/{path}")


async def start(house: House, *elements: Element, user: str = "ann") -> Transfer:
    asked = await house.desk.transfers.start(house.people[user], DOOR, tag="t", elements=elements)
    return asked.transfer


async def ended(house: House, asked: Transfer, user: str = "ann", seconds: float = 120.0) -> TransferView:
    async with asyncio.timeout(seconds):
        while (await house.desk.transfers.find(house.people[user], asked.alias)).transfer.state not in DONE:
            await asyncio.sleep(0.02)
    return await house.desk.transfers.find(house.people[user], asked.alias, details=True)


async def carried(house: House, *elements: Element) -> TransferView:
    return await ended(house, await start(house, *elements))


def tree(at: Path) -> dict[str, bytes]:
    return {str(path.relative_to(at)): path.read_bytes() for path in sorted(at.rglob("*")) if path.is_file()}


class Host(LocalLogin):
    """A host whose files are opened, and written, through doors that a test can close."""

    def __init__(self) -> None:
        super().__init__("/", lambda argv: argv)
        self.opened: list[str] = []
        self.written: list[str] = []
        self.faults: dict[str, list[Exception]] = {}
        """By file name: what goes wrong, one after another, when it is read."""
        self.gate = asyncio.Event()
        self.gate.set()
        self.gates: dict[str, asyncio.Event] = {}
        """By file name, where it is not the gate of all."""
        self.stuck = asyncio.Event()
        self.pieces = 0

    async def read(self, path: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        name = os.path.basename(path)
        self.opened.append(name)
        async for piece in super().read(path, offset=offset, length=length):
            self.pieces += 1
            yield piece
            if self.faults.get(name):
                raise self.faults[name].pop(0)
            gate = self.gates.get(name, self.gate)
            if not gate.is_set():
                self.stuck.set()
                await gate.wait()

    async def write(
        self, path: str, pieces: AsyncIterator[bytes], *, mode: int | None = None, durable: bool = True
    ) -> int:
        self.written.append(os.path.basename(path))
        return await super().write(path, pieces, mode=mode, durable=durable)


async def test_a_directory_is_recreated_elsewhere(house: House) -> None:
    """All that it holds, with links followed and programs still programs; the target is the new directory."""
    big = random.Random(3).randbytes(3_500_000)
    house.put("vm", "out/b/big", big)
    house.put("vm", "out/run.sh", "#!/bin/sh\n", mode=0o755)
    house.put("vm", "out/a b/ü", "")
    house.at("vm", "out/empty").mkdir()
    house.at("vm", "out/link").symlink_to("run.sh")
    house.at("vm", "out/nowhere").symlink_to("none")
    os.mkfifo(house.at("vm", "out/pipe"))
    view = await carried(house, element("vm/out", "store/x/y"))
    there = house.at("store", "x/y")
    assert (COMPLETED, "") == (view.transfer.state, view.transfer.message)
    assert {"b/big": big, "run.sh": b"#!/bin/sh\n", "a b/ü": b"", "link": b"#!/bin/sh\n"} == tree(there)
    assert (there / "empty").is_dir()
    assert (0o755, 0o644) == ((there / "run.sh").stat().st_mode & 0o777, (there / "a b/ü").stat().st_mode & 0o777)
    assert (8, 8) == (view.tally.files, view.tally.finished)
    assert view.tally.bytes == view.tally.moved == len(big) + 20
    assert {COMPLETED} == {part.state for part in view.files} | {part.state for part, _ in view.elements}
    assert all(part.started_at and part.ended_at for part in view.files)


async def test_files_names_that_are_no_text_arrive(house: House) -> None:
    """Names on hosts are bytes."""
    house.at("vm", "out").mkdir()
    with open(os.fsencode(house.at("vm", "out")) + b"/\xff?#%41", "wb") as file:
        file.write(b"x")
    assert COMPLETED == (await carried(house, element("vm/out", "store/in"))).transfer.state
    assert [b"\xff?#%41"] == os.listdir(os.fsencode(house.at("store", "in")))


async def test_a_file_becomes_the_target(house: House) -> None:
    """It replaces what is there, whole."""
    house.put("vm", "f", "new")
    house.put("store", "d/g", "something old")
    view = await carried(house, element("vm/f", "store/d/g"), element("vm/f", "vm/copy"))
    assert COMPLETED == view.transfer.state
    assert {"d/g": b"new"} == tree(house.at("store"))
    assert b"new" == house.at("vm", "copy").read_bytes()


async def test_something_on_the_web_is_fetched(house: House) -> None:
    """How much it is, is known at the end."""
    house.web.pages["https://example.com/y.txt?v=1"] = b"page"
    view = await carried(house, element("https://example.com/y.txt?v=1", "vm/in/y.txt"))
    assert (COMPLETED, 4, 4) == (view.transfer.state, view.tally.bytes, view.tally.moved)
    assert b"page" == house.at("vm", "in/y.txt").read_bytes()
    missing = await carried(house, element("https://example.com/none", "vm/in/none"))
    assert (FAILED, True) == (missing.transfer.state, "https://example.com/none" in missing.transfer.message)


async def test_what_may_be_secret_of_an_address_is_told_nobody(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever has a signed address can fetch what lies there: neither message nor log repeats what makes it one."""
    caplog.set_level("INFO")
    view = await carried(house, element("https://me:hidden@example.com/none?X-Signature=hidden#hidden", "vm/in/none"))
    assert (FAILED, True) == (view.transfer.state, "https://example.com/none: " in view.transfer.message)
    assert "https://example.com/none: " in caplog.text
    assert "hidden" not in view.transfer.message + caplog.text


async def test_a_link_to_a_directory_above_ends(house: House) -> None:
    """With what may be the reason."""
    house.put("vm", "out/f", "x")
    house.at("vm", "out/up").symlink_to("..")
    view = await carried(house, element("vm/out", "store/in"))
    assert FAILED == view.transfer.state
    assert "link" in view.transfer.message


async def test_what_is_missing_fails_the_transfer(house: House) -> None:
    """The message names it; what else was asked for is not done any more."""
    house.put("vm", "f", "x")
    view = await carried(house, element("vm/none", "store/a"), element("vm/f", "store/b"))
    assert FAILED == view.transfer.state
    assert "vm/none" in view.transfer.message
    assert [FAILED, CANCELLED] == [part.state for part, _ in view.elements]
    assert {} == tree(house.at("store"))


async def test_what_is_optional_may_be_missing(house: House) -> None:
    """Then the rest is a success."""
    house.put("vm", "f", "x")
    house.put("vm", "d/g", "y")
    house.put("store", "taken/x", "")
    optional = [element("vm/none", "store/a", optional=True), element("vm/d", "store/taken/x", optional=True)]
    view = await carried(house, *optional, element("vm/f", "store/b"))
    assert (COMPLETED, "") == (view.transfer.state, view.transfer.message)
    assert [OPTIONAL, OPTIONAL, COMPLETED] == [part.state for part, _ in view.elements]
    assert all(part.message for part, _ in view.elements[:2])
    assert b"x" == house.at("store", "b").read_bytes()


async def test_a_host_that_is_down_for_a_moment_is_asked_again(house: House) -> None:
    """Three times in all; nothing of a failed attempt is left."""
    host = house.hosts.instead["vm"] = Host()
    house.put("vm", "out/f", bytes(3_000_000))
    host.faults["f"] = [Unavailable("The line is down.")] * 2
    view = await carried(house, element("vm/out", "store/in"))
    assert (COMPLETED, ["f"] * 3) == (view.transfer.state, host.opened)
    assert [0, 2] == [part.retries for part in view.files]
    assert {"f": bytes(3_000_000)} == tree(house.at("store", "in"))
    host.faults["f"] = [Unavailable("The line is down.")] * 3
    view = await carried(house, element("vm/out", "store/again"))
    assert FAILED == view.transfer.state
    assert "The line is down." in view.transfer.message
    assert {} == tree(house.at("store", "again"))


async def test_a_host_that_says_no_is_not_asked_again(house: House) -> None:
    """It would say the same."""
    host = house.hosts.instead["vm"] = Host()
    house.put("vm", "f", "x")
    host.faults["f"] = [Conflict("No.")]
    view = await carried(house, element("vm/f", "store/f"))
    assert (FAILED, ["f"]) == (view.transfer.state, host.opened)


async def test_a_file_that_ends_early_is_copied_anew(house: House) -> None:
    """Less than was there at first is no copy."""

    class Short(Host):
        async def read(self, path: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
            self.opened.append(os.path.basename(path))
            async for piece in super().read(path, offset=offset, length=1 if len(self.opened) == 1 else None):
                yield piece

    house.hosts.instead["vm"] = Short()
    house.put("vm", "f", "hello")
    assert COMPLETED == (await carried(house, element("vm/f", "store/f"))).transfer.state
    assert b"hello" == house.at("store", "f").read_bytes()


async def test_a_transfer_is_cancelled_in_the_middle(house: House) -> None:
    """What was finished stays; of the rest nothing is left. Again, or afterwards, it changes nothing."""
    host = house.hosts.instead["vm"] = Host()
    house.put("vm", "out/f", bytes(5_000_000))
    host.gate.clear()
    asked = await start(house, element("vm/out", "store/in"))
    await asyncio.wait_for(host.stuck.wait(), 120)
    await house.desk.transfers.cancel(house.people["ann"], asked.alias)
    view = await ended(house, asked)
    assert (CANCELLED, "") == (view.transfer.state, view.transfer.message)
    assert {} == tree(house.at("store", "in"))
    assert {CANCELLED, COMPLETED} == {part.state for part in view.files}
    await house.desk.transfers.cancel(house.people["ann"], asked.alias)
    assert CANCELLED == (await ended(house, asked)).transfer.state


async def test_progress_can_be_seen(house: House) -> None:
    """While it goes on."""
    host = house.hosts.instead["vm"] = Host()
    house.put("vm", "f", bytes(5_000_000))
    host.gate.clear()
    asked = await start(house, element("vm/f", "store/f"))
    async with asyncio.timeout(120):
        while not (view := await house.desk.transfers.find(house.people["ann"], asked.alias, details=True)).tally.moved:
            await asyncio.sleep(0.05)
    assert (TransferState.IN_PROGRESS, 5_000_000) == (view.transfer.state, view.tally.bytes)
    assert 0 < view.tally.moved < 5_000_000
    assert TransferState.IN_PROGRESS == view.files[0].state
    host.gate.set()
    assert (COMPLETED, 5_000_000) == ((final := await ended(house, asked)).transfer.state, final.tally.moved)


async def test_memory_does_not_grow_with_the_file(house: House) -> None:
    """The source is not read faster than the target takes."""
    host, gate = Host(), asyncio.Event()

    class Slow(LocalLogin):
        async def write(
            self, path: str, pieces: AsyncIterator[bytes], *, mode: int | None = None, durable: bool = True
        ) -> int:
            async for _ in pieces:
                await gate.wait()
            return 0

    house.hosts.instead |= {"vm": host, "store": Slow("/", lambda argv: argv)}
    house.put("vm", "f", bytes(40_000_000))
    asked = await start(house, element("vm/f", "store/f"))
    async with asyncio.timeout(120):
        while not host.pieces:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)
    assert 1 == host.pieces
    gate.set()
    assert COMPLETED == (await ended(house, asked)).transfer.state


async def test_a_transfer_goes_on_after_the_service_has_ended(tmp_path: Path) -> None:
    """What was finished is not copied again; what was not is copied anew, and nothing half is left."""

    async def finished(house: House, asked: Transfer) -> set[str]:
        view = await house.desk.transfers.find(house.people["ann"], asked.alias, details=True)
        return {os.path.basename(part.source) for part in view.files if part.state is COMPLETED} - {"out"}

    async with open_house(tmp_path) as house:
        host = house.hosts.instead["vm"] = Host()
        for name in "abcdef":
            house.put("vm", f"out/{name}", name.encode() * 2_500_000)
        host.gates = {name: asyncio.Event() for name in "def"}
        asked = await start(house, element("vm/out", "store/in"))
        async with asyncio.timeout(120):
            while await finished(house, asked) != set("abc") or set(host.opened) != set("abcdef"):
                await asyncio.sleep(0.02)
    assert set("abc") == set(os.listdir(tmp_path / "hosts/store/in"))
    async with open_house(tmp_path) as house:
        host = house.hosts.instead["vm"] = Host()
        assert COMPLETED == (await ended(house, asked)).transfer.state
        assert set("def") == set(host.opened)
        assert {name: name.encode() * 2_500_000 for name in "abcdef"} == tree(house.at("store", "in"))


class Full(Host):
    """A host that takes no file of one name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    async def write(
        self, path: str, pieces: AsyncIterator[bytes], *, mode: int | None = None, durable: bool = True
    ) -> int:
        if os.path.basename(path) == self._name:
            self.stuck.set()
            await self.gate.wait()
        return await super().write(path, pieces, mode=mode, durable=durable)


def archive(house: House) -> Element:
    """A zip archive on vm, and where what it holds is to go."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        made.mkdir("bin")
        made.writestr("bin/last", b"x" * 2_000_000)
        made.writestr(program := zipfile.ZipInfo("bin/run?#%"), "#!/bin/sh\n")
        program.external_attr = 0o100750 << 16
    house.put("vm", "a.zip", content.getvalue())
    md5 = hashlib.md5(content.getvalue(), usedforsecurity=False).hexdigest()
    return Element(source=packed(place("vm/a.zip"), md5), target=place("store/in"))


async def test_an_archive_is_unpacked_elsewhere(tmp_path: Path) -> None:
    """It is fetched once, also for many files of it; what was finished before the service ended is not copied again."""
    async with open_house(tmp_path) as house:
        source, target = Host(), Full("last")
        house.hosts.instead |= {"vm": source, "store": target}
        target.gate.clear()
        asked = await start(house, archive(house))
        async with asyncio.timeout(10):
            await target.stuck.wait()
            while not [part for part in (await _files(house, asked)) if part.moved_bytes and part.state is COMPLETED]:
                await asyncio.sleep(0.02)
    assert ["a.zip"] == source.opened
    assert ["run?#%"] == os.listdir(tmp_path / "hosts/store/in/bin")
    async with open_house(tmp_path) as house:
        source, other = Host(), Host()
        house.hosts.instead |= {"vm": source, "store": other}
        assert (COMPLETED, "") == ((view := (await ended(house, asked)).transfer).state, view.message)
        there = house.at("store", "in")
        assert {"bin/run?#%": b"#!/bin/sh\n", "bin/last": b"x" * 2_000_000} == tree(there)
        assert (["a.zip"], ["last"]) == (source.opened, other.written)
        assert 0o750 == (there / "bin/run?#%").stat().st_mode & 0o777


async def _files(house: House, asked: Transfer) -> Sequence[Part]:
    return (await house.desk.transfers.find(house.people["ann"], asked.alias, details=True)).files


async def test_an_archive_that_has_changed_is_not_unpacked(house: House) -> None:
    """Whether it was changed or is none any more."""
    wanted = archive(house)
    for content in (b"PK", house.at("vm", "a.zip").read_bytes() + b"x"):
        house.put("vm", "a.zip", content)
        view = await carried(house, wanted)
        assert FAILED == view.transfer.state
        assert "The archive vm/a.zip has changed: its md5 is" in view.transfer.message
        assert {} == tree(house.at("store"))


async def test_a_transfer_that_somebody_else_took_over_is_let_go(house: House) -> None:
    """Nothing more is written about it by who lost it."""
    host = house.hosts.instead["vm"] = Host()
    house.put("vm", "f", bytes(5_000_000))
    host.gate.clear()
    asked = await start(house, element("vm/f", "store/f"))
    await asyncio.wait_for(host.stuck.wait(), 120)
    late = house.world.clock.now() + 3600_000_000
    stolen = await house.db.write(queue.claim, owner="other", at=late, lease=3600_000_000, most=9)
    assert [asked.id] == [claim.ref for claim in stolen.claims if claim.kind == "transfer"]
    async with asyncio.timeout(120):
        while house.world.copying:
            await asyncio.sleep(0.02)
    view = await house.desk.transfers.find(house.people["ann"], asked.alias, details=True)
    assert TransferState.IN_PROGRESS == view.transfer.state
    assert {} == tree(house.at("store"))
    host.gate.set()
    await house.db.write(queue.release, stolen.claims)
    house.engine.hint()
    assert COMPLETED == (await ended(house, asked)).transfer.state
    assert {"f": bytes(5_000_000)} == tree(house.at("store"))


async def test_only_some_copy_at_once_and_the_others_follow(tmp_path: Path) -> None:
    """Of whoever has the fewest under way, the oldest is next; one that waits can be cancelled."""
    async with open_house(tmp_path, limits=replace(LIMITS, transfers=2)) as house:
        host = house.hosts.instead["vm"] = Host()
        await house.allow("system", "vm", Verb.SHARE, "bob")
        await house.allow("system", "store", Verb.SHARE, "bob")
        files = [house.put("vm", f"f{number}", bytes(3_000_000)).name for number in range(5)]
        host.gates = {name: asyncio.Event() for name in files}

        async def opened(*names: str) -> None:
            async with asyncio.timeout(120):
                while set(host.opened) != set(names):
                    await asyncio.sleep(0.02)

        anns = [await start(house, element(f"vm/{name}", f"store/{name}")) for name in files[:4]]
        await opened("f0", "f1")
        bobs = await start(house, element("vm/f4", "store/f4"), user="bob")
        await house.desk.transfers.cancel(house.people["ann"], anns[3].alias)
        assert CANCELLED == (await ended(house, anns[3])).transfer.state
        await opened("f0", "f1")
        host.gates["f0"].set()
        await opened("f0", "f1", "f4")
        host.gates["f1"].set()
        await opened("f0", "f1", "f4", "f2")
        for gate in host.gates.values():
            gate.set()
        views = [await ended(house, asked) for asked in anns[:3]] + [await ended(house, bobs, "bob")]
        assert [COMPLETED] * 4 == [view.transfer.state for view in views]


async def test_rights_are_looked_at_when_the_copying_begins(house: House) -> None:
    """They may have been taken back since it was asked for."""
    house.put("vm", "f", "x")
    await house.allow("path", "vm", Verb.SHARE, "bob", "/f")
    await house.allow("system", "store", Verb.SHARE, "bob")
    asked = await house.db.write(
        transfers.add_transfer,
        owner_id=house.people["bob"].account.id,
        tag="",
        elements=[element("alike/f", "store/f")],
        at=house.world.clock.now(),
    )
    house.engine.hint()
    view = await ended(house, asked, "bob")
    assert FAILED == view.transfer.state
    assert "may not read" in view.transfer.message
    assert {} == tree(house.at("store"))


async def test_a_run_asks_for_its_transfer_once(house: House) -> None:
    """Asked for again after a crash, it is the same; it needs no rights but those that the run was given."""
    house.put("vm", "f", "x")
    run = {"run_id": 7, "owner_id": house.people["bob"].account.id, "tag": "inputs"}
    first = await begin_transfer(house.world, **run, elements=[element("vm/f", "store/f")])  # type: ignore[arg-type]
    again = await begin_transfer(house.world, **run, elements=[element("vm/f", "store/f")])  # type: ignore[arg-type]
    assert first == again
    house.engine.hint()
    assert COMPLETED == (await ended(house, first, "bob")).transfer.state
    assert {"f": b"x"} == tree(house.at("store"))


@pytest.mark.slow
async def test_more_files_than_a_transfer_may_have(house: House) -> None:
    """Are refused before the first is copied."""
    for number in range(10_001):
        house.put("vm", f"out/{number % 100}/{number}")
    view = await carried(house, element("vm/out", "store/in"))
    assert FAILED == view.transfer.state
    assert "10000" in view.transfer.message
    assert {} == tree(house.at("store"))


@pytest.mark.slow
async def test_a_thousand_files_arrive(house: House) -> None:
    """In reasonable time."""
    for number in range(1_000):
        house.put("vm", f"out/{number % 30}/{number}", str(number))
    view = await ended(house, await start(house, element("vm/out", "store/in")), seconds=120)
    assert (COMPLETED, 1_031, 1_031) == (view.transfer.state, view.tally.files, view.tally.finished)
    assert 1_000 == len(tree(house.at("store", "in")))


@pytest.mark.slow
async def test_a_thousand_elements_arrive(house: House) -> None:
    """Each of them looked into before anything is copied."""
    elements = [element(f"vm/out/{number}", f"store/{number}") for number in range(1_000)]
    for number in range(1_000):
        house.put("vm", f"out/{number}", str(number))
    view = await ended(house, await start(house, *elements), seconds=120)
    assert (COMPLETED, 1_000, 1_000) == (view.transfer.state, view.tally.files, view.tally.finished)
    assert 1_000 == len(tree(house.at("store")))


async def test_transfers_are_listed_newest_first(house: House) -> None:
    """One's own."""
    house.put("vm", "f", "x")
    asked = [await start(house, element("vm/f", f"store/{number}")) for number in range(3)]
    found = await house.desk.transfers.list(house.people["ann"], Page(limit=2, offset=1))
    assert [asked[1].alias, asked[0].alias] == [view.transfer.alias for view in found]
    assert [] == await house.desk.transfers.list(house.people["bob"], Page(limit=2))
