"""Scenario E: deleting jobs and files, and what a deleted thing still says."""

from tests.scenarios.rescale import Rescale, basic

GONE = {"detail": "Not found."}


def test_e_a_running_job_cannot_be_deleted(api: Rescale) -> None:
    """400 that says to stop it first."""
    job = api.submit("sleep 300")
    api.wait(job, "Executing")
    answer = api.http.delete(f"jobs/{job}/")
    assert 400 == answer.status_code
    assert "stop" in answer.json()["detail"].lower()
    api.http.post(f"jobs/{job}/stop/")
    api.wait(job, "Completed")
    assert 204 == api.http.delete(f"jobs/{job}/").status_code


def test_e_a_deleted_job_and_its_outputs_are_gone(api: Rescale) -> None:
    """204 with nothing, then 404 everywhere; its input stays."""
    given = api.upload(b"given", "given.txt")
    job = api.run(basic("cat given.txt > made.txt", inputs=(given,)))
    made = api.outputs(job)["made.txt"]["id"]
    answer = api.http.delete(f"jobs/{job}/")
    assert (204, b"") == (answer.status_code, answer.content)
    for path in (f"jobs/{job}/", f"jobs/{job}/statuses/", f"jobs/{job}/files/", f"jobs/{job}/runs/", f"files/{made}/"):
        gone = api.http.get(path)
        assert (404, GONE) == (gone.status_code, gone.json()), path
    assert 404 == api.http.get(f"files/{made}/contents/").status_code
    assert job not in [one["id"] for one in api.results("jobs/", page_size=1000)]
    assert b"given" == api.content(given)


def test_e_the_inputs_go_too_when_asked(api: Rescale) -> None:
    """deleteInputFiles=True deletes what the job was given; the files say so."""
    given = api.upload(b"given", "given.txt")
    job = api.run(basic("true", inputs=(given,)))
    assert 204 == api.http.delete(f"jobs/{job}/", params={"deleteInputFiles": "True"}).status_code
    assert api.json(f"files/{given['id']}/")["isDeleted"]
    assert 404 == api.http.get(f"files/{given['id']}/contents/").status_code


def test_e_a_draft_can_be_deleted(api: Rescale) -> None:
    """What was never submitted needs no stop."""
    job = api.create("true")
    assert 204 == api.http.delete(f"jobs/{job}/").status_code
    assert 404 == api.http.get(f"jobs/{job}/").status_code


def test_e_a_job_remembers_an_input_that_was_deleted(api: Rescale) -> None:
    """The job still names it, as deleted, and can no longer be submitted."""
    given = api.upload(b"given", "given.txt")
    job = api.create(basic("true", inputs=(given,)))
    answer = api.http.delete(f"files/{given['id']}/")
    assert (204, b"") == (answer.status_code, answer.content)
    (named,) = api.json(f"jobs/{job}/")["jobanalyses"][0]["inputFiles"]
    assert (given["id"], True) == (named["id"], named["isDeleted"])
    refused = api.http.post(f"jobs/{job}/submit/")
    assert 400 == refused.status_code
    assert "given.txt" in refused.json()["detail"]
    assert [] == api.words(job)


def test_e_a_deleted_file_can_no_longer_be_used(api: Rescale) -> None:
    """It leaves the lists, its bytes are gone, and no new job takes it."""
    given = api.upload(b"given", "deleted-for-good.txt")
    api.http.delete(f"files/{given['id']}/")
    assert 0 == api.json("files/", search="deleted-for-good")["count"]
    assert 404 == api.http.get(f"files/{given['id']}/contents/").status_code
    assert 404 == api.http.get(f"files/{given['id']}/lines/").status_code
    refused = api.http.post("jobs/", json=basic("true", inputs=(given,)))
    assert 400 == refused.status_code
    assert "id" in refused.json()["jobanalyses"][0]["inputFiles"][0]
