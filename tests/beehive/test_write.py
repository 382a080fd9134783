"""Lines of answers, byte for byte."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.measurements import Series
from dragoman.dialects.beehive.write import Lines, Table, number, quoted, record

META = {"vsn": "W023", "host": "0000.ws-nxcore", "job": "sage"}
SERIES = Series(id=1, name="env.temperature", meta=META)
AT = 1_661_279_230_562_104_123
ORIGIN = "https://here.example"


def test_a_line_is_that_of_the_service() -> None:
    assert (
        '{"timestamp":"2022-08-23T18:27:10.562104123Z","name":"env.temperature","value":23.5,'
        '"meta":{"host":"0000.ws-nxcore","job":"sage","vsn":"W023"}}\n'
    ) == Lines(ORIGIN).rows([(SERIES, [(AT, 23.5)])])


def test_nothing_is_no_line() -> None:
    assert "" == Lines(ORIGIN).rows([]) == Lines(ORIGIN).rows([(SERIES, [])])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (23.0, "23"),
        (-0.0, "-0"),
        (0.1, "0.1"),
        (1e15, "1000000000000000"),
        (1e16, "10000000000000000"),
        (1.5e20, "150000000000000000000"),
        (1e21, "1e+21"),
        (-1.25e300, "-1.25e+300"),
        (1e-5, "0.00001"),
        (1.5e-5, "0.000015"),
        (-0.000001, "-0.000001"),
        (1e-7, "1e-7"),
        (1.5e-10, "1.5e-10"),
        (5e-324, "5e-324"),
    ],
)
def test_numbers_are_written_as_go_does(value: float, text: str) -> None:
    assert text == number(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_stay_the_same(value: float) -> None:
    assert value == float(json.loads(number(value)))


@given(st.text())
def test_texts_stay_the_same(text: str) -> None:
    if not any("\ud800" <= sign <= "\udfff" for sign in text):
        assert text == json.loads(quoted(text))
        assert not {"<", ">", "&", "\n", "\u2028"} & set(quoted(text))


def test_uploads_are_told_with_the_address_of_this_service() -> None:
    upload = Series(id=2, name="upload", meta={"filename": "a&b.jpg"})
    place = "/api/v1/data/sage/sage-x-1/n/1-a.jpg"
    told = Lines(ORIGIN).rows([(upload, [(AT, place)]), (SERIES, [(AT, place)])]).splitlines()
    assert f"{ORIGIN}{place}" == json.loads(told[0])["value"]
    assert r'"filename":"a\u0026b.jpg"' in told[0]
    assert place == json.loads(told[1])["value"]


def test_a_table_has_a_column_for_each_key_of_meta() -> None:
    other = Series(id=2, name="env.note", meta={"vsn": "W024", "camera": 'the "top", one'})
    table = Table(ORIGIN, [SERIES, other])
    assert "timestamp,name,value,meta.camera,meta.host,meta.job,meta.vsn\n" == table.head
    assert (
        "2022-08-23T18:27:10.562104123Z,env.temperature,23,,0000.ws-nxcore,sage,W023\n"
        "2022-08-23T18:27:10.562104123Z,env.temperature,,,0000.ws-nxcore,sage,W023\n"
        '2022-08-23T18:27:10.562104123Z,env.note,"a,b<c","the ""top"", one",,,W024\n'
    ) == table.rows([(SERIES, [(AT, 23.0), (AT, None)]), (other, [(AT, "a,b<c")])])


def test_what_listeners_are_told() -> None:
    assert (
        '{"name":"env.rain","timestamp":"2022-08-23T18:27:10.562104123Z","value":"x","meta":{"a":"1","b":"2"}}'
    ) == record("env.rain", AT, "x", {"b": "2", "a": "1"}, ORIGIN)
