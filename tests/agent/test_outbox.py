"""The outbox: rising numbers, whole batches, an acknowledgement that frees, caps that never touch events."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from dragoman.core.edge import Caps, Parcel, Scope, Stream, Told
from dragoman.core.measurements import Measurement
from dragoman.store.edge import facts, outbox, tables
from tests.agent.bench import NOON, SECOND, Bench, bench

ROOMY = Caps(bytes=1 << 40, upload_bytes=1 << 40, age=1 << 60)


def told(name: str, stream: Stream = Stream.MEASUREMENTS, *, size: int = 0, scope: Scope = Scope.ALL) -> Told:
    return Told(measurement=Measurement(NOON * 1000, name, "x" * size, {"vsn": "W023"}), stream=stream, scope=scope)


def waiting(house: Bench, stream: Stream, *, most: int = 10_000, most_bytes: int = 1 << 40) -> list[str]:
    """The names of what waits."""
    letters = house.db.write_now(outbox.next_letters, stream, most=most, most_bytes=most_bytes)
    return [json.loads(f"{letter.record}}}")["name"] for letter in letters]


def put(house: Bench, *news: Told, at: int = NOON) -> None:
    house.db.write_now(outbox.tell, news, at=at)


def test_each_stream_is_numbered_and_acknowledged_by_itself(tmp_path: Path) -> None:
    """Numbers rise for ever, also after everything was sent."""
    with bench(tmp_path) as house:
        put(house, told("a"), told("e", Stream.EVENTS), told("b"))
        letters = house.db.write_now(outbox.next_letters, Stream.MEASUREMENTS, most=10, most_bytes=1000)
        numbers = [letter.number for letter in letters]
        assert sorted(numbers) == numbers
        assert 2 == house.db.write_now(outbox.acknowledge, Stream.MEASUREMENTS, numbers[-1])
        assert (["e"], []) == (waiting(house, Stream.EVENTS), waiting(house, Stream.MEASUREMENTS))
        put(house, told("c"))
        (letter,) = house.db.write_now(outbox.next_letters, Stream.MEASUREMENTS, most=10, most_bytes=1000)
        assert letter.number > numbers[-1]


def test_an_acknowledgement_leaves_what_came_meanwhile(tmp_path: Path) -> None:
    """Only up to its number."""
    with bench(tmp_path) as house:
        put(house, told("a"), told("b"))
        first = house.db.write_now(outbox.next_letters, Stream.MEASUREMENTS, most=1, most_bytes=1000)
        put(house, told("c"))
        house.db.write_now(outbox.acknowledge, Stream.MEASUREMENTS, first[0].number)
        assert ["b", "c"] == waiting(house, Stream.MEASUREMENTS)


def boxes(house: Bench) -> dict[str, list[str]]:
    """What waits under which name, in the order in which it is sent; nothing is left."""
    found: dict[str, list[str]] = {}
    while box := house.db.write_now(outbox.oldest_outbox):
        for stream in Stream:
            letters = house.db.write_now(outbox.next_letters, stream, most=9, most_bytes=9_000, below=box.below)
            found.setdefault(box.name, []).extend(json.loads(f"{one.record}}}")["name"] for one in letters)
            house.db.write_now(outbox.acknowledge, stream, letters[-1].number if letters else 0)
    return found


def begin(house: Bench, name: str) -> None:
    house.db.write_now(outbox.begin_outbox, name)


def test_what_waits_keeps_the_name_that_it_was_told_under(tmp_path: Path) -> None:
    """Each start has its own; an older one is sent to its end before a newer one is begun, whatever the stream."""
    with bench(tmp_path) as house:
        for start in ("one", "two", "nothing", "three"):
            begin(house, start)
            if start != "nothing":
                put(house, told(f"{start}.a"), told(f"{start}.b"))
                put(house, *([told(f"{start}.e", Stream.EVENTS)] if start != "one" else []))
        expected = {
            "one": ["one.a", "one.b"],
            "two": ["two.e", "two.a", "two.b"],
            "three": ["three.e", "three.a", "three.b"],
        }
        found = boxes(house)
        assert expected == found
        assert list(expected) == list(found)


def test_a_database_of_an_older_program_keeps_its_one_name(tmp_path: Path) -> None:
    """For what waits there; the centre may have it already."""
    with bench(tmp_path) as house:
        house.db.write_now(facts.put_fact, "outbox", "old")
        put(house, told("a"))
        begin(house, "new")
        put(house, told("b"))
        begin(house, "newer")
        assert {"old": ["a"], "new": ["b"]} == boxes(house)


def test_a_database_that_comes_back_gives_no_number_again(tmp_path: Path) -> None:
    """Under no name: what was told after the backup and what is told now have one each."""

    def numbered(house: Bench, *names: str) -> set[tuple[str, int]]:
        put(house, *(told(name) for name in names))
        box = house.db.write_now(outbox.oldest_outbox)
        assert box is not None
        return {
            (box.name, one.number)
            for one in house.db.write_now(
                outbox.next_letters, Stream.MEASUREMENTS, most=9, most_bytes=9_000, below=box.below
            )
        }

    with bench(tmp_path) as house:
        begin(house, "first")
        before = numbered(house, "a")
    backup = (tmp_path / "node.db").read_bytes()
    with bench(tmp_path) as house:
        after = numbered(house, "b", "c") - before
    (tmp_path / "node.db").write_bytes(backup)
    with bench(tmp_path) as house:
        begin(house, "second")
        house.db.write_now(outbox.acknowledge, Stream.MEASUREMENTS, 1)
        again = numbered(house, "d", "e")
    assert ({("first", 1)}, {("first", 2), ("first", 3)}, {("second", 2), ("second", 3)}) == (before, after, again)


def test_names_of_empty_outboxes_are_forgotten(tmp_path: Path) -> None:
    """However often the agent starts."""
    with bench(tmp_path) as house:
        for start in range(20):
            begin(house, str(start))
            put(house, told("a"))
            if start != 10:
                boxes(house)
        kept = house.db.write_now(lambda conn: conn.execute(select(tables.outbox_name)).all())
        assert len(kept) <= 2


def test_what_is_for_the_node_alone_is_not_sent(tmp_path: Path) -> None:
    """And what is for the centre alone is no reading."""
    with bench(tmp_path) as house:
        put(house, told("near", scope=Scope.NODE), told("far", scope=Scope.CENTRE))
        assert ["far"] == waiting(house, Stream.MEASUREMENTS)


@settings(max_examples=25)
@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 9000))
@pytest.mark.slow
def test_caps_drop_the_oldest_measurements_and_never_events(measurements: int, events: int, most: int) -> None:
    """As few as will do; when events alone are too much, all measurements go."""
    with tempfile.TemporaryDirectory() as place, bench(Path(place)) as house:
        names = [f"m{number}" for number in range(measurements)]
        put(house, *(told(name, size=300) for name in names))
        put(house, *(told(f"e{number}", Stream.EVENTS, size=300) for number in range(events)))
        house.db.write_now(outbox.trim, Caps(bytes=most, upload_bytes=0, age=1 << 60), at=NOON)
        left = waiting(house, Stream.MEASUREMENTS)
        assert events == len(waiting(house, Stream.EVENTS))
        assert names[measurements - len(left) :] == left
        size = sum(len(json.dumps(one)) for one in left)
        assert not left or size <= most


def test_old_measurements_are_dropped_and_old_events_are_not(tmp_path: Path) -> None:
    """By the time at which they were kept."""
    with bench(tmp_path) as house:
        put(house, told("old"), told("event", Stream.EVENTS))
        put(house, told("new"), at=NOON + 100 * SECOND)
        caps = Caps(bytes=1 << 40, upload_bytes=1 << 40, age=50 * SECOND)
        assert (1, []) == house.db.write_now(outbox.trim, caps, at=NOON + 100 * SECOND)
        assert (["new"], ["event"]) == (waiting(house, Stream.MEASUREMENTS), waiting(house, Stream.EVENTS))


def test_uploads_are_dropped_oldest_first(tmp_path: Path) -> None:
    """What is dropped is named, so that its bytes can go."""
    with bench(tmp_path) as house:
        parcels = [Parcel(folder=f"f{n}", at=n, filename="a", meta={}, size=100) for n in range(5)]
        house.db.write_now(outbox.add_parcels, parcels, at=NOON)
        house.db.write_now(outbox.add_parcels, parcels, at=NOON)
        assert 5 == house.db.write_now(outbox.waiting).uploads
        caps = Caps(bytes=1 << 40, upload_bytes=250, age=1 << 60)
        assert (0, ["f0", "f1", "f2"]) == house.db.write_now(outbox.trim, caps, at=NOON)
        assert ["f3", "f4"] == [one.folder for _, one in house.db.write_now(outbox.next_parcels, most=10)]


def test_a_batch_has_at_least_one_record_and_not_too_many_bytes(tmp_path: Path) -> None:
    """One that is larger than a batch may be goes alone."""
    with bench(tmp_path) as house:
        put(house, told("a", size=5000), told("b", size=10), told("c", size=10), told("d", size=5000))
        assert ["a"] == waiting(house, Stream.MEASUREMENTS, most_bytes=1000)
        house.db.write_now(outbox.acknowledge, Stream.MEASUREMENTS, 1)
        assert ["b", "c"] == waiting(house, Stream.MEASUREMENTS, most_bytes=1000)
        assert ["b"] == waiting(house, Stream.MEASUREMENTS, most=1)


def test_events_of_one_moment_hide_none_of_each_other() -> None:
    """A series has one value at a time; what plugins measure keeps its own time, whatever that is."""
    event = Told(measurement=Measurement(NOON, "e", "x", {}), stream=Stream.EVENTS)
    measured = Told(measurement=Measurement(NOON, "m", 1, {}))
    times = [one.measurement.at - NOON for one in outbox.apart([event, measured, event, measured, event])]
    assert [0, 0, 1, 0, 2] == times
