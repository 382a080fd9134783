"""Bodies of queries: what they mean, and in which words they are refused."""

import json
from typing import Any

import pytest

from dragoman.core.instants import read_instant
from dragoman.dialects.beehive.errors import Refused
from dragoman.dialects.beehive.read import Query, read_query

NOW = 1_795_164_459_047_831_935
PARSE, BACKEND = "error: failed to parse query: ", "error: failed to query backend: "


def read(body: str | dict[str, Any], *, lenient: bool = False) -> Query:
    text = body if isinstance(body, str) else json.dumps(body)
    return read_query(text, now=NOW, lenient=lenient)


def refusal(body: str | dict[str, Any], *, lenient: bool = False) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        read(body, lenient=lenient)
    return caught.value.status, caught.value.why


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (" \n", "EOF"),
        ("{}", "missing start field"),
        ("null", "missing start field"),
        ('{"start":""}', "missing start field"),
        ('{"start":null}', "missing start field"),
        ('{"start":"-5m","unknown":1}', 'json: unknown field "unknown"'),
        ('{"unknown":null}', 'json: unknown field "unknown"'),
        ('{"start":"-5m","filter":{"meta.vsn":"W023"}}', 'invalid filter key: "meta.vsn"'),
        ('{"start":"-5m","filter":{"1a":""}}', 'invalid filter key: "1a"'),
        ('{"start":"-5m"', "unexpected EOF"),
        ('{"start":"-5m', "unexpected EOF"),
        ("{", "unexpected EOF"),
        ('{"start":"-5m",}', "invalid character '}' looking for beginning of object key string"),
        ("{start:1}", "invalid character 's' looking for beginning of object key string"),
        ("{'start':1}", r"invalid character '\'' looking for beginning of object key string"),
        ('{"start" "-5m"}', "invalid character '\"' after object key"),
        ('{"start":"-5m" "end":""}', "invalid character '\"' after object key:value pair"),
        ('{"filter":["a" "b"]}', "invalid character '\"' after array element"),
        ('{"start":-5m}', "invalid character 'm' after object key:value pair"),
        ('{"start":}', "invalid character '}' looking for beginning of value"),
        ("hello", "invalid character 'h' looking for beginning of value"),
        ("é", "invalid character 'Ã' looking for beginning of value"),
        ("nil", "invalid character 'i' in literal null (expecting 'u')"),
        ('{"start":"\n"}', r"invalid character '\n' in string literal"),
        (r'{"start":"\x"}', "invalid character 'x' in string escape code"),
        (r'{"start":"\u12g4"}', r"invalid character 'g' in \u hexadecimal character escape"),
        ('{"tail":1.}', "invalid character '}' after decimal point in numeric literal"),
        ('{"tail":1e}', "invalid character '}' in exponent of numeric literal"),
        ('{"tail":-}', "invalid character '}' in numeric literal"),
        ("[]", "json: cannot unmarshal array into Go value of type main.Query"),
        ("5", "json: cannot unmarshal number into Go value of type main.Query"),
        ('{"start":5}', "json: cannot unmarshal number into Go struct field Query.start of type string"),
        ('{"start":true}', "json: cannot unmarshal bool into Go struct field Query.start of type string"),
        ('{"tail":"1"}', "json: cannot unmarshal string into Go struct field Query.tail of type int"),
        ('{"tail":1.5}', "json: cannot unmarshal number 1.5 into Go struct field Query.tail of type int"),
        ('{"filter":[]}', "json: cannot unmarshal array into Go struct field Query.filter of type map[string]string"),
        ('{"filter":{"vsn":1}}', "json: cannot unmarshal number into Go struct field Query.filter of type string"),
        ('{"start":"-5m","limit":0}', "limit must be at least 1"),
    ],
)
def test_a_body_that_is_no_query(body: str, why: str) -> None:
    assert (400, PARSE + why) == refusal(body)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"start": "-5m\n"}, r'invalid start timestamp "-5m\n"'),
        ({"start": "now()"}, 'invalid start timestamp "now()"'),
        ({"end": "{}"}, 'invalid end timestamp "{}"'),
        ({"filter": {"vsn": "W023$"}}, 'invalid filter field pattern "W023$"'),
        ({"filter": {"vsn": "(a|b)"}}, 'invalid filter field pattern "(a|b)"'),
        ({"head": 1, "tail": 1}, "head and tail cannot both be specified"),
        ({"experimental_window": "1h"}, "window cannot be used without aggregation function"),
        ({"experimental_func": "median"}, "unsupported function"),
        ({"bucket": "_monitoring"}, 'not authorized to access bucket "_monitoring"'),
        ({"bucket": "other"}, 'failed to initialize execute state: could not find bucket "other"'),
        ({"start": "yesterday"}, "invalid start: yesterday is neither a time nor a duration"),
        ({"end": "2021-02-30"}, "invalid stop: 2021-02-30 is neither a time nor a duration"),
        ({"start": "1h"}, "cannot query an empty range"),
        ({"start": "-1h", "end": "-2h"}, "cannot query an empty range"),
        ({"head": 0}, "head must be at least 1"),
        ({"tail": -1}, "tail must be at least 1"),
        ({"experimental_func": "mean", "experimental_window": "soon"}, "invalid window: soon is no duration"),
        ({"filter": {"name": "a**"}}, "invalid filter: a * behind a repetition is not supported here"),
    ],
)
def test_a_query_that_cannot_be_answered(fields: dict[str, Any], why: str) -> None:
    assert (500, BACKEND + why) == refusal({"start": "-5m", **fields})


def test_the_first_fault_in_the_order_of_the_service_is_told() -> None:
    everything = {
        "start": "()",
        "bucket": "_b",
        "filter": {"a": "$"},
        "head": 1,
        "tail": 1,
        "experimental_window": "1h",
    }
    for remedy, why in (
        ({"bucket": "waggle"}, 'not authorized to access bucket "_b"'),
        ({"start": "-1h"}, 'invalid start timestamp "()"'),
        ({"filter": {}}, 'invalid filter field pattern "$"'),
        ({"tail": None}, "head and tail cannot both be specified"),
        ({"experimental_func": "mean"}, "window cannot be used without aggregation function"),
    ):
        assert (500, BACKEND + why) == refusal(everything)
        everything |= remedy
    assert "mean" == read(everything).function


def test_a_comma_too_many_is_forgiven_where_that_is_set() -> None:
    body = '{"start":"-5m","filter":{"task":"image-sampler","vsn":"W023","name":"upload",},}'
    assert "upload" == read(body, lenient=True).wanted.name
    assert (400, f"{PARSE}invalid character '}}' looking for beginning of object key string") == refusal(body)
    assert 400 == refusal('{"start":"-5m",,}', lenient=True)[0]


def test_times_names_and_cuts_are_read() -> None:
    query = read({"start": "-1h", "end": "2026-11-20T08:00:00Z", "filter": {"name": "env.rain"}, "tail": 2, "limit": 7})
    assert (NOW - 3_600_000_000_000, "env.rain", 2, 7) == (
        query.wanted.start,
        query.wanted.name,
        query.wanted.tail,
        query.limit,
    )
    assert read_instant("2026-11-20T08:00:00Z", now=0) == query.wanted.end
    assert NOW == read({"start": "-1h"}).wanted.end


def test_only_the_first_value_counts_and_names_of_fields_in_any_case() -> None:
    assert NOW - 300_000_000_000 == read('{"START":"-5m"} and whatever {').wanted.start


META = {"vsn": "W023", "task": "image-sampler", "plugin": "theone/imagesampler:0.3.0", "none": ""}


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ({}, True),
        ({"name": "env.rain"}, True),
        ({"name": "env.r"}, False),
        ({"name": "env"}, False),
        ({"name": "env.*"}, True),
        ({"name": "envXr.*"}, False),
        ({"name": "env.r.*n"}, True),
        ({"name": "sys.*|env.*"}, True),
        ({"name": "env.rain|x"}, True),
        ({"name": "rain|x"}, False),
        ({"vsn": "W019|W020"}, False),
        ({"vsn": "W019|W023"}, True),
        ({"vsn": "w023"}, False),
        ({"vsn": "W[0-9]*"}, True),
        ({"vsn": r"W\d\d\d|x"}, True),
        ({"plugin": "theone/imagesampler:0.3.0"}, True),
        ({"plugin": ".*imagesampler:.*"}, True),
        ({"plugin": "theone/imagesampler:.*"}, True),
        ({"vsn": "W023", "task": "other"}, False),
        ({"camera": "bottom"}, False),
        ({"camera": ".*"}, False),
        ({"none": ""}, False),
        ({"none": ".*"}, True),
    ],
)
def test_patterns_are_texts_or_whole_regular_expressions(pattern: dict[str, str], fits: bool) -> None:
    assert fits is read({"start": "-5m", "filter": pattern}).wanted.fits("env.rain", META)


def test_a_hostile_pattern_takes_no_longer_than_another() -> None:
    query = read({"start": "-5m", "filter": {"name": ".*" * 60 + "x"}})
    assert not query.wanted.fits("a" * 128, {})
