"""Tags and notes of a job can be changed after its submission, also after its end."""

from typing import Any
from uuid import uuid4

import pytest

from tests.tapis3.envelopes import refused, told
from tests.tapis3.local_jobs import add_app, await_status, submit
from tests.tapis3.people import Person

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def job(ann: Person) -> str:
    """A job that has ended."""
    add_app(ann, "annotated")
    uuid = submit(ann, "annotated", "0", tags=["b", "a"], notes={"one": 1, "both": {"x": 1}})
    await_status(ann, uuid, "FINISHED")
    return uuid


def annotate(who: Person, method: str, job: str, **body: Any) -> Any:
    """Ask for other tags or notes."""
    return who.http.request(method, f"jobs/{job}/annotations", json=body)


def test_they_are_added_to_and_replaced(ann: Person, job: str) -> None:
    """PATCH adds tags and keys, PUT replaces what is given; both tell all, and the job and its searches do."""
    patched = told(annotate(ann, "PATCH", job, tags=["c", "a"], notes={"two": [2], "both": {"y": 2}}))
    assert {"a", "b", "c"} == {*patched["tags"]}
    assert {"one": 1, "both": {"y": 2}, "two": [2]} == patched["notes"]
    assert {"id", "uuid", "tags", "notes"} == set(patched)
    assert patched == told(annotate(ann, "PATCH", job, tags=["b"]))
    shown = told(ann.http.get(f"jobs/{job}"))
    assert (["a", "b", "c"], '{"one":1,"both":{"y":2},"two":[2]}') == (shown["tags"], shown["notes"])
    put = told(annotate(ann, "PUT", job, notes={"three": 3}))
    assert (["a", "b", "c"], {"three": 3}) == (put["tags"], put["notes"])
    assert [] == told(annotate(ann, "PUT", job, tags=[]))["tags"]
    query = {"search": ["notes LIKE '%three%'"]}
    assert [job] == [one["uuid"] for one in told(ann.http.post("jobs/search", json=query))]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "Give tags, notes, or both"),
        ({"tags": None}, "Give tags, notes, or both"),
        ({"tags": "a"}, "tags: This must be a list"),
        ({"tags": ["a", "a"]}, "tags: No entry may be there twice"),
        ({"notes": "{}"}, "notes: This must be a JSON object"),
        ({"notes": {"a": "x" * 140_000}}, "notes: "),
        ({"name": "other"}, "name: "),
    ],
)
def test_nonsense_changes_nothing(ann: Person, job: str, body: dict[str, Any], why: str) -> None:
    """It is told what is wrong."""
    before = told(ann.http.get(f"jobs/{job}"))
    for method in ("PUT", "PATCH"):
        assert why in refused(annotate(ann, method, job, **body), 400)
    assert before == told(ann.http.get(f"jobs/{job}"))


def test_what_is_added_has_bounds(ann: Person, job: str) -> None:
    """What a job has of them has to fit, however it came to be."""
    told(annotate(ann, "PUT", job, notes={"a": "x" * 100_000}))
    assert "notes: " in refused(annotate(ann, "PATCH", job, notes={"b": "x" * 100_000}), 400)
    assert ["a"] == [*told(annotate(ann, "PATCH", job, notes={"a": 1}))["notes"]]


def test_others_may_not(ann: Person, bob: Person, job: str) -> None:
    """Also those whom the job is shared with."""
    everything = ["JOB_HISTORY", "JOB_OUTPUT", "JOB_RESUBMIT_REQUEST", "JOB_INPUT"]
    asked = {"grantee": bob.name, "jobResource": everything, "jobPermission": "READ"}
    told(ann.http.post(f"jobs/{job}/share", json=asked))
    refused(annotate(bob, "PATCH", job, tags=["x"]), 401)
    refused(annotate(ann, "PATCH", f"{uuid4()}-007", tags=["x"]), 404)
