"""What nodes hand in: which batches are none, and which records are left out and why."""

from typing import Any

import pytest

from dragoman.core.errors import Invalid
from dragoman.core.field import Node
from dragoman.core.measurements import SECOND, Measurement
from dragoman.dialects.beehive.places import node_of, place_of
from dragoman.dialects.beehive.read_records import MOST_RECORDS, Read, read_batch, read_upload

NOW = 1_795_164_459_047_831_935
NODE = Node(id=1, vsn="W023", name="000048b02d15bc7c", manifest={}, version=1, seen_at=None, created_at=0, updated_at=0)
OWN = {"node": NODE.name, "vsn": NODE.vsn}


def record(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {"number": number, "timestamp": NOW, "name": "env.rain", "value": 1.5, "meta": {}, **fields}


def body(*records: Any, **fields: Any) -> dict[str, Any]:
    return {"outbox": "0a1b-2", "stream": "measurements", "records": list(records), **fields}


def read(*records: Any, **fields: Any) -> Read:
    return read_batch(body(*records, **fields), NODE, now=NOW)


def test_a_batch_as_it_should_be() -> None:
    got = read(record(7), record(9, value="x", meta={"sensor": "rg-15"}))
    assert [
        (7, Measurement(NOW, "env.rain", 1.5, OWN)),
        (9, Measurement(NOW, "env.rain", "x", {"sensor": "rg-15", **OWN})),
    ] == list(got.batch.measurements)
    assert ("W023", "0a1b-2", "measurements", 9, {}) == (
        got.batch.node,
        got.batch.outbox,
        got.batch.stream,
        got.batch.highest,
        got.refused,
    )


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"outbox": ""}, ("outbox",)),
        ({"outbox": "../x"}, ("outbox",)),
        ({"outbox": 5}, ("outbox",)),
        ({"stream": "Events"}, ("stream",)),
        ({"stream": None}, ("stream",)),
        ({"records": []}, ("records",)),
        ({"records": {}}, ("records",)),
        ({"records": [record(n) for n in range(1, MOST_RECORDS + 2)]}, ("records",)),
        ({"other": 1}, ("other",)),
        ({"records": [5]}, ("records", 0, "number")),
        ({"records": [record(0)]}, ("records", 0, "number")),
        ({"records": [record(-1)]}, ("records", 0, "number")),
        ({"records": [record(1 << 63)]}, ("records", 0, "number")),
        ({"records": [{**record(), "number": True}]}, ("records", 0, "number")),
        ({"records": [{**record(), "number": 1.0}]}, ("records", 0, "number")),
        ({"records": [record(2), record(2)]}, ("records", 1, "number")),
        ({"records": [record(2), record(1)]}, ("records", 1, "number")),
    ],
)
def test_what_is_no_batch_is_refused_whole(fields: dict[str, Any], path: tuple[Any, ...]) -> None:
    with pytest.raises(Invalid) as caught:
        read(record(), **fields)
    assert [path] == list(caught.value.fields)


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_a_batch_is_an_object(value: Any) -> None:
    with pytest.raises(Invalid):
        read_batch(value, NODE, now=NOW)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": ""}, "A name has parts"),
        ({"name": "Env.Rain"}, "A name has parts"),
        ({"name": "env..rain"}, "A name has parts"),
        ({"name": "env.rain\n"}, "A name has parts"),
        ({"name": "a" * 129}, "A name has parts"),
        ({"name": 5}, "A name has parts"),
        ({"name": "upload"}, "The name upload is for uploads"),
        ({"value": None}, "A value is a number or a text"),
        ({"value": []}, "A value is a number or a text"),
        ({"value": float("inf")}, "A number must be finite"),
        ({"value": 10**400}, "A number must be finite"),
        ({"value": "x" * 65_537}, "A text has at most"),
        ({"value": "a\0b"}, "no null characters"),
        ({"value": "\ud800"}, "no lone surrogates"),
        ({"timestamp": "now"}, "A time is an integer"),
        ({"timestamp": 1.5}, "A time is an integer"),
        ({"timestamp": True}, "A time is an integer"),
        ({"timestamp": NOW // SECOND}, "before the year 2000"),
        ({"timestamp": NOW // 1_000_000}, "before the year 2000"),
        ({"timestamp": NOW + 25 * 3600 * SECOND}, "more than a day ahead"),
        ({"timestamp": 1 << 70}, "more than a day ahead"),
        ({"meta": []}, "Meta is an object"),
        ({"meta": None}, "Meta is an object"),
        ({"meta": {f"k{n}": "" for n in range(33)}}, "Meta is an object with at most 32 keys"),
        ({"meta": {"1a": "x"}}, "A key of meta has"),
        ({"meta": {"a.b": "x"}}, "A key of meta has"),
        ({"meta": {"k" * 65: "x"}}, "A key of meta has"),
        ({"meta": {"a": 1}}, "meta.a must be a text"),
        ({"meta": {"a": "x" * 257}}, "meta.a must be a text"),
        ({"meta": {"a": "\0"}}, "meta.a must be a text"),
        ({"meta": {"vsn": "W024"}}, "This node's is W023"),
        ({"meta": {"node": "0000"}}, "This node's is 000048b02d15bc7c"),
        ({"other": 1}, "A record has no field other"),
    ],
)
def test_a_record_that_cannot_be_kept_is_left_out_and_told(fields: dict[str, Any], why: str) -> None:
    got = read(record(1), record(2, **fields), record(3))
    assert [2] == list(got.refused)
    assert why in got.refused[2]
    assert ([1, 3], 3) == ([number for number, _ in got.batch.measurements], got.batch.highest)


@pytest.mark.parametrize("missing", ["timestamp", "name", "value"])
def test_a_record_needs_its_fields(missing: str) -> None:
    got = read({key: value for key, value in record().items() if key != missing})
    assert ([1], []) == (list(got.refused), list(got.batch.measurements))


def test_a_clock_may_be_an_hour_wrong() -> None:
    times = (NOW + 3600 * SECOND, NOW - 3600 * SECOND)
    got = read(*(record(number, timestamp=at) for number, at in enumerate(times, 1)))
    assert list(times) == [one.at for _, one in got.batch.measurements]


def test_truth_is_one_and_integers_without_bound_are_floats() -> None:
    got = read(*(record(number, value=value) for number, value in enumerate((True, False, 1 << 63, -(1 << 64)), 1)))
    values = [one.value for _, one in got.batch.measurements]
    assert ([1, 0, 2.0**63, -(2.0**64)], [int, int, float, float]) == (values, [type(value) for value in values])


META = {"job": "myjob-1", "task": "image-sampler", "plugin": "registry.example/theone/imagesampler:0.3.0"}


def test_an_upload_and_its_place() -> None:
    upload = read_upload("1661279233562104000-snap.jpg", META, NODE, now=NOW)
    assert {**META, "filename": "snap.jpg", **OWN} == upload.meta
    place = f"myjob-1/sage-image-sampler-0.3.0/{NODE.name}/1661279233562104000-snap.jpg"
    assert place == place_of(upload, NODE)
    assert NODE.name == node_of(place)


@pytest.mark.parametrize(
    ("meta", "place"),
    [
        ({}, "sage/sage-none-latest"),
        ({"job": "", "task": "a b"}, "sage/sage-a-b-latest"),
        ({"job": "../../etc"}, "..-..-etc/sage-none-latest"),
        ({"job": ".."}, "-/sage-none-latest"),
        ({"task": "x", "plugin": "host:5000/x"}, "sage/sage-x-latest"),
    ],
)
def test_places_have_plain_parts(meta: dict[str, str], place: str) -> None:
    found = place_of(read_upload("1661279233562104000-a.jpg", meta, NODE, now=NOW), NODE)
    assert f"{place}/{NODE.name}/1661279233562104000-a.jpg" == found
    assert NODE.name == node_of(found)


@pytest.mark.parametrize(
    "name",
    ["snap.jpg", "5-snap.jpg", "1661279233562104000", "1661279233562104000-", "1661279233562104000-..", "-1-a"]
    + ["1661279233562104000-a/b", "1661279233562104000-a\0", f"1661279233562104000-{'ä' * 101}"]
    + [f"{NOW + 25 * 3600 * SECOND}-a"],
)
def test_names_that_no_upload_has(name: str) -> None:
    with pytest.raises(Invalid):
        read_upload(name, {}, NODE, now=NOW)


@pytest.mark.parametrize("meta", [[], {"a": 1}, {"filename": "other.jpg"}, {"vsn": "W024"}])
def test_meta_that_no_upload_has(meta: Any) -> None:
    with pytest.raises(Invalid):
        read_upload("1661279233562104000-a.jpg", meta, NODE, now=NOW)


@pytest.mark.parametrize(
    "place", ["", "a", "a/b/c", "a/b/c/d", "../b/c/1661279233562104000-a", "a//c/1661279233562104000-a"]
)
def test_what_is_no_place(place: str) -> None:
    assert node_of(place) is None
