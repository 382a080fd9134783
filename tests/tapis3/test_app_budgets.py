"""An app's maxJobs and maxJobsPerUser: whoever has no room waits as BLOCKED with the reason, and then goes on."""

from typing import Any

import pytest

from tests.tapis3.local_jobs import add_app, await_status, put_program, submit
from tests.tapis3.people import Person

pytestmark = [pytest.mark.slow, pytest.mark.client]


def job(who: Person, uuid: str) -> Any:
    return who.tapis.jobs.getJob(jobUuid=uuid)


@pytest.mark.parametrize(("limit", "why"), [("maxJobs", "the app"), ("maxJobsPerUser", "each owner")])
def test_a_job_beyond_the_limit_of_its_app_waits(ann: Person, limit: str, why: str) -> None:
    """The second is BLOCKED until the first has ended; another app's passes it; the history has it all."""
    app = add_app(ann, f"narrow-{limit}")
    ann.tapis.apps.patchApp(appId=app, appVersion="1", **{limit: 1})
    assert 1 == getattr(ann.tapis.apps.getApp(appId=app, appVersion="1"), limit)
    first = submit(ann, app, "60")
    await_status(ann, first, "RUNNING")
    second = submit(ann, app, "0")
    await_status(ann, second, "BLOCKED")
    held = job(ann, second).lastMessage
    assert "BLOCKED" in held
    assert why in held
    assert app in held
    await_status(ann, submit(ann, add_app(ann, f"wide-{limit}"), "0"), "FINISHED")
    assert "BLOCKED" == ann.tapis.jobs.getJobStatus(jobUuid=second).status
    ann.tapis.jobs.cancelJob(jobUuid=first)
    await_status(ann, second, "FINISHED")
    assert 1 == job(ann, second).blockedCount
    told = [one.eventDetail for one in ann.tapis.jobs.getJobHistory(jobUuid=second) if one.event == "JOB_NEW_STATUS"]
    assert ["PENDING", "BLOCKED"] == told[:2]
    assert "FINISHED" == told[-1]


def test_a_limit_of_each_owner_is_nobody_else_s(ann: Person, bob: Person) -> None:
    """Bob's job goes on while ann's second waits; when the limit is lifted that one goes on too."""
    app = add_app(ann, "each-one")
    ann.tapis.apps.patchApp(appId=app, appVersion="1", maxJobsPerUser=1)
    ann.tapis.apps.shareAppPublic(appId=app)
    first, second = submit(ann, app, "60"), submit(ann, app, "60")
    await_status(ann, first, "RUNNING")
    await_status(ann, second, "BLOCKED")
    put_program(bob, app)
    await_status(bob, submit(bob, app, "0"), "FINISHED")
    assert "BLOCKED" == ann.tapis.jobs.getJobStatus(jobUuid=second).status
    ann.tapis.apps.patchApp(appId=app, appVersion="1", maxJobsPerUser=-1)
    await_status(ann, second, "RUNNING")
    for one in (first, second):
        ann.tapis.jobs.cancelJob(jobUuid=one)
