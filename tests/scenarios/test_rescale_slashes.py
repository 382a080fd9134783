"""Every address works with and without its last slash, and below /api/v3/ too; scripts use all three."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.scenarios.rescale import Json, Rescale, basic
from tests.service import Service, wait_until

ROUTES = [
    "analyses/",
    "analyses/user_included/",
    "coretypes/",
    "users/me/",
    "users/me/projects/",
    "billing/computeprices/",
    "files/",
    "files/{input}/",
    "files/{input}/contents/",
    "files/{input}/lines/",
    "jobs/",
    "jobs/{job}/",
    "jobs/{job}/statuses/",
    "jobs/{job}/cluster_statuses/",
    "jobs/{job}/instances/",
    "jobs/{job}/tags/",
    "jobs/{job}/files/",
    "jobs/{job}/runs/",
    "jobs/{job}/runs/1/",
    "jobs/{job}/runs/1/files/",
]
LIVE = ["runs/1/directory-contents/", "runs/1/tail/process_output.log/", "runs/1/tail/process_output.log/?lines=5"]


@pytest.fixture(scope="module")
def api(service: Service) -> Iterator[Rescale]:
    """Rescale's API, as somebody whose lists change only here: two answers are compared."""
    with service.client(service.account("slashes").token) as http:
        yield Rescale(http)


@pytest.fixture(scope="module")
def names(api: Rescale) -> dict[str, str]:
    given = api.upload(b"one\ntwo\n", "given.txt")
    return {"input": given["id"], "job": api.run(basic("cat given.txt", inputs=(given,)))}


def both(http: httpx2.Client, path: str) -> tuple[httpx2.Response, httpx2.Response]:
    """The answers with the last slash and without."""
    path, mark, query = path.partition("?")
    return http.get(f"{path}{mark}{query}"), http.get(f"{path.removesuffix('/')}{mark}{query}")


@pytest.mark.parametrize("route", ROUTES)
def test_the_last_slash_does_not_matter(api: Rescale, names: dict[str, str], route: str) -> None:
    """The same answer, at once and without a redirect."""
    slashed, bare = both(api.http, route.format(**names))
    assert (200, slashed.content) == (bare.status_code, bare.content)


@pytest.mark.parametrize("route", ROUTES)
def test_v3_answers_too(api: Rescale, names: dict[str, str], route: str) -> None:
    """The same handlers answer below /api/v3/."""
    path = f"/api/v3/{route.format(**names)}"
    base = str(api.http.base_url)
    answers = [api.http.get(httpx2.URL(base).join(one)) for one in (path, path.removesuffix("/"))]
    assert [200, 200] == [answer.status_code for answer in answers]


def test_the_last_slash_does_not_matter_while_a_job_runs(api: Rescale) -> None:
    """So for what can be seen only then."""
    job = api.submit("echo one; sleep 300")
    wait_until(lambda: "]: one" in api.http.get(f"jobs/{job}/runs/1/tail/process_output.log").text)
    for route in LIVE:
        slashed, bare = both(api.http, f"jobs/{job}/{route}")
        assert (200, slashed.content) == (bare.status_code, bare.content)
    api.http.post(f"jobs/{job}/stop/")


def test_posts_work_without_the_last_slash(api: Rescale) -> None:
    """A redirect would turn a POST into a GET."""
    created: Json = api.http.post("jobs", json=basic("true")).json()
    assert 200 == api.http.post(f"jobs/{created['id']}/submit").status_code
    uploaded = api.http.post("files/contents", files={"file": ("x.txt", b"x")})
    assert 201 == uploaded.status_code


def test_a_range_works_without_the_last_slash(api: Rescale, names: dict[str, str]) -> None:
    """As Rescale's notebook asks."""
    answer = api.http.get(f"files/{names['input']}/contents", headers={"Range": "bytes=4-6"})
    assert (206, b"two") == (answer.status_code, answer.content)
