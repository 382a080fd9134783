"""Notifications: with a job or as a service, by request or by mail, in order, again until they are heard."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.receivers import Mailbox, mailbox, receiver
from tests.service import Service, running_service, wait_until
from tests.tapis2.apps import CLASSIFY, deploy
from tests.tapis2.conftest import MAIL, SETTINGS
from tests.tapis2.jobs import SEED, ended, status, statuses, submit
from tests.tapis2.people import Person, newcomer

APP = {**CLASSIFY, "name": "told"}
KINDS = ("002", "005", "006", "007")
LIFE = [
    *("PENDING", "PROCESSING_INPUTS", "STAGED", "STAGING_JOB", "SUBMITTING", "QUEUED", "RUNNING", "CLEANING_UP"),
    *("ARCHIVING", "FINISHED"),
]


@pytest.fixture(scope="module")
def post() -> Iterator[Mailbox]:
    """The mail server of the service."""
    with mailbox() as made:
        yield made


@pytest.fixture(scope="module")
def notifier(post: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that sends mail."""
    settings = {**SETTINGS, **MAIL, "DRAGOMAN_MAIL_PORT": str(post.port), "DRAGOMAN_OUTBOUND_SECONDS": "8"}
    with running_service(tmp_path_factory.mktemp("notices"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def ann(notifier: Service) -> Person:
    """Somebody with an app."""
    person = newcomer(notifier, "ann")
    deploy(person, APP)
    person.post("/apps/v2/", 201, json=APP)
    asleep = {**APP, "name": "asleep", "deploymentPath": "applications/asleep"}
    deploy(person, asleep, "sleep 600\n")
    person.post("/apps/v2/", 201, json=asleep)
    return person


def run(person: Person, *notifications: dict[str, Any], **more: Any) -> str:
    return submit(person, appId="told-1.0", notifications=list(notifications), **more)


SAYS = r"""
COUNT=3
TEXT=$'a "b" \\ \n c\td'
${AGAVE_JOB_CALLBACK_NOTIFICATION|COUNTED|COUNT,TEXT}
until [ -e go ]; do sleep 0.1; done
COUNT=4
${AGAVE_JOB_CALLBACK_NOTIFICATION|COUNT}
echo 'no callback' >> .agave.callback
${AGAVE_JOB_CALLBACK_NOTIFICATION}
"""


def of(person: Person, job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.get(f"/notifications/v2/?associatedUuid={job}")
    return found


def test_every_status_is_posted_in_order(ann: Person) -> None:
    """With the job as it was then, by the names of today and of old, and the macros of the address filled in."""
    with receiver() as hook:
        url = f"{hook.url}/h?job_id=${{JOB_ID}}&job_status=${{EVENT}}&name=${{JOB_NAME}}&x=${{NOTHING}}"
        job = run(ann, {"url": url, "event": "*", "persistent": True}, name="a & b")
        ended(ann, job)
        wait_until(lambda: len(hook.taken) == len(LIFE))
        asked = [parse_qs(urlsplit(one.path).query) for one in hook.taken]
        assert LIFE == [one["job_status"][0] for one in asked] == [one.body["status"] for one in hook.taken]
        assert ({job}, {"a & b"}) == ({one["job_id"][0] for one in asked}, {one["name"][0] for one in asked})
        first, last = hook.taken[0], hook.taken[-1]
    # What came of a try is written down when it has been answered.
    wait_until(lambda: of(ann, job)[0]["attempts"] >= len(LIFE))
    assert first.headers["user-agent"].startswith("Agave-Hookbot/")
    assert "application/json" == first.headers["content-type"]
    (shown,) = of(ann, job)
    assert shown["id"] == first.headers["x-agave-notification"]
    assert len(LIFE) == len({one.headers["x-agave-delivery"] for one in hook.taken})
    assert (job, None, None, "Job processing beginning") == tuple(
        first.body[key] for key in ("uuid", "workPath", "endTime", "error_message")
    )
    assert ("local", "default", None, "FINISHED") == tuple(
        last.body[key] for key in ("executionSystem", "batchQueue", "maxRunTime", "remoteOutcome")
    )
    assert ("ACTIVE", 200, True, len(LIFE)) == tuple(
        shown[key] for key in ("status", "responseCode", "success", "attempts")
    )


def test_the_end_is_told_by_mail_once(ann: Person, post: Mailbox) -> None:
    job = run(ann, {"url": "me+${EVENT}@example.org", "event": "FINISHED"})
    found = ended(ann, job)
    wait_until(lambda: [one for one in post.mails if job in str(one.message["Subject"])])
    (mail,) = [one for one in post.mails if job in str(one.message["Subject"])]
    assert (f"Job {job} received a FINISHED event", ["me+FINISHED@example.org"]) == (
        str(mail.message["Subject"]).strip(),
        mail.recipients,
    )
    lines = mail.text.splitlines()
    assert [f'The status of job {job}, "{found["name"]}," has changed to FINISHED.', ""] == lines[:2]
    names = ["Name", "ID", "App ID", "Execution System", "Message", "Submit Time", "Start Time", "End Time"]
    assert [*names, "Output Path", "Output URL"] == [line.partition(":")[0] for line in lines[2:]]
    address = lines[-1].removeprefix("Output URL: ")
    assert f'Output URL: <a href="{address}">{address}</a></p>' in mail.html
    wait_until(lambda: of(ann, job)[0]["status"] == "COMPLETE")


def test_what_is_not_persistent_is_told_once(ann: Person) -> None:
    with receiver() as hook:
        job = run(ann, {"url": hook.url, "event": "*"}, {"url": hook.url, "event": "RUNNING"})
        ended(ann, job)
        wait_until(lambda: len(hook.taken) == 2)
        assert ["PENDING", "RUNNING"] == sorted(one.body["status"] for one in hook.taken)
    wait_until(lambda: {one["status"] for one in of(ann, job)} == {"COMPLETE"})


def test_a_callback_url_of_old(ann: Person) -> None:
    with receiver() as hook:
        job = submit(ann, appId="told-1.0", callbackUrl=f"{hook.url}/${{JOB_STATUS}}")
        ended(ann, job)
        wait_until(lambda: hook.taken)
        assert ["/FINISHED"] == [one.path for one in hook.taken]


def test_a_receiver_that_fails_is_tried_by_the_policy(ann: Person) -> None:
    """And what was given up is kept, where that is wanted."""
    with receiver(lambda *_: 500) as hook:
        policy = {"retryStrategy": "DELAYED", "retryLimit": 4, "retryRate": 1, "retryDelay": 0, "saveOnFailure": True}
        job = run(ann, {"url": hook.url, "event": "FINISHED", "policy": policy})
        ended(ann, job)
        wait_until(lambda: of(ann, job)[0]["status"] == "FAILED")
        assert 4 == len(hook.tried)
    (shown,) = of(ann, job)
    assert (500, False, 4, policy) == tuple(shown[key] for key in ("responseCode", "success", "attempts", "policy"))
    (attempt,) = ann.get(f"/notifications/v2/{shown['id']}/attempts")
    assert ({"code": 500, "message": "The receiver answers with status 500."}, job) == (
        attempt["response"],
        attempt["associatedUuid"],
    )
    assert attempt == ann.get(f"/notifications/v2/{shown['id']}/attempts/{attempt['id']}")
    assert ann.delete(f"/notifications/v2/{shown['id']}/attempts/{attempt['id']}") is None
    assert [] == ann.get(f"/notifications/v2/{shown['id']}/attempts")
    assert ["CREATED"] == [one["status"] for one in ann.get(f"/notifications/v2/{shown['id']}/history")]


def test_a_policy_of_none_tries_once_more(ann: Person) -> None:
    with receiver(lambda *_: 503) as hook:
        job = run(ann, {"url": hook.url, "event": "FINISHED", "policy": {"retryStrategy": "NONE"}})
        ended(ann, job)
        wait_until(lambda: of(ann, job)[0]["status"] == "FAILED")
        assert 2 == len(hook.tried)


def test_a_receiver_that_was_down_gets_all_in_order(ann: Person) -> None:
    with receiver(lambda _, earlier: 500 if earlier < 2 else 200) as hook:
        job = run(ann, {"url": hook.url + "/${EVENT}", "event": "*", "persistent": True})
        ended(ann, job)
        wait_until(lambda: len(hook.taken) == len(LIFE))
        assert LIFE == [one.path.strip("/") for one in hook.taken]


def test_a_receiver_that_hangs_keeps_nobody_else_waiting(ann: Person) -> None:
    """It is let go after a while; the job ends, and others are told of everything meanwhile."""
    with receiver(lambda *_: None) as deaf, receiver() as keen:
        kept = {"retryStrategy": "NONE", "saveOnFailure": True}
        job = run(
            ann,
            {"url": deaf.url, "event": "PENDING", "policy": kept},
            {"url": keen.url, "event": "*", "persistent": True},
        )
        assert "FINISHED" == ended(ann, job)["status"]
        wait_until(lambda: len(keen.taken) == len(LIFE))
        (shown,) = [one for one in of(ann, job) if one["url"] == deaf.url]
        wait_until(lambda: ann.get(f"/notifications/v2/{shown['id']}")["status"] == "FAILED")
        assert 2 == len(deaf.tried)
    (attempt,) = ann.get(f"/notifications/v2/{shown['id']}/attempts")
    assert 0 == attempt["response"]["code"]
    assert attempt["response"]["message"]


def test_a_mailbox_that_the_mail_server_refuses(ann: Person, post: Mailbox) -> None:
    """Its answer is kept, and not asked for again; the job and other mailboxes know nothing of it."""
    kept = {"saveOnFailure": True}
    job = run(
        ann,
        {"url": "nobody@example.org", "event": "FINISHED", "policy": kept},
        {"url": "me@example.org", "event": "FINISHED"},
    )
    assert "FINISHED" == ended(ann, job)["status"]
    wait_until(lambda: {"COMPLETE", "FAILED"} == {one["status"] for one in of(ann, job)})
    (refused,) = [one for one in of(ann, job) if one["status"] == "FAILED"]
    assert ("nobody@example.org", 1, False) == tuple(refused[key] for key in ("url", "attempts", "success"))
    (attempt,) = ann.get(f"/notifications/v2/{refused['id']}/attempts")
    assert "The mail server refuses the mailbox: 550 no such mailbox" == attempt["response"]["message"]
    assert [["me@example.org"]] == [one.recipients for one in post.mails if job in str(one.message["Subject"])]


def test_the_service_of_notifications(notifier: Service, ann: Person) -> None:
    """As the command line asks for one: JSON, or a file of a form."""
    with receiver() as hook:
        job = submit(ann, appId="asleep-1.0")
        wait_until(lambda: status(ann, job) == "RUNNING")
        words = {"event": "STOPPED", "persistent": True, "associatedUuid": job, "url": hook.url, "policy": {}}
        made = ann.post("/notifications/v2/?pretty=true", 201, json=words)
        assert made["id"].endswith("-011")
        assert {
            "retryStrategy": "IMMEDIATE",
            "retryLimit": 5,
            "retryRate": 5,
            "retryDelay": 0,
            "saveOnFailure": False,
        } == (made["policy"])
        assert made["id"] in {one["id"] for one in ann.get("/notifications/v2/")}
        path = f"/notifications/v2/{made['id']}"
        data = json.dumps({**words, "event": "RUNNING"})
        assert "RUNNING" == ann.post(path, 201, files={"fileToUpload": ("n.json", data)})["event"]
        assert "STOPPED" == ann.post(path, 201, json={"url": hook.url, "event": "STOPPED"})["event"]
        ann.post(f"{path}/attempts", 201)
        wait_until(lambda: len(hook.taken) == 1)
        ann.post(f"/jobs/v2/{job}", json={"action": "stop"})
        wait_until(lambda: len(hook.taken) == 2)
        assert ["RUNNING", "STOPPED"] == [one.body["status"] for one in hook.taken]
        tom = newcomer(notifier, "tom")
        assert tom.get(path, 403)
        assert [] == tom.get("/notifications/v2/")
        assert tom.post("/notifications/v2/", 403, json=words)
        assert ann.delete(path) is None
        assert ann.get(path, 404)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"url": ""}, "No url provided."),
        ({"event": None}, "No event provided."),
        *(({"associatedUuid": f"x-{kind}"}, f"There is nothing x-{kind} to be told of.") for kind in KINDS),
        ({"associatedUuid": "x-010"}, "Invalid associatedUuid value. This is the id of a postit."),
        ({"url": "ftp://host/x"}, "Invalid url value."),
        ({"url": "http://10.0.0.1/x"}, "Invalid url value."),
        ({"url": "nothing"}, "Invalid url value."),
        ({"policy": {"retryStrategy": "OFTEN"}}, "Invalid policy.retryStrategy value."),
        ({"policy": {"retryLimit": 5000}}, "Invalid policy.retryLimit value."),
    ],
)
def test_notifications_that_cannot_be(ann: Person, change: dict[str, Any], why: str) -> None:
    words = {"url": "http://127.0.0.1:9/x", "event": "*", "associatedUuid": "y-007", **change}
    assert why in ann.post("/notifications/v2/", 400, json=words)


def test_a_job_that_nobody_can_be_told_of(ann: Person) -> None:
    words = {"url": "http://192.168.0.1/", "event": "*"}
    told = ann.post("/jobs/v2/", 400, json={**SEED, "appId": "told-1.0", "notifications": [words]})
    assert told.startswith("Invalid notifications[0] value given.")


def test_what_a_wrapper_has_to_tell_is_told_while_it_runs(ann: Person, post: Mailbox) -> None:
    """With the variables that it names; what is there at its end, before that."""
    says = {**APP, "name": "says", "deploymentPath": "applications/says"}
    deploy(ann, says, SAYS)
    ann.post("/apps/v2/", 201, json=says)
    with receiver() as hook, receiver() as counted:
        job = submit(
            ann,
            appId="says-1.0",
            notifications=[
                {"url": hook.url + "/${EVENT}", "event": "*", "persistent": True},
                {"url": counted.url + "/${EVENT}/${JOB_STATUS}", "event": "counted"},
                {"url": "me@example.org", "event": "COUNTED"},
            ],
        )
        wait_until(lambda: counted.taken)
        assert "RUNNING" == status(ann, job)
        assert "/COUNTED/RUNNING" == counted.taken[0].path
        first = {"CUSTOM_USER_JOB_EVENT_NAME": "COUNTED", "COUNT": "3", "TEXT": 'a "b" \\ \n c\td'}
        assert first == counted.taken[0].body
        place = ann.get(f"/jobs/v2/{job}")["workPath"]
        ann.post(f"/files/v2/media/system/local.storage/{place}", 202, files={"fileToUpload": ("go", b"")})
        ended(ann, job)
        names = [*LIFE[:7], "COUNTED", *["JOB_RUNTIME_CALLBACK_EVENT"] * 3, *LIFE[7:]]
        wait_until(lambda: len(hook.taken) == len(names))
        assert names == [one.path.strip("/") for one in hook.taken]
        said = [one.body for one in hook.taken if one.path == "/JOB_RUNTIME_CALLBACK_EVENT"]
        assert ["4", None, None] == [one.get("COUNT") for one in said]
        assert "no callback" == said[1]["text"]
    wait_until(lambda: [one for one in post.mails if job in str(one.message["Subject"])])
    (mail,) = [one for one in post.mails if job in str(one.message["Subject"])]
    assert f"Job {job} published a COUNTED event." == str(mail.message["Subject"]).strip()
    assert first == json.loads(mail.text)


def test_a_permission_is_told(notifier: Service, ann: Person) -> None:
    newcomer(notifier, "eve")
    with receiver() as hook:
        job = run(ann, {"url": hook.url + "/${EVENT}", "event": "PERMISSION_GRANT", "persistent": True})
        ended(ann, job)
        late = {"url": hook.url + "/late/${EVENT}", "event": "*", "associatedUuid": job}
        assert "INACTIVE" == ann.post("/notifications/v2/", 201, json=late)["status"]
        ann.post(f"/jobs/v2/{job}/pems/eve", 201, data={"permission": "READ"})
        wait_until(lambda: len(hook.taken) == 2)
        assert {"/PERMISSION_GRANT", "/late/PERMISSION_GRANT"} == {one.path for one in hook.taken}
        assert LIFE == list(dict.fromkeys(statuses(ann, job)))
