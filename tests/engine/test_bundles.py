"""Small files of a transfer that are copied together: which ones, and what becomes of those that do not go so."""

import asyncio
import os
from collections.abc import Collection, Mapping, Sequence

import pytest

from dragoman.core.errors import Conflict, Unavailable
from dragoman.core.paths import address
from dragoman.core.ports import Small
from dragoman.core.transfers import Part, TransferState
from dragoman.engine.bundles import BYTES, FILES, MOST, Todo
from tests.engine.test_transfers import (
    CANCELLED,
    COMPLETED,
    FAILED,
    OPTIONAL,
    Host,
    carried,
    element,
    ended,
    start,
    tree,
)
from tests.places.house import House

pytestmark = pytest.mark.anyio


class Together(Host):
    """A host that counts the files that go together, and hands out some of them alone only."""

    def __init__(self, *alone: str) -> None:
        super().__init__()
        self.alone, self.counts = alone, list[int]()
        self.is_down = False

    async def read_small(self, paths: Sequence[str], most: int) -> Sequence[Small | None]:
        self.counts.append(len(paths))
        if self.is_down:
            raise Unavailable("The line is down.")
        if not self.gate.is_set():
            self.stuck.set()
            await self.gate.wait()
        found = await super().read_small(paths, most)
        return [None if os.path.basename(path) in self.alone else one for path, one in zip(paths, found, strict=True)]

    async def write_small(self, files: Mapping[str, Small], *, durable: bool = True) -> Collection[str]:
        left = {path: file for path, file in files.items() if os.path.basename(path) not in self.alone}
        return await super().write_small(left, durable=durable)


def many(house: House, count: int) -> dict[str, bytes]:
    """So many small files on ``vm``, in some directories; what is to arrive."""
    for number in range(count):
        house.put("vm", f"out/{number % 2}/{number}", str(number) * number, mode=0o640)
    return {f"{number % 2}/{number}": (str(number) * number).encode() for number in range(count)}


async def test_small_files_are_copied_together(house: House) -> None:
    """Each arrives whole and is told of, programs as programs; hardly one is opened alone."""
    host = house.hosts.instead["vm"] = Together()
    expected = many(house, 300)
    house.put("vm", "out/0/run.sh", "#!/bin/sh\n", mode=0o755)
    view = await carried(house, element("vm/out", "store/in"))
    assert (COMPLETED, 301) == (view.transfer.state, len(host.opened) + sum(host.counts))
    assert len(host.opened) < 10
    assert expected | {"0/run.sh": b"#!/bin/sh\n"} == tree(house.at("store", "in"))
    assert (304, 304) == (view.tally.files, view.tally.finished)
    assert view.tally.bytes == view.tally.moved == sum(map(len, expected.values())) + 10
    modes = {house.at("store", f"in/0/{name}").stat().st_mode & 0o111 for name in ("0", "run.sh")}
    assert {0, 0o111} == modes


async def test_what_does_not_go_together_goes_alone(house: House) -> None:
    """Whether its source does not give it so, or its target does not take it so, or nothing goes so at all."""
    expected = many(house, 100)
    for number, (source, target, alone) in enumerate((("7", "", {"7"}), ("", "8", {"8"}))):
        host, store = Together(source), Together(target)
        house.hosts.instead |= {"vm": host, "store": store}
        view = await carried(house, element("vm/out", f"store/{number}"))
        assert COMPLETED == view.transfer.state
        assert alone <= set(host.opened) == set(store.written)
        assert len(host.opened) < 10
        assert expected == tree(house.at("store", str(number)))
    host = house.hosts.instead["vm"] = Together()
    host.is_down = True
    assert COMPLETED == (await carried(house, element("vm/out", "store/down"))).transfer.state
    assert {os.path.basename(path) for path in expected} == set(host.opened)


async def test_what_goes_wrong_is_told_of_its_file(house: House) -> None:
    """As it is for any other; of what is optional, the rest arrives."""
    expected = many(house, 50)
    host = house.hosts.instead["vm"] = Together("7")
    host.faults["7"] = [Conflict("No.")]
    view = await carried(house, element("vm/out", "store/in", optional=True))
    assert (COMPLETED, OPTIONAL) == (view.transfer.state, view.elements[0][0].state)
    assert ["No."] == [part.message for part in view.files if part.message]
    assert {path: content for path, content in expected.items() if path != "1/7"} == tree(house.at("store", "in"))
    house.at("store", "in/1/7").mkdir(parents=True)
    view = await carried(house, element("vm/out", "store/in"))
    assert FAILED == view.transfer.state
    assert "out/1/7: " in view.transfer.message


async def test_a_transfer_is_cancelled_among_small_files(house: House) -> None:
    """Nothing of what is in hand arrives."""
    host = house.hosts.instead["vm"] = Together()
    many(house, 50)
    host.gate.clear()
    asked = await start(house, element("vm/out", "store/in"))
    await asyncio.wait_for(host.stuck.wait(), 120)
    await house.desk.transfers.cancel(house.people["ann"], asked.alias)
    assert CANCELLED == (await ended(house, asked)).transfer.state
    assert {} == tree(house.at("store", "in"))


def part(number: int, size: int = 1, *, source: str = "vm", directory: bool = False, account: int = 1) -> Part:
    kept = source if source.startswith("http") else address(source, "/f")
    return Part(
        id=number, transfer_id=1, parent_id=1, alias="", source=kept, target=address("store", "/f"), optional=False,
        is_directory=directory, state=TransferState.ACCEPTED, message="", total_bytes=size, moved_bytes=0, retries=0,
        account_id=account, created_at=0, started_at=None, ended_at=None,
    )  # fmt: skip


def taken(parts: Sequence[Part], workers: int = 1) -> list[list[int]]:
    todo = Todo(parts, workers)
    return [[one.id for one in some] for some in iter(todo.take, [])]


def test_everything_is_taken_once_and_in_order() -> None:
    """Few at a time, and at the end fewer: for all workers there is something."""
    some = taken([part(number) for number in range(500)], 8)
    assert list(range(500)) == [number for numbers in some for number in numbers]
    sizes = [len(numbers) for numbers in some]
    assert (FILES, sorted(sizes, reverse=True)) == (sizes[0], sizes)
    assert max(sizes[-8:]) <= 4


@pytest.mark.parametrize(
    "other",
    [{"size": MOST + 1}, {"directory": True}, {"source": "other"}, {"source": "https://example.com/f"}, {"account": 2}],
    ids=str,
)
def test_only_small_files_of_the_same_login_go_together(other: dict[str, int | str | bool]) -> None:
    """Whatever else there is goes by itself."""
    odd = part(2, **other)  # type: ignore[arg-type]
    assert [[0, 1], [2], [3, 4]] == taken([part(0), part(1), odd, part(3), part(4)])


def test_no_more_bytes_go_together_than_one_piece_of_a_large_file() -> None:
    """So that memory stays what it is."""
    count = BYTES // MOST
    assert [list(range(count)), [count]] == taken([part(number, MOST) for number in range(count + 1)])
