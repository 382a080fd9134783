"""Subscriptions to jobs: which events and receivers there are, who may, what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.receivers import Mailbox, receiver
from tests.service import Service, running_service, wait_until
from tests.tapis3.envelopes import checked, refused, told
from tests.tapis3.local_jobs import add_app, await_status, submit
from tests.tapis3.noticing import FINISHED, ada, deliveries, eve, notifier, post, settings, subscribe, wanted
from tests.tapis3.people import Person, newcomer

pytestmark = [pytest.mark.slow]
__all__ = ["ada", "eve", "notifier", "post", "settings"]

PATIENT = "#!/bin/bash\nuntil [ -e go ]; do sleep 0.1; done\nexit 3\n"
"""It fails when it is let go."""


def test_subscriptions_are_listed_and_ended(ada: Person, eve: Person) -> None:
    """With their expiry; by the job or one by one; nobody else's, and not of a job that is over."""
    with receiver() as to:
        job = submit(ada, "sleeper", "60")
        one = subscribe(ada, job, to.url, ttlminutes=60, description="mine")
        two = subscribe(ada, job, to.url, kind="ALL", enabled=False)
        three = subscribe(ada, job, to.url, ttlMinutes=0)
        answer = ada.http.get(f"jobs/subscribe/{job}")
        found = told(answer)
        assert 3 == checked(answer)["metadata"]["recordCount"]
        assert [one, two, three] == [each["uuid"] for each in found]
        shown = ("ada", "solo", job, "mine", True, 60, "jobs.JOB_NEW_STATUS.*")
        keys = ("owner", "tenant", "subjectFilter", "description", "enabled", "ttlMinutes", "typeFilter")
        assert shown == tuple(found[0][key] for key in keys)
        assert ("jobs.*.*", False, 10_080) == (found[1]["typeFilter"], found[1]["enabled"], found[2]["ttlMinutes"])
        assert found[0]["created"] < found[0]["expiry"]
        assert [two] == [each["uuid"] for each in told(ada.http.get(f"jobs/subscribe/{job}?limit=1&skip=1"))]
        for method, path in (("GET", job), ("DELETE", job), ("DELETE", one)):
            refused(eve.http.request(method, f"jobs/subscribe/{path}"), 401)
        refused(eve.http.post(f"jobs/subscribe/{job}", json=wanted(to.url)), 401)
        assert {"changes": 1} == told(ada.http.delete(f"jobs/subscribe/{one}"))
        assert {"changes": 0} == told(ada.http.delete(f"jobs/subscribe/{one}"))
        assert {"changes": 2} == told(ada.http.delete(f"jobs/subscribe/{job}"))
        told(ada.http.post(f"jobs/{job}/cancel"))
        await_status(ada, job, "CANCELLED")
        assert "CANCELLED" in refused(ada.http.post(f"jobs/subscribe/{job}", json=wanted(to.url)), 400)
        assert "CANCELLED" in refused(ada.http.post(f"jobs/{job}/sendEvent", json={"eventData": "x"}), 400)
        unknown = "6a1c6b6f-0000-4000-8000-000000000000-007"
        refused(ada.http.delete(f"jobs/subscribe/{unknown}"), 404)
        refused(ada.http.post(f"jobs/subscribe/{unknown}", json=wanted(to.url)), 404)


def test_everything_else_is_told_too(ada: Person, eve: Person) -> None:
    """Subscriptions, shares, words of people, transfers and errors: to whom wants them, and in the history."""
    with receiver() as to, receiver() as errors:
        add_app(ada, "patient", program=PATIENT)
        job = submit(ada, "patient", subscriptions=[wanted(to.url, kind="ALL")])
        subscribe(ada, job, errors.url, kind="JOB_ERROR_MESSAGE")
        refused(eve.http.post(f"jobs/{job}/sendEvent", json={"eventData": "x"}), 401)
        given = {"grantee": "eve", "jobResource": ["JOB_HISTORY"], "jobPermission": "READ"}
        told(ada.http.post(f"jobs/{job}/share", json=given))
        told(eve.http.post(f"jobs/{job}/sendEvent", json={"eventData": '{"of": "eve"}'}))
        told(ada.http.delete(f"jobs/{job}/share/eve"))
        await_status(ada, job, "RUNNING")
        place = told(ada.http.get(f"jobs/{job}"))["execSystemExecDir"]
        told(ada.http.post(f"files/ops/local{place}/go", files={"file": ("go", b"")}))
        await_status(ada, job, "FAILED")
        wait_until(lambda: to.kinds() and to.kinds()[-1] == "jobs.JOB_NEW_STATUS.FAILED")
        wait_until(lambda: errors.taken)
    others = [kind for kind in to.kinds() if "NEW_STATUS" not in kind and "TRANSACTION" not in kind]
    assert [
        "jobs.JOB_SUBSCRIPTION.added",
        "jobs.JOB_SUBSCRIPTION.added",
        "jobs.JOB_SHARE_EVENT.SHARE_JOB_HISTORY_READ",
        "jobs.JOB_USER_EVENT.DEFAULT",
        "jobs.JOB_SHARE_EVENT.UNSHARE_JOB_HISTORY_READ",
        "jobs.JOB_ERROR_MESSAGE.FINAL_MESSAGE",
    ] == others
    data = {one.kind: one.body["event"]["data"] for one in to.taken}
    assert '{"of": "eve"}' == data["jobs.JOB_USER_EVENT.DEFAULT"]
    shared = json.loads(data["jobs.JOB_SHARE_EVENT.SHARE_JOB_HISTORY_READ"])
    assert ("JOB_HISTORY", "eve", "ada") == tuple(shared[key] for key in ("resourceType", "grantee", "grantor"))
    assert ("added", 1) == tuple(
        json.loads(data["jobs.JOB_SUBSCRIPTION.added"])[key] for key in ("action", "numSubscriptions")
    )
    final = json.loads(data["jobs.JOB_ERROR_MESSAGE.FINAL_MESSAGE"])
    assert ("FAILED", "3", "JOB_REMOTE_OUTCOME_ERROR") == tuple(
        final[key] for key in ("jobStatus", "remoteResultInfo", "condition")
    )
    assert ["jobs.JOB_ERROR_MESSAGE.FINAL_MESSAGE"] == errors.kinds()
    events = told(ada.http.get(f"jobs/{job}/history"))
    assert to.kinds() == [f"jobs.{one['event']}.{one['eventDetail']}" for one in events]
    assert [one.body["event"]["data"] for one in to.taken] == [one["description"] for one in events]


def test_transfers_are_told_by_their_ids(ada: Person) -> None:
    """When they begin and when they end, as the job and its history name them."""
    with receiver() as to:
        source = [{"name": "in", "sourceUrl": "tapis://local/apps/sleeper.zip", "targetPath": "in.zip"}]
        asked = {"subscriptions": [wanted(to.url, kind="JOB_INPUT_TRANSACTION_ID")], "fileInputs": source}
        job = submit(ada, "sleeper", "0.1", **asked)
        await_status(ada, job, "FINISHED")
        wait_until(lambda: len(to.taken) == 4)
    shown = told(ada.http.get(f"jobs/{job}"))
    data = [json.loads(one.body["event"]["data"]) for one in to.taken]
    for uuid in (shown["stageAppTransactionId"], shown["inputTransactionId"]):
        assert ["ACCEPTED", "COMPLETED"] == [one["transferStatus"] for one in data if one["transactionId"] == uuid]
    history = [one for one in told(ada.http.get(f"jobs/{job}/history")) if one["transferTaskUuid"] == uuid]
    assert ["ACCEPTED", "COMPLETED"] == [one["eventDetail"] for one in history]
    assert "COMPLETED" == history[0]["transferSummary"]["status"]


def test_mail_is_sent(ada: Person, post: Mailbox, notifier: Service) -> None:
    """With the published subject and the same JSON; a mailbox that is refused is not tried again."""
    job = submit(ada, "sleeper", "0.1", subscriptions=[wanted("ann@example.com", method="EMAIL")])
    lost = submit(ada, "sleeper", "0.1", subscriptions=[wanted("nobody@example.com", method="EMAIL")])
    wait_until(lambda: len(post.mails) >= len(FINISHED))
    title = f"Tapis v3 notification. Event type: jobs.JOB_NEW_STATUS.FINISHED subject: {job}"
    mail = post.mails[-1]
    assert ("jobs@example.com", ["ann@example.com"]) == (mail.sender, mail.recipients)
    assert title == mail.message["Subject"].replace("\n", "")
    body = json.loads(mail.message.get_content())
    assert ("jobs.JOB_NEW_STATUS.FINISHED", "EMAIL") == (
        body["event"]["type"],
        body["deliveryTarget"]["deliveryMethod"],
    )
    wait_until(lambda: len(deliveries(notifier, lost)) == len(FINISHED))
    wait_until(lambda: {("GIVEN_UP", 1)} == {(state, tries) for state, tries, _ in deliveries(notifier, lost)})
    assert all("550" in why for _, _, why in deliveries(notifier, lost))


def test_what_was_not_delivered_is_seen_by_the_owner(ada: Person, eve: Person) -> None:
    """While it is tried again in the list of subscriptions; when it was given up in the history, once a receiver."""
    with receiver(lambda _, __: 500) as deaf, receiver() as to:
        mail = "nobody@example.com"
        job = submit(ada, "sleeper", "600", subscriptions=[wanted(deaf.url), wanted(to.url)])
        subscribe(ada, job, mail, method="EMAIL")
        given = {"grantee": "eve", "jobResource": ["JOB_HISTORY"], "jobPermission": "READ"}
        told(ada.http.post(f"jobs/{job}/share", json=given))

        def first() -> list[list[dict[str, Any]]]:
            found = [one["undelivered"] for one in told(ada.http.get(f"jobs/subscribe/{job}"))]
            return found if found[0] else []

        lost, fine, _ = wait_until(first)
        assert [] == fine
        (one,) = lost
        assert ("WEBHOOK", deaf.url, 0) == tuple(one[key] for key in ("deliveryMethod", "deliveryAddress", "givenUp"))
        assert one["waiting"] > 0
        assert "500" in one["reason"]
        assert one["nextTry"] is not None
        await_status(ada, job, "RUNNING")
        told(ada.http.post(f"jobs/{job}/cancel"))
        await_status(ada, job, "CANCELLED")
        wait_until(lambda: _undelivered(ada, job))
    (entry,) = [one for one in _undelivered(ada, job) if one["deliveryAddress"] == mail]
    assert ("undelivered", "EMAIL", True) == (entry["action"], entry["deliveryMethod"], "550" in entry["message"])
    assert entry["numNotices"] > 0
    assert [] == _undelivered(eve, job)


def _undelivered(who: Person, job: str) -> list[dict[str, Any]]:
    """What the history says of notices that did not arrive."""
    history = told(who.http.get(f"jobs/{job}/history"))
    return [json.loads(one["description"]) for one in history if one["eventDetail"] == "undelivered"]


INSIDE = ("http://10.0.0.7/x", "http://[::1]/", "http://169.254.169.254/", "http://127.0.0.1/")
NO_ADDRESSES = ("ftp://example.com/", "no", "http://u:p@example.com/", "http://example.com:0/")


def test_our_own_network_is_not_asked(tmp_path: Path) -> None:
    """An address that is seen to be inside is refused at once; a name that leads there is given up when it is asked."""
    with running_service(tmp_path) as service:
        ada = newcomer(service, "ada")
        add_app(ada)
        job = submit(ada, "sleeper", "60")
        for url in (*INSIDE, *NO_ADDRESSES):
            message = refused(ada.http.post(f"jobs/subscribe/{job}", json=wanted(url)), 400)
            assert "deliveryTargets.0.deliveryAddress: " in message, message
        for address, why in (("no mailbox", "no address of a mailbox"), ("ada@example.com", "no mail server")):
            asked = wanted(address, method="EMAIL")
            assert why in refused(ada.http.post(f"jobs/subscribe/{job}", json=asked), 400)
        asked = {"name": "x", "appId": "sleeper", "appVersion": "1", "subscriptions": [wanted(INSIDE[0])]}
        assert "subscriptions.0.deliveryTargets.0." in refused(ada.http.post("jobs/submit", json=asked), 400)
        await_status(ada, job, "RUNNING")
        subscribe(ada, job, "http://localhost/", kind="ALL")
        subscribe(ada, job, "queue", kind="ALL", method="QUEUE")
        told(ada.http.post(f"jobs/{job}/sendEvent", json={"eventData": "x"}))
        # The two subscriptions are news, too.
        wait_until(lambda: [("GIVEN_UP", 1)] * 3 == [one[:2] for one in deliveries(service, job)])
        assert all("outbound.allow" in why for _, _, why in deliveries(service, job))
        told(ada.http.post(f"jobs/{job}/cancel"))


def test_bad_subscriptions_are_refused_with_all_that_is_wrong(ada: Person) -> None:
    """No number, filter or target of its own making; and not more receivers than one job can have."""
    job = submit(ada, "sleeper", "60")
    bad = {"eventCategoryFilter": "X", "deliveryTargets": [{"deliveryMethod": "FAX"}], "ttlMinutes": "long", "who": 1}
    message = refused(ada.http.post(f"jobs/subscribe/{job}", json=bad), 400)
    for field in ("eventCategoryFilter", "deliveryMethod", "deliveryAddress", "ttlMinutes", "who"):
        assert field in message
    many = wanted("http://example.com/")
    many["deliveryTargets"] *= 51
    assert "at most 50" in refused(ada.http.post(f"jobs/subscribe/{job}", json=many), 400)
    for event in ({}, {"eventData": 5}, {"eventData": "x", "eventDetail": "a b"}, {"eventData": "\0"}):
        refused(ada.http.post(f"jobs/{job}/sendEvent", json=event), 400)
    told(ada.http.post(f"jobs/{job}/cancel"))
