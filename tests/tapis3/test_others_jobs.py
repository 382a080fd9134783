"""Somebody else's job, whose id is known, is nobody's business: on every route, before and after its end."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from dragoman.dialects.tapis3.routes import ROUTES
from tests.service import Service
from tests.tapis3.envelopes import refused, told
from tests.tapis3.local_jobs import add_app, await_status, submit
from tests.tapis3.people import Person, requests

pytestmark = [pytest.mark.slow]

BODIES: dict[str, dict[str, Any]] = {
    "share": {"grantee": "bob", "jobResource": ["JOB_HISTORY", "JOB_OUTPUT"], "jobPermission": "READ"},
    "sendEvent": {"eventData": "hello"},
    "subscribe": {
        "eventCategoryFilter": "ALL",
        "deliveryTargets": [{"deliveryMethod": "WEBHOOK", "deliveryAddress": "http://example.com/"}],
    },
    "annotations": {"tags": ["x"]},
}
OF_JOBS = sorted({(one.method, one.path) for one in ROUTES if one.path.startswith("jobs/") and "{" in one.path})


def asked(http: httpx2.Client, method: str, path: str, uuid: str) -> httpx2.Response:
    """Ask a route for a job."""
    filled = re.sub(r"\{jobUuid\}|\{uuid\}", uuid, path)
    filled = re.sub(r"\{user\}", "bob", filled)
    filled = re.sub(r"\{outputPath[^}]*\}", "tapisjob.out", filled)
    body = next((body for word, body in BODIES.items() if f"/{word}" in path), None)
    return http.request(method, filled, json=body if method in {"POST", "PUT", "PATCH"} else None)


@pytest.fixture(scope="module")
def jobs(ann: Person) -> Iterator[tuple[str, str]]:
    """A job of ann's that goes on, and one that has ended."""
    app = add_app(ann, "private")
    ended, running = submit(ann, app, "0"), submit(ann, app, "600")
    await_status(ann, ended, "FINISHED")
    await_status(ann, running, "RUNNING")
    yield running, ended
    told(ann.http.post(f"jobs/{running}/cancel"))


def test_an_administrator_starts_a_job_for_somebody(service: Service, ann: Person, bob: Person) -> None:
    """With the rights and the home of who will own it: what the administrator may do is no help, nor in the way."""
    words = (
        "account",
        "add",
        "chief",
        "--email",
        "chief@example.com",
        "--password",
        "pw",
        "--admin",
        "--output",
        "json",
    )
    app = add_app(ann, "anns-own")
    asked = {"name": "for ann", "appId": app, "appVersion": "1", "parameterSet": {"appArgs": [{"arg": "0"}]}}
    with requests(service, json.loads(service.command(*words).stdout)["token"]) as chief:
        uuid = told(chief.post("jobs/submit", json={**asked, "owner": "ann"}))["uuid"]
        await_status(ann, uuid, "FINISHED")
        job = told(ann.http.get(f"jobs/{uuid}"))
        assert ("ann", "chief") == (job["owner"], job["createdby"])
        assert "tapisjob.out" in {
            one["name"] for one in told(ann.http.get(f"files/ops/local{job['execSystemOutputDir']}"))
        }
        assert chief.post("jobs/submit", json={**asked, "owner": "bob"}).status_code in (400, 403, 404)
        assert "nobody-here" in refused(chief.post("jobs/submit", json={**asked, "owner": "nobody-here"}), 400)
    assert "administrator" in refused(ann.http.post("jobs/submit", json={**asked, "owner": "bob"}), 400)


def test_whom_a_job_is_shared_with_may_leave(ann: Person, bob: Person, jobs: tuple[str, str]) -> None:
    """By themselves; what others may see is not theirs to end, and nobody leaves twice."""
    uuid = jobs[1]
    for grantee in ("bob", "ann"):
        told(ann.http.post(f"jobs/{uuid}/share", json=BODIES["share"] | {"grantee": grantee}))
    refused(bob.http.delete(f"jobs/{uuid}/share/ann"), 401)
    told(bob.http.delete(f"jobs/{uuid}/share/bob"))
    refused(bob.http.get(f"jobs/{uuid}"), 401)
    refused(bob.http.delete(f"jobs/{uuid}/share/bob"), 401)
    assert {"ann"} == {one["grantee"] for one in told(ann.http.get(f"jobs/{uuid}/share"))}
    details = [one["eventDetail"] for one in told(ann.http.get(f"jobs/{uuid}/history"))]
    assert "UNSHARE_JOB_HISTORY_READ" in details
    told(ann.http.delete(f"jobs/{uuid}/share/ann"))


def test_all_routes_are_tried() -> None:
    """There are many, and no part of an address is left unfilled."""
    assert len(OF_JOBS) >= 17
    known = {"jobUuid", "uuid", "user", "outputPath:path"}
    assert known >= {part for _, path in OF_JOBS for part in re.findall(r"\{([^}]*)\}", path)}


@pytest.mark.parametrize(("method", "path"), OF_JOBS)
def test_nothing_is_told_or_done(
    ann: Person, bob: Person, nobody: httpx2.Client, jobs: tuple[str, str], method: str, path: str
) -> None:
    """401, with nothing of the job but its id; without a token too. An id that there is not is 404."""
    for uuid in jobs:
        before = told(ann.http.get(f"jobs/{uuid}"))
        answer = asked(bob.http, method, path, uuid)
        message = refused(answer, 401)
        assert "private" not in message
        assert answer.json()["result"] in (None, {"name": uuid})
        refused(asked(nobody, method, path, uuid), 401)
        assert before == told(ann.http.get(f"jobs/{uuid}"))
    uuid = "6a1c6b6f-0000-4000-8000-000000000000-007"
    unknown = asked(bob.http, method, path, uuid)
    refused(unknown, 404)
    assert {"name": uuid} == unknown.json()["result"]


def test_lists_and_searches_have_none_of_them(bob: Person, jobs: tuple[str, str]) -> None:
    """Not even one that names them."""
    for kind in ("MY_JOBS", "SHARED_JOBS", "ALL_JOBS"):
        assert [] == told(bob.http.get(f"jobs/search?uuid.in={','.join(jobs)}&listType={kind}"))
        body = {"search": [f"uuid = '{jobs[0]}' OR name = 'a job'"]}
        found = told(bob.http.post(f"jobs/search?listType={kind}&limit=-1", json=body))
        assert {*jobs}.isdisjoint(one["uuid"] for one in found)
