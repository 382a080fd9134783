"""JSON of every wrong shape: whatever is sent, the answer is JSON and never an error of ours."""

import copy
import json
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.scenarios.rescale import Json, Rescale, basic

FEW = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=1 << 62, max_value=1 << 300),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["", " ", "\0", "a\0b", "\ud800", "1", "-1", "1e400", "true", "../x", "x" * 5000, "0", "\u202e"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
WHOLE: Json = {
    **basic(
        "true",
        envVars={"A": "b"},
        flags={"igCv": True},
        useMpi=False,
        inputFiles=[{"id": "zzzzzz", "decompress": True}],
    ),
    "description": "x",
    "projectId": None,
    "isLowPriority": False,
    "tags": ["a"],
    "paramFile": None,
    "jobvariables": [],
    "resourceFilters": [{"caseSensitive": False, "include": True, "filterType": "x", "selector": "*"}],
    "archiveFilters": [],
}
WHOLE["jobanalyses"][0]["hardware"].update({"slots": 1, "walltime": 1, "type": "compute"})
WHOLE["jobanalyses"][0].update(
    {"preProcessScript": {"id": "zzzzzz"}, "preProcessScriptCommand": "true", "userDefinedLicenseSettings": None}
)


def places(value: Any, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of everything inside a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(path for key, inner in items for path in places(inner, (*here, key)))]


def replaced(place: tuple[str | int, ...], value: Any) -> Any:
    """The good job with another value at one place."""
    if not place:
        return value
    body = copy.deepcopy(WHOLE)
    target: Any = body
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value
    return body


def send(api: Rescale, method: str, path: str, body: Any) -> httpx2.Response:
    """The answer, which must be JSON or nothing, and no error of ours."""
    headers = {"Content-Type": "application/json"}
    answer = api.http.request(method, path, content=json.dumps(body).encode(), headers=headers)
    assert answer.status_code < 500, f"{answer.status_code} for {method} {path} {body!r}"
    if answer.content:
        answer.json()
    return answer


@FEW
@given(place=st.sampled_from(places(WHOLE)), value=VALUES)
def test_a_job_with_any_value_anywhere(api: Rescale, place: tuple[str | int, ...], value: Any) -> None:
    """201 or 400; what was taken can be shown."""
    answer = send(api, "POST", "jobs/", replaced(place, value))
    assert answer.status_code in (201, 400)
    if answer.status_code == 201:
        shown = api.json(f"jobs/{answer.json()['id']}/")
        assert answer.json() == shown


@pytest.mark.slow
@FEW
@given(value=VALUES)
def test_a_draft_of_odd_but_legal_values_can_be_listed_and_submitted(api: Rescale, value: Any) -> None:
    """What a door takes must not break what follows."""
    body = {
        **basic("true", envVars={"A": value} if isinstance(value, str) else {}),
        "name": value,
        "description": value,
    }
    answer = send(api, "POST", "jobs/", body)
    if answer.status_code == 201:
        job = answer.json()["id"]
        assert job in [one["id"] for one in api.results("jobs/", page_size=5)]
        assert 200 == api.http.post(f"jobs/{job}/submit/").status_code
        api.wait(job, "Completed")


@pytest.fixture(scope="module")
def draft(api: Rescale) -> str:
    return api.create("true")


@pytest.fixture(scope="module")
def file(api: Rescale) -> str:
    return str(api.upload(b"x")["id"])


@pytest.mark.slow
@FEW
@given(
    method=st.sampled_from(["PATCH", "PUT"]),
    key=st.sampled_from([*WHOLE, "id", "owner", "color", "name"]),
    value=VALUES,
)
def test_a_change_of_a_job_to_anything(api: Rescale, draft: str, method: str, key: str, value: Any) -> None:
    """200 or 400; the job can be shown."""
    assert send(api, method, f"jobs/{draft}/", {key: value}).status_code in (200, 400)
    assert draft == api.json(f"jobs/{draft}/")["id"]


@pytest.mark.slow
@FEW
@given(body=st.dictionaries(st.sampled_from(["name", "typeId", "type_id", "id", "x"]), VALUES) | VALUES)
def test_a_change_of_a_file_to_anything(api: Rescale, file: str, body: Any) -> None:
    """200 or 400; the file can be shown."""
    assert send(api, "PATCH", f"files/{file}/", body).status_code in (200, 400)
    assert file == api.json(f"files/{file}/")["id"]


OTHERS = ["share/", "tags/", "stop/", "storage-devices/", "runs/1/stop/", "custom-fields/"]


@FEW
@given(
    path=st.sampled_from(OTHERS),
    method=st.sampled_from(["POST", "DELETE"]),
    body=st.dictionaries(st.sampled_from(["email", "name", "storageDevice", "message"]), VALUES) | VALUES,
)
def test_any_body_for_the_smaller_calls(api: Rescale, draft: str, path: str, method: str, body: Any) -> None:
    """Taken or refused."""
    send(api, method, f"jobs/{draft}/{path}", body)


PARAMETERS = ["page", "page_size", "search", "ordering", "state", "job_status", "lines", "isActive", "t"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@FEW
@given(
    path=st.sampled_from(["jobs/", "files/", "analyses/", "coretypes/", "jobs/{}/statuses/", "jobs/{}/files/"]),
    query=st.dictionaries(st.sampled_from(PARAMETERS), TEXTS | st.integers().map(str), max_size=3),
)
def test_any_query(api: Rescale, draft: str, path: str, query: dict[str, str]) -> None:
    """A page, a refusal, or no such page."""
    answer = api.http.get(path.format(draft), params=query)
    assert answer.status_code in (200, 400, 404), f"{answer.status_code} for {answer.url}"
    answer.json()


NOT_QUITE_JSON = {
    "nested lists": b"[" * 100_000,
    "nested objects": b'{"a":' * 100_000,
    "nested as far as it is closed": b'{"name":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "not a number": b'{"name": NaN}',
    "infinity": b'{"name": "x", "jobanalyses": [Infinity]}',
    "a huge number": b'{"name": ' + b"9" * 50_000 + b"}",
    "a huge exponent": b'{"name": 1e999999}',
    "no UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"name": "x"}',
    "two documents": b"{}{}",
    "a zero byte": b'{"name": "\0"}',
    "an escaped zero": b'{"name": "a\\u0000b"}',
    "half a surrogate": b'{"name": "\\ud800"}',
    "a list": b"[]",
    "a text": b'"jobs"',
    "null": b"null",
    "nothing": b"",
    "one key twice": b'{"name": "a", "name": ""}',
}


@pytest.mark.parametrize("body", NOT_QUITE_JSON.values(), ids=NOT_QUITE_JSON)
def test_what_is_hardly_json_is_refused(api: Rescale, body: bytes) -> None:
    """400 with a JSON object that says why."""
    answer = api.http.post("jobs/", content=body, headers={"Content-Type": "application/json"})
    assert 400 == answer.status_code
    assert isinstance(answer.json(), dict)


def test_a_body_that_is_too_large_is_refused(api: Rescale) -> None:
    """413 that names the limit."""
    answer = api.http.post("jobs/", json={"name": "x" * (1 << 20)})
    assert 413 == answer.status_code
    assert str(1 << 20) in answer.json()["detail"]
