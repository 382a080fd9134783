"""Scenario G: bad requests, each with the answer that clients know. One row, one request."""

from typing import Any

import httpx2
import pytest

from tests.scenarios.rescale import Json, Rescale, analysis, basic

REQUIRED = ["This field is required."]
NOT_FOUND = {"detail": "Not found."}


def changed(**of_analysis: Any) -> Json:
    """A good job, but for these keys of its analysis."""
    return {"name": "Bad", "jobanalyses": [{**analysis("true"), **of_analysis}]}


def hardware(**keys: Any) -> Json:
    """A good job, but for these keys of its hardware."""
    return changed(hardware={"coreType": "standard-plus", "coresPerSlot": 1, **keys})


def under(body: Any, *path: str | int) -> str:
    """All that is complained of at a place in an answer."""
    for key in path:
        body = body[key]
    assert isinstance(body, list)
    return " ".join(body)


EXACT: list[tuple[str, Any, Any]] = [
    ("nothing", {}, {"name": REQUIRED, "jobanalyses": REQUIRED}),
    ("blank name", {**basic("true"), "name": ""}, {"name": ["This field may not be blank."]}),
    ("null name", {**basic("true"), "name": None}, {"name": ["This field may not be null."]}),
    ("no analyses", {"name": "Bad", "jobanalyses": []}, {"jobanalyses": ["This list may not be empty."]}),
    (
        "analyses of the wrong type",
        {"name": "Bad", "jobanalyses": {"command": "true"}},
        {"jobanalyses": ['Expected a list of items but got type "dict".']},
    ),
    (
        "no command",
        {"name": "Bad", "jobanalyses": [{k: v for k, v in analysis("true").items() if k != "command"}]},
        {"jobanalyses": [{"command": REQUIRED}]},
    ),
    (
        "no analysis",
        {"name": "Bad", "jobanalyses": [{k: v for k, v in analysis("true").items() if k != "analysis"}]},
        {"jobanalyses": [{"analysis": REQUIRED}]},
    ),
    (
        "no hardware",
        {"name": "Bad", "jobanalyses": [{k: v for k, v in analysis("true").items() if k != "hardware"}]},
        {"jobanalyses": [{"hardware": REQUIRED}]},
    ),
    ("blank command", changed(command=" "), {"jobanalyses": [{"command": ["This field may not be blank."]}]}),
    (
        "second analysis bad only",
        {"name": "Bad", "jobanalyses": [analysis("true"), {**analysis("true"), "command": ""}]},
        {"jobanalyses": [{}, {"command": ["This field may not be blank."]}]},
    ),
]

NAMED: list[tuple[str, Json, tuple[str | int, ...], str]] = [
    ("unknown code", changed(analysis={"code": "nix"}), ("jobanalyses", 0, "analysis", "code"), "nix"),
    (
        "unknown version",
        changed(analysis={"code": "user_included", "version": "CPU9"}),
        ("jobanalyses", 0, "analysis", "version"),
        "The specified version is not available.",
    ),
    ("odd cores", hardware(coresPerSlot=3), ("jobanalyses", 0, "hardware", "coresPerSlot"), "1, 2, 4, 8"),
    ("no cores", hardware(coresPerSlot=0), ("jobanalyses", 0, "hardware", "coresPerSlot"), "1"),
    ("unknown core type", hardware(coreType="nix"), ("jobanalyses", 0, "hardware", "coreType"), "standard-plus"),
    ("no slots", hardware(slots=0), ("jobanalyses", 0, "hardware", "slots"), "1"),
    ("walltime in seconds", hardware(walltime=3600), ("jobanalyses", 0, "hardware", "walltime"), "hours"),
    ("negative walltime", hardware(walltime=-1), ("jobanalyses", 0, "hardware", "walltime"), "1"),
    ("unknown file", changed(inputFiles=[{"id": "zzzzzz"}]), ("jobanalyses", 0, "inputFiles", 0, "id"), "zzzzzz"),
    ("file without id", changed(inputFiles=[{}]), ("jobanalyses", 0, "inputFiles", 0, "id"), "required"),
    ("unknown project", {**basic("true"), "projectId": "nix"}, ("projectId",), "nix"),
    ("optimizer", {**basic("true"), "optimizer": {"analysis": {"code": "x"}}}, ("optimizer",), "not supported"),
    ("parameter study", {**basic("true"), "paramFile": {"id": "zzzzzz"}}, ("paramFile",), "not supported"),
]


@pytest.mark.parametrize(("sent", "expected"), [row[1:] for row in EXACT], ids=[row[0] for row in EXACT])
def test_g_a_bad_job_is_answered_in_the_words_clients_know(api: Rescale, sent: Json, expected: Json) -> None:
    """400, and the answer is nested as the request is."""
    answer = api.http.post("jobs/", json=sent)
    assert (400, expected) == (answer.status_code, answer.json())


@pytest.mark.parametrize(("sent", "path", "word"), [row[1:] for row in NAMED], ids=[row[0] for row in NAMED])
def test_g_a_bad_value_is_named(api: Rescale, sent: Json, path: tuple[str | int, ...], word: str) -> None:
    """400, and at the value's place the answer says what is wrong or what would be right."""
    answer = api.http.post("jobs/", json=sent)
    assert 400 == answer.status_code
    assert word in under(answer.json(), *path)


def test_g_a_core_type_must_fit_the_version(api: Rescale) -> None:
    """What is allowed is what the version's list says."""
    for offered in api.results("analyses/", page_size=100):
        for version in offered["versions"]:
            assert "standard-plus" in version["allowedCoreTypes"]


@pytest.mark.parametrize("path", ["", "jobs/", "files/", "users/me/", "analyses/", "coretypes/", "jobs/zzzzzz/"])
def test_g_without_a_key_there_is_nothing(nobody: httpx2.Client, path: str) -> None:
    """401 that says which scheme is wanted."""
    answer = nobody.get(path)
    assert (401, "Token") == (answer.status_code, answer.headers["WWW-Authenticate"])
    assert {"detail": "Authentication credentials were not provided."} == answer.json()


@pytest.mark.parametrize("path", ["", "jobs/", "files/"])
@pytest.mark.parametrize("header", ["Token " + "0" * 40, "Bearer " + "0" * 40, "token x"])
def test_g_a_wrong_key_is_refused(nobody: httpx2.Client, path: str, header: str) -> None:
    """401, at the root too, where clients check their key."""
    answer = nobody.get(path, headers={"Authorization": header})
    assert (401, {"detail": "Invalid token."}) == (answer.status_code, answer.json())


@pytest.mark.parametrize("header", [b"Token", b"Token a b", b"Basic eDp5", b"Token \xe9"])
def test_g_a_malformed_key_is_refused(nobody: httpx2.Client, header: bytes) -> None:
    """401, never an error of ours."""
    assert 401 == nobody.get("jobs/", headers={b"Authorization": header}).status_code


def test_g_a_body_that_is_no_json_is_refused(api: Rescale) -> None:
    """400 that says where it breaks."""
    answer = api.http.post("jobs/", content=b'{"name": ', headers={"Content-Type": "application/json"})
    assert 400 == answer.status_code
    assert answer.json()["detail"].startswith("JSON parse error - ")


def test_g_the_seeds_python_call_is_refused(api: Rescale) -> None:
    """It sends the job as a form, which has never worked: 400 or 415."""
    form = {"name": "Basic Job", "jobanalyses": ["useMpi", "command", "analysis", "hardware", "inputFiles"]}
    assert api.http.post("jobs/", data=form).status_code in (400, 415)


def test_g_an_upload_without_a_file_is_refused(api: Rescale) -> None:
    """400 under file."""
    answer = api.http.post("files/contents/", files={"other": ("x.txt", b"x")})
    assert (400, {"file": ["No file was submitted."]}) == (answer.status_code, answer.json())


@pytest.mark.parametrize(
    "path", ["files/zzzzzz/", "files/zzzzzz/contents/", "files/zzzzzz/lines/", "jobs/zzzzzz/", "jobs/zzzzzz/runs/1/"]
)
def test_g_what_does_not_exist_is_not_found(api: Rescale, path: str) -> None:
    """404 in the words clients know."""
    answer = api.http.get(path)
    assert (404, NOT_FOUND) == (answer.status_code, answer.json())


@pytest.mark.parametrize("page", ["999", "0", "-1", "x"])
def test_g_there_is_no_such_page(api: Rescale, page: str) -> None:
    """404 for a page past the end, and for what is no page."""
    answer = api.http.get("jobs/", params={"page": page})
    assert (404, {"detail": "Invalid page."}) == (answer.status_code, answer.json())


def test_g_statuses_cannot_be_posted(api: Rescale) -> None:
    """The seed's Python sample does; the documents were corrected later."""
    answer = api.http.post(f"jobs/{api.create('true')}/statuses/")
    assert (405, {"detail": 'Method "POST" not allowed.'}) == (answer.status_code, answer.json())
    assert "GET" in answer.headers["Allow"]


def test_g_a_job_is_submitted_once(api: Rescale) -> None:
    """400 the second time, while it runs and when it has ended."""
    job = api.run("true")
    answer = api.http.post(f"jobs/{job}/submit/")
    assert 400 == answer.status_code
    assert "submitted" in answer.json()["detail"]
    assert 1 == api.json(f"jobs/{job}/runs/")["count"]
