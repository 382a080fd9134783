"""Scenario B: two analyses in one job, one after the other in one directory, and what follows when the first fails."""

from tests.scenarios.rescale import FINISHED, Json, Rescale, analysis


def two(first: str, second: str) -> Json:
    """A job of two analyses; slots are left out."""
    return {"name": "Two", "jobanalyses": [analysis(first), analysis(second)]}


def test_b_two_analyses_run_one_after_the_other(api: Rescale) -> None:
    """They share a directory and a log, and make one run."""
    created = api.http.post("jobs/", json=two("echo one > a.txt; echo first", "cat a.txt; echo second"))
    assert 201 == created.status_code
    for got in created.json()["jobanalyses"]:
        assert (1, None) == (got["hardware"]["slots"], got["hardware"]["walltime"])
        assert ("Bring Your Own Software", "CPU") == (got["analysis"]["name"], got["analysis"]["versionName"])
    job = created.json()["id"]
    api.http.post(f"jobs/{job}/submit/")
    api.wait(job, "Completed")
    assert FINISHED == api.end(job)
    assert 1 == api.json(f"jobs/{job}/runs/")["count"]
    assert ["a.txt", "process_output.log"] == sorted(api.outputs(job))
    log = api.log(job)
    assert log.index("Launching echo one") < log.index(": first") < log.index("Launching cat a.txt")
    assert ["first", "one", "second"] == api.said(job)
    assert 2 == log.count("Exited with code 0")
    listed = next(one for one in api.results("jobs/", page_size=1000) if one["id"] == job)
    assert ["Bring Your Own Software"] * 2 == listed["analysisNames"]


def test_b_a_failing_analysis_ends_the_job(api: Rescale) -> None:
    """The second does not start; the job stops with the reason clients know, and its outputs are kept."""
    job = api.run(two("echo kept > a.txt; exit 3", "echo second"))
    shown = [(one["status"], one["statusReason"]) for one in api.results(f"jobs/{job}/statuses/")]
    failed = "A run failed"
    assert [("Completed", failed), ("Stopping", failed), ("Executing", None)] == shown[:3]
    log = api.log(job)
    assert "Exited with code 3" in log
    assert "second" not in log
    assert "kept\n" == api.output(job, "a.txt")


def test_b_a_command_of_a_comment_does_nothing(api: Rescale) -> None:
    """Clients send "# " where there is nothing to run."""
    job = api.run(two("echo first", "# "))
    assert FINISHED == api.end(job)
    assert ["first"] == api.said(job)
