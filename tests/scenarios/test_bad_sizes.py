"""Far more of everything than anybody means: others are answered all the same, and nothing is lost."""

import io
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.scenarios.processes import peak_memory
from tests.scenarios.rescale import Json, Rescale, analysis, basic
from tests.service import Service, wait_until

BODY_BYTES = 1_000_000
"""A little less than the service takes."""
PATIENCE = 30.0
"""Seconds that nobody waits for an answer, however busy the machine is that the tests run on."""


def longest_wait(api: Rescale, act: Callable[[], Any]) -> tuple[Any, float]:
    """What ``act`` gives, and how long at most somebody else waited for an answer meanwhile."""
    waits = []
    with ThreadPoolExecutor(1) as threads:
        acting = threads.submit(act)
        while not acting.done():
            began = time.monotonic()
            assert 200 == api.http.get("users/me/").status_code
            waits.append(time.monotonic() - began)
        return acting.result(), max(waits, default=0.0)


def many(item: str, before: str, after: str = "]}", *, most: int = BODY_BYTES) -> bytes:
    """As many items as a body can have."""
    count = min(most, (BODY_BYTES - len(before) - len(after)) // (len(item) + 1))
    return f"{before}{','.join([item] * count)}{after}".encode()


WHOLE = json.dumps(basic("true", inputFiles=["HERE"]))
MANY = {
    "inputs": many("{}", *WHOLE.split('"HERE"')),
    "inputs of no kind": many("1", *WHOLE.split('"HERE"')),
    "as many inputs as are parsed": many("{}", *WHOLE.split('"HERE"'), most=49_000),
    "as many filters as are parsed": many("{}", '{"name":"x","resourceFilters":[', most=49_000),
    "filters": many("{}", '{"name":"x","resourceFilters":['),
    "analyses": many("{}", '{"name":"x","jobanalyses":['),
    "tags": many("{}", '{"name":"x","tags":['),
    "empty tags": many('""', '{"name":"x","tags":['),
    "what nobody knows": many("[]", '{"name":"x","x":['),
    "variables": json.dumps(basic("true", envVars={f"A{number}": "" for number in range(50_000)})).encode(),
}


@pytest.mark.slow
@pytest.mark.parametrize("body", MANY.values(), ids=MANY)
def test_a_body_full_of_faults_holds_up_nobody(service: Service, api: Rescale, other: Rescale, body: bytes) -> None:
    """It is refused in few words, while others are answered, and memory is not used up."""
    headers = {"Content-Type": "application/json"}
    answer, wait = longest_wait(api, lambda: other.http.post("jobs/", content=body, headers=headers))
    assert 400 == answer.status_code
    assert len(answer.content) < 100_000
    assert wait < PATIENCE
    assert peak_memory(service.pid) < 400 << 20


def test_unknown_inputs_are_told_as_far_as_anybody_reads(api: Rescale) -> None:
    """A hundred of them, and that there are more."""
    body = basic("true", inputFiles=[{"id": f"zz{number}"} for number in range(10_000)])
    told: Json = api.http.post("jobs/", json=body).json()
    assert "There are more faults than the 100 that are told." in told["nonFieldErrors"]
    assert 100 == len([one for one in told["jobanalyses"][0]["inputFiles"] if one])


@pytest.mark.slow
def test_a_job_of_ten_thousand_inputs_holds_up_nobody(api: Rescale, other: Rescale) -> None:
    """It is saved, shown, changed and listed, while others are answered."""
    file = other.upload(b"x")

    def live() -> list[int]:
        body = {**basic("true"), "jobanalyses": [analysis("true", inputFiles=[{"id": file["id"]}] * 10_000)]}
        job = other.create(body)
        asks = [("GET", ""), ("PATCH", ""), ("GET", "statuses/")]
        codes = [other.http.request(how, f"jobs/{job}/{path}", json={"name": "n"}).status_code for how, path in asks]
        return [*codes, len(other.json(f"jobs/{job}/")["jobanalyses"][0]["inputFiles"])]

    answer, wait = longest_wait(api, live)
    assert [200, 200, 200, 10_000] == answer
    assert wait < PATIENCE


@pytest.mark.parametrize("path", ["jobs/", "files/", "jobs/{}/files/"])
def test_a_search_has_so_many_characters(api: Rescale, path: str) -> None:
    """More are refused under the parameter; as many as are allowed find nothing, whatever they are."""
    path = path.format(api.create("true"))
    for pattern in ("x" * 1001, "x" * 50_001):
        answer = api.http.get(path, params={"search": pattern})
        assert 400 == answer.status_code
        assert {"search": ["Ensure this field has no more than 1000 characters."]} == answer.json()
    for pattern in ("x" * 1000, "%_\\" * 333):
        assert [] == api.results(path, search=pattern)


@pytest.mark.parametrize("count", [20])
def test_tags_that_are_set_at_once_are_all_kept(service: Service, api: Rescale, count: int) -> None:
    """What was answered is there, and what was taken off is not."""
    job, names = api.create("true"), [f"tag {number}" for number in range(count)]

    def change(method: str) -> set[int]:
        with ThreadPoolExecutor(count) as threads:
            asked = [threads.submit(api.http.request, method, f"jobs/{job}/tags/", json={"name": n}) for n in names]
            return {one.result().status_code for one in asked}

    api.http.post(f"jobs/{job}/tags/", json={"name": "stays"})
    assert {201} == change("POST")
    assert {"stays", *names} == {one["name"] for one in api.json(f"jobs/{job}/tags/")}
    assert {200} == change("DELETE")
    assert ["stays"] == [one["name"] for one in api.json(f"jobs/{job}/tags/")]


LINES = {
    "nothing": b"",
    "no end": b"a\nb",
    "empty lines": b"\n\n",
    "many": b"".join(b"%d\n" % number for number in range(100_000)),
    "one long": b"x" * (8 << 20),
    "short ones, as many as there can be": b"a\n" * (4 << 20),
    "not only ASCII": "é\u2028\U0001f600\n".encode() * 50_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("content", LINES.values(), ids=LINES)
def test_lines_come_in_pieces(service: Service, api: Rescale, other: Rescale, content: bytes) -> None:
    """All of them, exactly; others are answered meanwhile, and memory is not used up."""
    file = other.upload(content)
    answer, wait = longest_wait(api, lambda: other.http.get(f"files/{file['id']}/lines/"))
    assert wait < PATIENCE
    assert {"lines": [line.decode() for line in io.BytesIO(content)]} == answer.json()
    assert peak_memory(service.pid) < 400 << 20


@pytest.mark.slow
def test_a_tail_has_an_end(api: Rescale) -> None:
    """Of a line without end it is the last mebibyte."""
    job = api.submit("head -c 64M /dev/zero | tr '\\0' x > long; printf end >> long; touch ready; sleep 300")
    api.wait(job, "Executing")

    def names() -> list[str]:
        return [one["path"] for one in api.json(f"jobs/{job}/runs/1/directory-contents/")]

    wait_until(lambda: "ready" in names())
    told = api.json(f"jobs/{job}/runs/1/tail/long", lines=5)
    assert ["x" * ((1 << 20) - 3) + "end"] == told["lines"]
    api.http.post(f"jobs/{job}/force_stop/")
