"""Scenario S10: whoever subscribes to a job is told what happens to it, in order, whatever happens in between."""

import json
from pathlib import Path

import pytest

from tests.receivers import Posted, receiver
from tests.service import Service, running_service, wait_until
from tests.tapis3.envelopes import told
from tests.tapis3.local_jobs import add_app, await_status, submit
from tests.tapis3.noticing import FINISHED, ada, deliveries, eve, notifier, post, settings, statuses, wanted
from tests.tapis3.people import Person, newcomer

pytestmark = [pytest.mark.slow]
__all__ = ["ada", "eve", "notifier", "post", "settings"]


def test_every_status_is_told_in_order(ada: Person) -> None:
    """From the first to the last, exactly as published; in the submit body as well as later."""
    with receiver() as to:
        job = submit(ada, "sleeper", "0.1", subscriptions=[wanted(f"{to.url}/hook?key=1")])
        wait_until(lambda: len(to.taken) >= len(FINISHED))
        assert statuses(FINISHED) == to.kinds()
    first, last = to.taken[0], to.taken[-1]
    assert ("Tapis/v3", "application/json") == (last.headers["user-agent"], last.headers["content-type"])
    assert "/hook?key=1" == last.path
    assert {
        *("uuid", "tenant", "subscriptionName", "eventUuid", "event", "deliveryTarget", "created")
    } == last.body.keys()
    event = last.body["event"]
    assert {
        *("source", "type", "subject", "data", "seriesId", "timestamp", "deleteSubscriptionsMatchingSubject"),
        *("endSeries", "tenant", "user", "received", "uuid", "seriesSeqCount"),
    } == event.keys()
    assert ("solo/jobs", job, job, "jobs", "solo") == tuple(
        event[key] for key in ("source", "subject", "seriesId", "user", "tenant")
    )
    assert last.body["subscriptionName"].startswith(f"jobs~ada~solo~{job}~")
    assert {"deliveryMethod": "WEBHOOK", "deliveryAddress": f"{to.url}/hook?key=1"} == last.body["deliveryTarget"]
    assert (False, True) == tuple(one.body["event"]["deleteSubscriptionsMatchingSubject"] for one in (first, last))
    data = json.loads(event["data"])
    assert ("a job", job, "ada", "FINISHED", "ARCHIVING", 0, "FINISHED", "0", "NORMAL_COMPLETION") == tuple(
        data[key]
        for key in ("jobName", "jobUuid", "jobOwner", "newJobStatus", "oldJobStatus", "blockedCount", "remoteOutcome")
        + ("remoteResultInfo", "condition")
    )
    assert data["remoteSubmitted"] <= data["remoteStarted"] <= data["remoteEnded"]
    counts = [one.body["event"]["seriesSeqCount"] for one in to.taken]
    assert sorted(set(counts)) == counts
    assert len(to.taken) == len({one.body["eventUuid"] for one in to.taken})
    wait_until(lambda: told(ada.http.get(f"jobs/subscribe/{job}")) == [])


def test_a_receiver_that_fails_gets_it_again(ada: Person) -> None:
    """Twice 500, then 200: the third try is taken, and nothing overtakes it."""
    with receiver(lambda posted, earlier: 500 if earlier < 2 else 204) as to:
        submit(ada, "sleeper", "0.1", subscriptions=[wanted(to.url)])
        wait_until(lambda: len(to.taken) >= len(FINISHED))
        assert statuses(["PENDING", "PENDING", *FINISHED]) == [one.kind for one in to.tried]
        assert 1 == len({one.body["uuid"] for one in to.tried[:3]})


def test_a_receiver_that_hangs_is_bounded_and_holds_up_nobody_else(ada: Person) -> None:
    """Another receiver of the job, and other jobs, are told meanwhile; the one that hangs is told when it wakes."""

    def answer(posted: Posted, earlier: int) -> int | None:
        return None if earlier < 2 else 200

    with receiver(answer) as deaf, receiver() as keen:
        submit(ada, "sleeper", "0.1", subscriptions=[wanted(deaf.url), wanted(keen.url)])
        submit(ada, "sleeper", "0.1", subscriptions=[wanted(f"{keen.url}/other")])
        wait_until(lambda: len(keen.taken) >= 2 * len(FINISHED))
        for path in ("", "/other"):
            kinds = [one.kind for one in keen.taken if one.path.rstrip("/") == path]
            assert statuses(FINISHED) == kinds
        wait_until(lambda: len(deaf.taken) >= len(FINISHED))
        assert statuses(FINISHED) == deaf.kinds()


def test_what_cannot_be_delivered_is_given_up(ada: Person, notifier: Service) -> None:
    """After the last try, with the reason kept; a subscription's end gives up the rest."""
    with receiver(lambda *_: 503) as to:
        job = submit(ada, "sleeper", "0.1", subscriptions=[wanted(to.url)])
        wait_until(lambda: ("GIVEN_UP", 7, "The receiver answers with status 503.") in deliveries(notifier, job))
        assert 1 == told(ada.http.delete(f"jobs/subscribe/{job}"))["changes"]
        wait_until(lambda: {state for state, _, _ in deliveries(notifier, job)} == {"GIVEN_UP"})


def test_a_notice_survives_the_service(settings: dict[str, str], tmp_path: Path) -> None:
    """Killed between two tries, it goes on with the next one; killed again and again, everything is told in order."""
    slow = {**settings, "DRAGOMAN_NOTIFY_PAUSE_SECONDS": "1"}
    with running_service(tmp_path, slow) as service, receiver(lambda _, earlier: 500 if earlier < 2 else 200) as to:
        ada = newcomer(service, "ada")
        add_app(ada)
        job = submit(ada, "sleeper", "1.5", subscriptions=[wanted(to.url)])
        wait_until(lambda: to.tried)
        service.kill()
        service.restart()
        wait_until(lambda: len(to.taken) >= 3)
        service.kill()
        service.restart()
        wait_until(lambda: to.taken[-1].kind == "jobs.JOB_NEW_STATUS.FINISHED")
        once = list(dict.fromkeys(to.kinds()))
        assert statuses(FINISHED) == [kind for kind in once if "BLOCKED" not in kind]
        told_ids = [one.body["uuid"] for one in to.taken]
        assert len(set(told_ids)) >= len(told_ids) - 2, "only what was under way at a kill may come twice"
        assert "FINISHED" == await_status(ada, job, "FINISHED")


def test_the_subscriptions_of_an_app_are_its_jobs(ada: Person) -> None:
    """Under their own key, beside those of the request."""
    with receiver() as of_app, receiver() as of_job:
        target = {"deliveryMethod": "WEBHOOK", "deliveryAddress": of_app.url}
        mine = [{"jobEventCategoryFilter": "JOB_NEW_STATUS", "deliveryTargets": [target]}]
        add_app(ada, "telling", subscriptions=mine)
        job = submit(ada, "telling", "0.1", subscriptions=[wanted(of_job.url)])
        wait_until(lambda: min(len(of_app.taken), len(of_job.taken)) >= len(FINISHED))
        assert statuses(FINISHED) == of_app.kinds() == of_job.kinds()
        assert 2 == len(json.loads(told(ada.http.get(f"jobs/{job}"))["subscriptions"]))


@pytest.mark.client
def test_the_client_subscribes(ada: Person) -> None:
    """tapipy, as it is published: it sends ``ttlminutes``."""
    jobs = ada.tapis.jobs
    with receiver() as to:
        job = submit(ada, "sleeper", "60")
        made = jobs.subscribe(jobUuid=job, **wanted(to.url, kind="ALL"), ttlminutes=60)
        assert made.url.startswith(ada.tapis.base_url)
        assert 60 == jobs.getSubscriptions(jobUuid=job)[0].ttlMinutes
        jobs.sendEvent(jobUuid=job, eventData="halfway there", eventDetail="PROGRESS")
        wait_until(lambda: "jobs.JOB_USER_EVENT.PROGRESS" in to.kinds())
        said = [one.body["event"]["data"] for one in to.taken if one.kind == "jobs.JOB_USER_EVENT.PROGRESS"]
        assert ["halfway there"] == said
        assert 1 == jobs.deleteSubscriptions(uuid=made.url.rpartition("/")[2]).changes
        jobs.cancelJob(jobUuid=job)
