"""Scenario D: stopping a job, gracefully and at once, before, while and after it runs."""

from collections.abc import Callable

import pytest

from tests.scenarios.rescale import Rescale, basic
from tests.service import Service, wait_until

ENDLESS = "echo begun; sleep 300; echo never"


def executing(api: Rescale, command: str = ENDLESS) -> str:
    """A job whose command is under way: its first word is in the log."""
    job = api.submit(command)
    api.wait(job, "Executing")
    wait_until(lambda: "]: begun" in api.http.get(f"jobs/{job}/runs/1/tail/process_output.log").text)
    return job


def test_d_stop_ends_a_job_and_keeps_its_log(api: Rescale) -> None:
    """202 with nothing; Stopping and Completed say who stopped it; the log is there without the rest."""
    job = executing(api)
    stopped = api.http.post(f"jobs/{job}/stop/")
    assert (202, b"") == (stopped.status_code, stopped.content)
    api.wait(job, "Completed")
    shown = [(one["status"], one["statusReason"]) for one in api.results(f"jobs/{job}/statuses/")]
    by_user = "User Terminated"
    assert [("Completed", by_user), ("Stopping", by_user), ("Executing", None)] == shown[:3]
    assert api.json(f"jobs/{job}/runs/1/")["dateCompleted"]
    log = api.log(job)
    assert "]: begun" in log
    assert "]: never" not in log


def test_d_stopping_again_changes_nothing(api: Rescale) -> None:
    """A job that has ended takes a stop without a word."""
    job = api.run("true")
    before = api.json(f"jobs/{job}/statuses/")
    assert 202 == api.http.post(f"jobs/{job}/stop/").status_code
    assert before == api.json(f"jobs/{job}/statuses/")


def test_d_a_job_that_was_never_submitted_cannot_be_stopped(api: Rescale) -> None:
    """400 that says why."""
    answer = api.http.post(f"jobs/{api.create('true')}/stop/")
    assert 400 == answer.status_code
    assert "submitted" in answer.json()["detail"]


def test_d_stop_takes_any_body(api: Rescale) -> None:
    """A notebook of Rescale's sends the whole job."""
    job = executing(api)
    assert 202 == api.http.post(f"jobs/{job}/stop/", json=api.json(f"jobs/{job}/")).status_code
    api.wait(job, "Completed")


def test_d_a_run_can_be_stopped(api: Rescale) -> None:
    """200 with an empty object; the only run ends, and with it the job."""
    job = executing(api)
    answer = api.http.post(f"jobs/{job}/runs/1/stop/")
    assert (200, {}) == (answer.status_code, answer.json())
    api.wait(job, "Completed")


@pytest.mark.parametrize("path", ["force_stop", "shutdown"])
def test_d_a_stubborn_job_can_be_forced(api: Rescale, path: str) -> None:
    """What ignores SIGTERM is ended at once, and still Completed."""
    job = executing(api, "trap '' TERM; echo begun; while :; do sleep 0.1; done")
    assert 202 == api.http.post(f"jobs/{job}/{path}/").status_code
    api.wait(job, "Completed")
    assert "process_output.log" in api.outputs(job)


def test_d_a_command_can_end_in_peace(own_service: Callable[..., Service]) -> None:
    """A graceful stop lets the command write its last words, and they are kept."""
    service = own_service(local_grace_seconds=100)
    with service.client(service.account("ada").token) as http:
        api = Rescale(http)
        job = executing(api, "trap 'echo saved > state.txt; exit 0' TERM; echo begun; while :; do sleep 0.1; done")
        api.http.post(f"jobs/{job}/stop/")
        api.wait(job, "Completed")
        assert "saved\n" == api.output(job, "state.txt")
        assert "User Terminated" == api.end(job)


def test_d_a_job_is_stopped_right_after_its_submit(api: Rescale) -> None:
    """Whenever the wish comes, the job ends, and says by whose will."""
    job = api.submit(basic(ENDLESS))
    assert 202 == api.http.post(f"jobs/{job}/stop/").status_code
    api.wait(job, "Completed")
    assert "User Terminated" == api.end(job)
