"""What every store of measurements promises."""

import asyncio
import time

import pytest
from sqlalchemy import Connection, text

from dragoman.core.errors import Conflict
from dragoman.core.measurements import SECOND, Measurement, Receipt, Value, Wanted
from dragoman.measurements import KeptMeasurements, prepare
from dragoman.measurements import reading as room_reading
from tests.measurements.things import DAY, HOUR, NOW, batch, measured, rows, span, values
from tests.store.conftest import AnyDb

pytestmark = pytest.mark.anyio


async def test_what_was_appended_is_there_by_series_and_time(kept: KeptMeasurements) -> None:
    """Names and metas come back as they were; times to the nanosecond."""
    one = Measurement(NOW - 123_456_789, "env.rain", 3, {"vsn": "W023", "sensor": "rg-15"})
    await kept.append(batch(measured(10, 1.5), one, measured(20, -2.25)))
    assert [
        ("env.rain", {"vsn": "W023", "sensor": "rg-15"}, one.at, 3),
        ("env.temperature", {"vsn": "W023"}, NOW - 20 * SECOND, -2.25),
        ("env.temperature", {"vsn": "W023"}, NOW - 10 * SECOND, 1.5),
    ] == await rows(kept, span())


@pytest.mark.parametrize(
    "value", [0, 1, -(1 << 63), (1 << 63) - 1, 0.1, 1e308, -5e-324, 3.0, "", "text", "Zürich 🌧", "line\nbreak"]
)
async def test_values_come_back_as_they_were(kept: KeptMeasurements, value: Value) -> None:
    """Of the same type too: an integer is no float."""
    await kept.append(batch(measured(1, value)))
    (found,) = await values(kept, span())
    assert (type(value), value) == (type(found), found)


async def test_a_batch_that_comes_again_changes_nothing(kept: KeptMeasurements) -> None:
    """It is acknowledged as it was the first time."""
    sent = batch(measured(3, 1), measured(2, 2))
    assert Receipt(before=0, highest=2) == await kept.append(sent)
    assert Receipt(before=2, highest=2) == await kept.append(sent)
    assert [1, 2] == await values(kept, span())


async def test_of_a_batch_that_overlaps_only_the_new_part_is_kept(kept: KeptMeasurements) -> None:
    """A node whose answer was lost may send more than before."""
    await kept.append(batch(measured(3, 1), measured(2, 2)))
    changed = batch(measured(3, 100), measured(2, 200), measured(1, 3))
    assert Receipt(before=2, highest=3) == await kept.append(changed)
    assert [1, 2, 3] == await values(kept, span())


async def test_an_old_batch_that_is_replayed_is_left_out(kept: KeptMeasurements) -> None:
    """Its numbers are below the mark, so it cannot bring back or overwrite anything."""
    await kept.append(batch(measured(9, 1)))
    await kept.append(batch(measured(8, 2), first=2))
    assert Receipt(before=2, highest=2) == await kept.append(batch(measured(7, 666)))
    assert [1, 2] == await values(kept, span())


async def test_numbers_may_have_gaps_and_end_with_one_that_was_refused(kept: KeptMeasurements) -> None:
    """A node drops what is too old; the mark passes what was not kept."""
    await kept.append(batch(measured(9, 1), first=5, highest=50))
    assert {"measurements": 50} == await kept.marks("W023", "one")
    await kept.append(batch(measured(8, 2), first=50))
    await kept.append(batch(measured(7, 3), first=51))
    assert [1, 3] == await values(kept, span())


async def test_marks_are_those_of_one_stream_of_one_outbox_of_one_node(kept: KeptMeasurements) -> None:
    """A node that lost its outbox counts from 1 again, and is heard."""
    await kept.append(batch(measured(9, 1)))
    await kept.append(batch(measured(8, 2), outbox="two"))
    await kept.append(batch(measured(7, 3), stream="events"))
    await kept.append(batch(measured(6, 4, vsn="W024"), node="W024"))
    assert {1, 2, 3, 4} == set(await values(kept, span()))
    assert {"measurements": 1, "events": 1} == await kept.marks("W023", "one")
    assert {} == await kept.marks("W023", "three")


async def test_of_two_at_the_same_time_in_a_series_the_later_one_stays(kept: KeptMeasurements) -> None:
    """In one batch, and in two."""
    await kept.append(batch(measured(5, 1), measured(5, "two")))
    assert ["two"] == await values(kept, span())
    await kept.append(batch(measured(5, 3.5), first=3))
    assert [3.5] == await values(kept, span())


async def test_a_span_has_its_start_and_not_its_end(kept: KeptMeasurements) -> None:
    """To the nanosecond."""
    await kept.append(batch(*(Measurement(NOW + step, "x", step, {}) for step in (-2, -1, 0, 1))))
    assert [-1, 0] == await values(kept, Wanted(start=NOW - 1, end=NOW + 1))


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        ({"head": 2}, [0, 1, 10, 11]),
        ({"tail": 2}, [8, 9, 18, 19]),
        ({"head": 100}, [*range(20)]),
        ({"tail": 100}, [*range(20)]),
        ({"tail": 1}, [9, 19]),
    ],
)
@pytest.mark.parametrize("bunch", [1, 3, 5_000])
async def test_heads_and_tails_are_those_of_each_series(
    kept: KeptMeasurements, monkeypatch: pytest.MonkeyPatch, cut: dict[str, int], expected: list[int], bunch: int
) -> None:
    """In the order of time, however few points are read at once."""
    monkeypatch.setattr(room_reading, "BUNCH", bunch)
    places = [(f"env.{name}", step) for name in "ab" for step in range(10)]
    await kept.append(batch(*(measured(100 - step, i, name) for i, (name, step) in enumerate(places))))
    assert expected == await values(kept, span(**cut))


async def test_a_name_and_a_test_choose_series(kept: KeptMeasurements) -> None:
    """The test sees name and meta of each."""
    names = ("env.a", "env.b", "sys.a")
    await kept.append(batch(*(measured(i, i, name, camera=f"c{i}") for i, name in enumerate(names, 1))))
    assert [2] == await values(kept, span(name="env.b"))
    assert [] == await values(kept, span(name="env.b", fits=lambda _name, meta: meta["camera"] == "c1"))
    assert [1, 2] == await values(kept, span(fits=lambda name, _meta: name.startswith("env")))


async def test_series_that_ended_before_a_span_are_passed_by(kept: KeptMeasurements) -> None:
    """Years of jobs do not slow down a look at the last minutes; what comes late is found all the same."""
    await kept.append(batch(measured(30 * 3600, 1, "old"), measured(10, 2, "new")))
    assert ["new"] == [one.name for one in await kept.series(span(back=HOUR))]
    await kept.append(batch(measured(20 * 3600, 3, "old"), first=3))
    assert ["new", "old"] == [one.name for one in await kept.series(span())]
    assert [2, 3] == await values(kept, span())


async def test_what_is_too_old_is_forgotten(kept: KeptMeasurements) -> None:
    """Points, and series of which nothing is left; marks stay, so that nothing old comes again."""
    old, young = batch(measured(3 * 86_400, 1), measured(3 * 86_400, 2, "gone")), batch(measured(9, 3), first=3)
    await kept.append(old)
    await kept.append(young)
    await kept.forget(NOW - DAY)
    assert [3] == await values(kept, span(back=30 * DAY))
    assert ["env.temperature"] == [one.name for one in await kept.series(span(back=30 * DAY))]
    await kept.append(old)
    assert [3] == await values(kept, span(back=30 * DAY))


async def test_a_series_that_was_forgotten_can_begin_again(kept: KeptMeasurements) -> None:
    """Also where another process forgot it, and this one remembers it."""
    other = KeptMeasurements(kept._db)
    await kept.append(batch(measured(3 * 86_400, 1)))
    await other.forget(NOW - DAY)
    await kept.append(batch(measured(3 * 86_400 - 1, 2), first=2))
    assert [2] == await values(kept, span(back=30 * DAY))


async def test_forgetting_goes_on_where_there_is_much(kept: KeptMeasurements, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some series and some points at a time."""
    monkeypatch.setattr("dragoman.measurements.forgetting.SERIES", 2)
    monkeypatch.setattr("dragoman.measurements.forgetting.POINTS", 7)
    old = [measured(3 * 86_400 + step, step, f"n{name}") for name in range(5) for step in range(20)]
    await kept.append(batch(*old, measured(5, "young")))
    await kept.forget(NOW - DAY)
    assert ["young"] == await values(kept, span(back=30 * DAY))


async def test_many_batches_at_once_lose_nothing(kept: KeptMeasurements) -> None:
    """Of one node, twice each, and of several."""
    sent = [
        batch(measured(100 - i, i, vsn=node), first=1, node=node, outbox=f"o{i}")
        for node in ("W1", "W2", "W3")
        for i in range(20)
    ]
    await asyncio.gather(*(kept.append(one) for one in (*sent, *reversed(sent))))
    assert sorted([*range(20)] * 3) == sorted(map(int, await values(kept, span())))


async def test_nothing_of_a_batch_is_kept_when_it_fails(kept: KeptMeasurements) -> None:
    """Neither its mark nor its series: it can come again."""
    bad = batch(measured(2, 1), Measurement(NOW, "env.x", 1 << 70, {}))
    with pytest.raises(Exception, match=r"."):
        await kept.append(bad)
    assert ([], {}) == (await rows(kept, span()), await kept.marks("W023", "one"))
    await kept.append(batch(measured(2, 1)))
    assert [1] == await values(kept, span())


async def test_what_a_newer_program_kept_is_left_alone(db: AnyDb) -> None:
    """Rather than be misread."""
    await db.write(lambda conn: conn.execute(text("UPDATE measurement_layout SET number = 99")) and None)
    with pytest.raises(Conflict, match="newer program"):
        prepare(db._engine)


async def test_it_can_be_prepared_again(db: AnyDb, kept: KeptMeasurements) -> None:
    """Each start does it."""
    await kept.append(batch(measured(2, 1)))
    prepare(db._engine)
    assert [1] == await values(kept, span())


async def test_what_nobody_numbered_can_be_put_again(kept: KeptMeasurements) -> None:
    """It is the same point of the same series."""
    for _ in range(2):
        await kept.put([measured(4, "there", "upload", filename="a.jpg")])
    assert ["there"] == await values(kept, span())


async def test_one_name_can_be_forgotten_alone(kept: KeptMeasurements) -> None:
    """Its old points, and its series when nothing is left; other names keep theirs."""
    old, young = 3 * 86_400, 10
    await kept.append(batch(measured(old, 1), measured(old, 2, "upload"), measured(old, 3, "upload", camera="top")))
    await kept.put([measured(young, 4, "upload")])
    await kept.forget(NOW - DAY, "upload")
    assert [1, 4] == await values(kept, span(back=30 * DAY))
    assert [{"vsn": "W023"}] == [one.meta for one in await kept.series(span(name="upload", back=30 * DAY))]


async def test_marks_go_when_a_node_has_left_their_outbox_long_ago(kept: KeptMeasurements) -> None:
    """That of the last one stays however old it is, and so do those of which something was heard meanwhile."""
    long_ago = NOW - 100 * DAY
    for node, outbox, at in (("W1", "one", 0), ("W1", "two", 1), ("W2", "one", 0), ("W3", "one", 0), ("W3", "two", 1)):
        for stream in ("events", "measurements"):
            await kept.append(batch(measured(9), node=node, outbox=outbox, stream=stream, taken_at=long_ago + at))
    await kept.append(batch(measured(9), node="W3", outbox="one", taken_at=NOW))
    left = await kept.left(NOW - DAY, 100)
    assert [("W1", "one"), ("W3", "two")] == sorted(left)
    assert 1 == len(await kept.left(NOW - DAY, 1))
    await kept.append(batch(measured(8), node="W3", outbox="two", first=2, taken_at=NOW + 1))
    await kept.forget_marks(NOW - DAY, left)
    assert [] == [one for one in await kept.left(NOW - DAY, 100) if one != ("W3", "two")]
    assert {} == await kept.marks("W1", "one")
    for node, outbox in (("W1", "two"), ("W2", "one"), ("W3", "one"), ("W3", "two")):
        assert "measurements" in await kept.marks(node, outbox), (node, outbox)


async def test_marks_of_an_older_program_are_kept(db: AnyDb, kept: KeptMeasurements) -> None:
    """They had no times, and count as raised when this one first started."""
    await kept.append(batch(measured(9), taken_at=NOW - 100 * DAY))

    def old(conn: Connection) -> None:
        conn.execute(text('ALTER TABLE mark DROP COLUMN "at"'))
        conn.execute(text("UPDATE measurement_layout SET number = 1"))

    await db.write(old)
    prepare(db._engine)
    prepare(db._engine)
    await kept.append(batch(measured(8, 2), outbox="two", taken_at=time.time_ns()))
    assert {"measurements": 1} == await kept.marks("W023", "one")
    assert [] == await kept.left(NOW - DAY, 100)
    assert [("W023", "one")] == await kept.left(time.time_ns(), 100)
