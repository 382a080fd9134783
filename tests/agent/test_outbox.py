"""The outbox: rising numbers, whole batches, an acknowledgement that frees, caps that never touch events."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.core.edge import Caps, Parcel, Scope, Stream, Told
from dragoman.core.measurements import Measurement
from dragoman.store.edge import outbox
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
