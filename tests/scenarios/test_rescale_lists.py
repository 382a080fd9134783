"""Lists: pages and the links between them, and the filters of the job list."""

import pytest

from tests.scenarios.rescale import Json, Rescale, basic


def walk(api: Rescale, url: str) -> list[Json]:
    """All results, along the next links to the end."""
    found: list[Json] = []
    step: str | None = url
    while step is not None:
        page = api.json(step)
        found += page["results"]
        step = page["next"]
    return found


@pytest.fixture
def drafts(newcomer: Rescale) -> list[str]:
    """Twelve jobs that were never submitted, in the order of their making."""
    return [newcomer.create({**basic("true"), "name": f"Job {number:02}"}) for number in range(12)]


def test_a_page_has_ten_entries(newcomer: Rescale, drafts: list[str]) -> None:
    """The newest first; the links are absolute and lead to the end and back."""
    base = f"{newcomer.http.base_url}jobs/"
    page = newcomer.json("jobs/")
    assert (12, f"{base}?page=2", None) == (page["count"], page["next"], page["previous"])
    assert drafts[:1:-1] == [one["id"] for one in page["results"]]
    last = newcomer.json(page["next"])
    assert (12, None) == (last["count"], last["next"])
    assert drafts[1::-1] == [one["id"] for one in last["results"]]
    assert page["results"] == newcomer.json(last["previous"])["results"]


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 5, 12, 1848, 100000])
def test_a_page_has_any_size(newcomer: Rescale, drafts: list[str], size: int) -> None:
    """Every job is seen once, however many fit on a page; too large a size is no error."""
    assert drafts[::-1] == [one["id"] for one in walk(newcomer, f"jobs/?page_size={size}")]


@pytest.mark.slow
@pytest.mark.parametrize("size", ["0", "-5", "x", ""])
def test_a_size_that_makes_no_sense_is_the_default(newcomer: Rescale, drafts: list[str], size: str) -> None:
    """As the platform's framework does."""
    assert 10 == len(newcomer.results("jobs/", page_size=size))


@pytest.mark.slow
def test_links_keep_the_rest_of_the_query(newcomer: Rescale, drafts: list[str]) -> None:
    """A search goes on on the next page."""
    assert drafts[::-1] == [one["id"] for one in walk(newcomer, "jobs/?search=job&page_size=5")]
    assert ["Job 11", "Job 10"] == [one["name"] for one in walk(newcomer, "jobs/?search=job+1&page_size=1")]


@pytest.mark.slow
def test_links_are_those_of_the_asker(newcomer: Rescale, drafts: list[str]) -> None:
    """Behind a proxy that terminates TLS the links lead through that proxy."""
    seen = {"Host": "platform.rescale.com", "X-Forwarded-Proto": "https"}
    page = newcomer.http.get("jobs/", headers=seen).json()
    assert "https://platform.rescale.com/api/v2/jobs/?page=2" == page["next"]


@pytest.mark.slow
def test_jobs_are_sorted_when_asked(newcomer: Rescale, drafts: list[str]) -> None:
    """By name or date, either way; an unknown order is ignored."""
    for order in ("name", "dateInserted"):
        assert drafts == [one["id"] for one in walk(newcomer, f"jobs/?ordering={order}&page_size=5")]
        assert drafts[::-1] == [one["id"] for one in walk(newcomer, f"jobs/?ordering=-{order}&page_size=5")]
    assert drafts[::-1] == [one["id"] for one in walk(newcomer, "jobs/?ordering=color")]


@pytest.mark.slow
def test_jobs_are_filtered_by_state_and_status(newcomer: Rescale) -> None:
    """Both filters work; unknown parameters are ignored."""
    draft, done, running = newcomer.create("true"), newcomer.run("true"), newcomer.submit("sleep 300")
    newcomer.wait(running, "Executing")

    def found(**params: str) -> list[str]:
        return [one["id"] for one in newcomer.results("jobs/", **params)]

    assert [done] == found(state="completed")
    assert [running, draft] == found(state="not_completed")
    assert [done] == found(job_status="COMPLETED")
    assert [running] == found(job_status="EXECUTING")
    assert [] == found(job_status="PENDING")
    assert [running, done, draft] == found(color="green")
    newcomer.http.post(f"jobs/{running}/stop/")


@pytest.mark.slow
def test_a_running_job_is_shown_as_such(newcomer: Rescale) -> None:
    """The list's labels are those of the documents."""
    job = newcomer.submit("sleep 300")
    newcomer.wait(job, "Executing")
    (listed,) = newcomer.results("jobs/")
    assert {"content": "Executing", "labelClass": "label-success", "useLabel": True} == listed["jobStatus"]
    assert {"content": "Started", "labelClass": "label-success", "useLabel": True} == listed["clusterStatusDisplay"]
    assert (["Bring Your Own Software"], True) == (listed["analysisNames"], listed["isVisible"])
    newcomer.http.post(f"jobs/{job}/stop/")


@pytest.mark.slow
def test_the_list_knows_what_a_job_stores(newcomer: Rescale) -> None:
    """Inputs and outputs, in bytes."""
    given = newcomer.upload(b"0123456789")
    job = newcomer.run(basic("true", inputs=(given,)))
    (listed,) = newcomer.results("jobs/")
    outputs = sum(one["decryptedSize"] for one in newcomer.outputs(job).values())
    assert 10 + outputs == listed["storage"]
