"""Two users: what belongs to one does not exist for the other, by whatever address it is asked for."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.scenarios.rescale import Json, Rescale, basic

NOT_FOUND = {"detail": "Not found."}

REQUESTS: list[tuple[str, str, Any]] = [
    ("GET", "jobs/{job}/", None),
    ("GET", "jobs/{running}/", None),
    ("PUT", "jobs/{job}/", {"name": "taken"}),
    ("PATCH", "jobs/{job}/", {"name": "taken"}),
    ("DELETE", "jobs/{job}/", None),
    ("DELETE", "jobs/{job}/?deleteInputFiles=True", None),
    ("POST", "jobs/{draft}/submit/", None),
    ("DELETE", "jobs/{draft}/", None),
    ("POST", "jobs/{running}/stop/", None),
    ("POST", "jobs/{running}/force_stop/", None),
    ("POST", "jobs/{running}/shutdown/", None),
    ("POST", "jobs/{running}/runs/1/stop/", None),
    ("GET", "jobs/{job}/statuses/", None),
    ("GET", "jobs/{job}/cluster_statuses/", None),
    ("GET", "jobs/{running}/instances/", None),
    ("GET", "jobs/{job}/files/", None),
    ("GET", "jobs/{job}/runs/", None),
    ("GET", "jobs/{job}/runs/1/", None),
    ("GET", "jobs/{job}/runs/1/files/", None),
    ("GET", "jobs/{running}/runs/1/directory-contents/", None),
    ("GET", "jobs/{running}/runs/1/tail/process_output.log", None),
    ("GET", "jobs/{running}/runs/1/tail/process_output.log?lines=5", None),
    ("GET", "jobs/{job}/tags/", None),
    ("POST", "jobs/{job}/tags/", {"name": "mine"}),
    ("DELETE", "jobs/{job}/tags/", {"name": "hers"}),
    ("POST", "jobs/{job}/share/", {"email": "other@example.com"}),
    ("GET", "files/{input}/", None),
    ("GET", "files/{input}/contents/", None),
    ("HEAD", "files/{input}/contents/", None),
    ("GET", "files/{input}/lines/", None),
    ("PATCH", "files/{input}/", {"name": "taken"}),
    ("DELETE", "files/{input}/", None),
    ("GET", "files/{output}/", None),
    ("GET", "files/{output}/contents/", None),
    ("PATCH", "files/{output}/", {"typeId": 1}),
    ("DELETE", "files/{output}/", None),
]


@pytest.fixture(scope="module")
def hers(api: Rescale) -> Iterator[dict[str, str]]:
    """What one user has: a file, a job that ended, one that runs and one that was never submitted."""
    given = api.upload(b"given", "hers.txt")
    job = api.run(basic("cat hers.txt > made.txt", inputs=(given,)))
    api.http.post(f"jobs/{job}/tags/", json={"name": "hers"})
    running = api.submit("sleep 3600")
    api.wait(running, "Executing")
    yield {
        "input": given["id"],
        "job": job,
        "output": api.outputs(job)["made.txt"]["id"],
        "running": running,
        "draft": api.create(basic("true", inputs=(given,))),
    }
    api.http.post(f"jobs/{running}/force_stop/")
    api.wait(running, "Completed")


def everything(api: Rescale, names: dict[str, str]) -> list[Any]:
    """All that a user can see of these things."""
    paths = [
        f"jobs/{names[name]}/{part}" for name in ("job", "running", "draft") for part in ("", "statuses/", "tags/")
    ]
    paths += [f"jobs/{names['job']}/files/", f"files/{names['input']}/", f"files/{names['output']}/"]
    return [api.json(path) for path in paths]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS, ids=[f"{row[0]} {row[1]}" for row in REQUESTS])
def test_the_other_finds_nothing_and_changes_nothing(
    api: Rescale, other: Rescale, hers: dict[str, str], method: str, path: str, body: Any
) -> None:
    """404, in the very words for what does not exist, and everything is as it was."""
    before = everything(api, hers)
    answer = other.http.request(method, path.format(**hers), json=body)
    assert 404 == answer.status_code
    nothing = other.http.request(method, path.format(**dict.fromkeys(hers, "zzzzzz")), json=body)
    assert (nothing.status_code, nothing.content) == (answer.status_code, answer.content)
    assert before == everything(api, hers)


def test_lists_show_only_ones_own(other: Rescale, hers: dict[str, str]) -> None:
    """Neither jobs nor files of the other, also not by search."""
    ids = set(hers.values())
    for path in ("jobs/", "files/"):
        assert not ids & {one["id"] for one in other.results(path, page_size=10000)}
        assert not ids & {one["id"] for one in other.results(path, page_size=10000, search="hers")}


@pytest.mark.parametrize("use", ["inputFiles", "preProcessScript", "postProcessScript"])
@pytest.mark.parametrize("which", ["input", "output"])
def test_a_job_cannot_use_the_others_files(other: Rescale, hers: dict[str, str], use: str, which: str) -> None:
    """400, in the very words for a file that does not exist."""

    def refused(file: str) -> tuple[int, str]:
        one: Json = {"id": file}
        part = {use: [one]} if use == "inputFiles" else {use: one, f"{use}Command": "true"}
        answer = other.http.post("jobs/", json=basic("true", **part))
        return answer.status_code, answer.text.replace(file, "")

    assert 400 == refused(hers[which])[0]
    assert refused("zzzzzz") == refused(hers[which])


def test_the_running_jobs_key_is_its_owners(api: Rescale, other: Rescale, hers: dict[str, str]) -> None:
    """From inside a job, its owner's things are there and the other's are not."""
    call = 'curl -s -o /dev/null -w "%{http_code}\\n" -H "Authorization: Token $RESCALE_API_KEY" "$RESCALE_API_BASE_URL'
    job = other.run(f'{call}/api/v2/jobs/{hers["job"]}/"; {call}/api/v2/jobs/$RESCALE_JOB_ID/"')
    assert ["404", "200"] == other.said(job)
