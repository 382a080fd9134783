"""S19: measurements are queried, as curl does it."""

import gzip
import json
import re

import httpx2

from tests.beehive.field import Node, query
from tests.service import Service

PARSE, BACKEND = "error: failed to parse query: ", "error: failed to query backend: "
SEED = """{
    "start": "-5m",
    "filter": {
        "task": "image-sampler",
        "vsn": "W023",
        "name": "upload",
    }
}
"""
"""The body of a well-known page, comma and all."""


def test_a_measurement_is_found_as_the_service_shows_it(service: Service, w023: Node) -> None:
    """The nodes' own names are in its meta, whatever it said itself."""
    w023.measure(23.5, name="s19.temperature", sensor="bme280", zone="core")
    found = query(service, {"start": "-5m", "filter": {"name": "s19.temperature"}})
    (line,) = found.text.splitlines()
    meta = f'"meta":{{"node":"{w023.name}","sensor":"bme280","vsn":"W023","zone":"core"}}'
    assert re.fullmatch(
        r'\{"timestamp":"20[0-9-]{8}T[0-9:.]+Z","name":"s19.temperature","value":23.5,' + re.escape(meta) + r"\}", line
    )
    assert found.text.endswith("}\n")


def test_the_headers_of_an_answer(service: Service, w023: Node) -> None:
    """Everybody's pages may read it, and browsers save it."""
    w023.measure(1, name="s19.headers")
    headers = query(service, {"start": "-5m", "filter": {"name": "s19.headers"}}).headers
    assert ("*", "text/plain; charset=utf-8") == (headers["access-control-allow-origin"], headers["content-type"])
    assert re.fullmatch(r'attachment; filename="sage-download-\d{14}\.ndjson"', headers["content-disposition"])


def test_nothing_found_is_an_empty_answer(service: Service) -> None:
    """Not even a line break: an empty line breaks clients."""
    found = query(service, {"start": "-5m", "filter": {"name": "s19.nothing"}})
    assert (200, "") == (found.status, found.text)


def test_the_query_of_the_seed_is_answered(service: Service, w023: Node) -> None:
    """Its comma too many is forgiven, unless the settings refuse it."""
    w023.upload("1795164459047831935-sample.jpg", b"jpeg", task="image-sampler", job="", plugin="x/imagesampler:0.3.0")
    found = query(service, SEED.replace("-5m", "2026-01-01"), Content_Type="application/json")
    assert ["upload"] == list({record["name"] for record in found.records})
    place = f"/api/v1/data/sage/sage-image-sampler-0.3.0/{w023.name}/1795164459047831935-sample.jpg"
    assert [f"{service.url}{place}"] == found.values


def test_any_method_with_a_body_is_a_query(service: Service, w023: Node) -> None:
    """And what it says of its body does not count."""
    w023.measure(1, name="s19.method")
    body = {"start": "-5m", "filter": {"name": "s19.method"}}
    for method in ("POST", "PUT", "GET"):
        assert [1] == query(service, body, method=method, Content_Type="application/x-www-form-urlencoded").values


def test_bodies_that_are_refused(service: Service) -> None:
    """In plain lines, in the words of the service."""
    for body, status, why in (
        (None, 400, "error: no query provided"),
        (" " * 4097, 400, "error: query is too large - must be <1KB"),
        ("{}", 400, f"{PARSE}missing start field"),
        ('{"start":"-5m","unknown":1}', 400, f'{PARSE}json: unknown field "unknown"'),
        ('{"start":"-5m"', 400, f"{PARSE}unexpected EOF"),
        (b'{"start":"\xff\xfe"}', 500, f'{BACKEND}invalid start timestamp "��"'),
        ('{"start":"-5m","head":1,"tail":1}', 500, f"{BACKEND}head and tail cannot both be specified"),
        ('{"start":"-5m","bucket":"_x"}', 500, f'{BACKEND}not authorized to access bucket "_x"'),
    ):
        found = query(service, body)
        assert (status, f"{why}\n") == (found.status, found.text)
        assert "text/plain; charset=utf-8" == found.headers["content-type"]
    assert 200 == query(service, '{"start":"-5m"}' + " " * 4000).status


def test_series_are_filtered_by_name_and_meta(service: Service, w023: Node, w024: Node) -> None:
    """Each pattern fits a whole name or value."""
    for node in (w023, w024):
        node.measure(1, name="s19.filter.a", camera="top")
        node.measure(2, name="s19.filter.b", camera="bottom")
    for patterns, count in (
        ({}, 4),
        ({"vsn": "W023"}, 2),
        ({"vsn": "W023|W024"}, 4),
        ({"vsn": "W02.*", "camera": "top"}, 2),
        ({"vsn": "W02"}, 0),
        ({"lens": "top"}, 0),
        ({"node": w024.name, "name": "s19.filter.b"}, 1),
    ):
        assert count == len(query(service, {"start": "-5m", "filter": {"name": "s19.filter.*", **patterns}}).records)


def test_heads_tails_limits_and_functions(service: Service, w023: Node) -> None:
    """Of each series; the limit is that of the answer."""
    w023.measure(*range(10), name="s19.cut", part="a")
    w023.measure(*range(10, 20), name="s19.cut", part="b")
    asked = {"start": "-5m", "filter": {"name": "s19.cut"}}
    for more, values in (
        ({"head": 2}, [0, 1, 10, 11]),
        ({"tail": 1}, [9, 19]),
        ({"limit": 3}, [0, 1, 2]),
        ({"tail": 2, "limit": 3}, [8, 9, 18]),
        ({"experimental_func": "mean"}, [4.5, 14.5]),
        ({"experimental_func": "count", "head": 3}, [3, 3]),
        ({"experimental_func": "max", "limit": 1}, [9]),
        ({"end": "-1h", "start": "-2h"}, []),
    ):
        assert values == query(service, asked | more).values
    windows = query(service, asked | {"experimental_func": "sum", "experimental_window": "1m"}).values
    assert 190 == sum(value for value in windows if value is not None)
    assert None in windows


def test_a_table_for_those_who_ask_for_one(service: Service, w023: Node) -> None:
    """Comma-separated values are an addition of this service."""
    w023.measure(1.5, 2, name="s19.table", sensor='a,"b"')
    found = query(service, {"start": "-5m", "filter": {"name": "s19.table"}}, Accept="text/csv")
    head, first, second = found.text.splitlines()
    assert "timestamp,name,value,meta.node,meta.sensor,meta.vsn" == head
    assert first.endswith(f'Z,s19.table,1.5,{w023.name},"a,""b""",W023')
    assert ",s19.table,2," in second
    assert ("text/csv; charset=utf-8", '.csv"') == (
        found.headers["content-type"],
        found.headers["content-disposition"][-5:],
    )


def test_an_answer_may_be_packed(service: Service, w023: Node) -> None:
    """When the asker can unpack it."""
    w023.measure(*range(3), name="s19.packed")
    body = json.dumps({"start": "-5m", "filter": {"name": "s19.packed"}})
    with httpx2.stream(
        "POST", f"{service.url}/api/v1/query", content=body, headers={"Accept-Encoding": "gzip"}, trust_env=False
    ) as answer:
        raw = b"".join(answer.iter_raw())
    assert "gzip" == answer.headers["content-encoding"]
    assert [0, 1, 2] == [json.loads(line)["value"] for line in gzip.decompress(raw).splitlines()]


def test_pages_of_others_may_ask(service: Service) -> None:
    """A browser asks first whether it may."""
    headers = {"Origin": "https://portal.example", "Access-Control-Request-Method": "POST"}
    answer = httpx2.options(f"{service.url}/api/v1/query", headers=headers, trust_env=False, timeout=120)
    assert (200, "*") == (answer.status_code, answer.headers["access-control-allow-origin"])
    assert "POST" in answer.headers["access-control-allow-methods"]


def test_a_large_answer_comes_whole(service: Service, w023: Node) -> None:
    """Many bunches, each series in order."""
    for part in range(5):
        records = [w023.record(number, ago=3000 - number, name="s19.large", part=str(part)) for number in range(3000)]
        assert 200 == w023.send(*records, packed=True).status
    found = query(service, {"start": "-2h", "filter": {"name": "s19.large"}}).records
    for part in range(5):
        own = [record["value"] for record in found if record["meta"]["part"] == str(part)]
        assert [*range(3000)] == own
    assert 15_000 == len(found)
