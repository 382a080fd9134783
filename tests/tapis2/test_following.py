"""Notifications of systems, apps and files: whoever may see a thing is told what is done to it, in order."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.receivers import Mailbox, Receiver, mailbox, receiver
from tests.service import Service, running_service, wait_until
from tests.tapis2.apps import CLASSIFY, deploy
from tests.tapis2.conftest import MAIL, SETTINGS
from tests.tapis2.people import Person, newcomer
from tests.tapis2.systems import EXECUTION, STORAGE, changed

STORE = changed(STORAGE, id="fay.store", storage={"homeDir": "/"})
APP = {**CLASSIFY, "name": "fays"}
QUEUE = {"name": "long", "maxJobs": 3}


@pytest.fixture(scope="module")
def post() -> Iterator[Mailbox]:
    """The mail server of the service."""
    with mailbox() as made:
        yield made


@pytest.fixture(scope="module")
def notifier(post: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that sends mail."""
    settings = {**SETTINGS, **MAIL, "DRAGOMAN_MAIL_PORT": str(post.port)}
    with running_service(tmp_path_factory.mktemp("following"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def fay(notifier: Service) -> Person:
    """Somebody with a storage system and an app."""
    person = newcomer(notifier, "fay")
    person.post("/systems/v2/", 201, json=STORE)
    deploy(person, APP)
    person.post("/apps/v2/", 201, json=APP)
    return person


@pytest.fixture(scope="module")
def gus(notifier: Service) -> Person:
    """Somebody else."""
    return newcomer(notifier, "gus")


def follow(person: Person, uuid: str, url: str, event: str = "*", **more: Any) -> dict[str, Any]:
    words = {"url": url, "event": event, "associatedUuid": uuid, "persistent": True, **more}
    made: dict[str, Any] = person.post("/notifications/v2/", 201, json=words)
    return made


def events(hook: Receiver) -> list[str]:
    return [one.body["event"]["status"] for one in hook.taken]


def told(hook: Receiver, *expected: str) -> None:
    """Wait until that has arrived, and see that nothing else has."""
    wait_until(lambda: len(hook.taken) >= len(expected))
    assert list(expected) == events(hook)


def test_what_is_done_to_a_system_is_told_in_order(fay: Person, gus: Person) -> None:
    """With the system as it is, who did it, and the macros of the address filled in."""
    fay.post("/systems/v2/", 201, json=changed(EXECUTION, id="fay.exec"))
    uuid = fay.get("/systems/v2/fay.exec")["uuid"]
    with receiver() as hook:
        made = follow(
            fay, uuid, f"{hook.url}/${{SYSTEM_ID}}?e=${{EVENT}}&s=${{STATUS}}&r=${{STORAGE_ROOTDIR}}&p=${{PUBLIC}}"
        )
        assert (uuid, "ACTIVE") == (made["associatedUuid"], made["status"])
        assert made["_links"]["system"]["href"].endswith("/systems/v2/fay.exec")
        fay.post("/systems/v2/fay.exec", 201, json={**EXECUTION, "description": "new"})
        told(hook, "UPDATED")
        fay.post("/systems/v2/fay.exec/roles/gus", 201, data={"role": "USER"})
        fay.delete("/systems/v2/fay.exec/roles/gus")
        fay.post("/systems/v2/fay.exec/queues", 201, json=QUEUE)
        fay.post("/systems/v2/fay.exec/queues/long", 201, json={**QUEUE, "maxJobs": 4})
        fay.delete("/systems/v2/fay.exec/queues/long")
        for action in ("disable", "enable", "publish", "unpublish"):
            fay.put("/systems/v2/fay.exec", data={"action": action})
        fay.delete("/systems/v2/fay.exec")
        expected = ("UPDATED", "ROLES_GRANT", "ROLES_REVOKE", "QUEUE_CREATE", "QUEUE_UPDATE", "QUEUE_DELETE")
        told(hook, *expected, "DISABLED", "ENABLED", "PUBLISH", "UNPUBLISH", "DELETED")
        first, last = hook.taken[0], hook.taken[-1]
    assert "/fay.exec?e=UPDATED&s=UP&r=%2F&p=false" == first.path
    assert ("fay.exec", "new", uuid, "fay") == (
        first.body["id"],
        first.body["description"],
        first.body["uuid"],
        first.body["event"]["createdBy"],
    )
    assert made["id"] == last.headers["x-agave-notification"]
    assert uuid == last.body["uuid"]
    # What came of a try is written down when it has been answered.
    wait_until(lambda: fay.get(f"/notifications/v2/{made['id']}")["attempts"] >= 11)
    shown = fay.get(f"/notifications/v2/{made['id']}")
    assert ("ACTIVE", 200, 11) == (shown["status"], shown["responseCode"], shown["attempts"])


def test_what_is_done_to_an_app_is_told(fay: Person, gus: Person) -> None:
    uuid = fay.get("/apps/v2/fays-1.0")["uuid"]
    with receiver() as hook:
        follow(fay, uuid, f"{hook.url}/${{APP_ID}}/${{EVENT}}")
        fay.post("/apps/v2/fays-1.0", 201, json={**APP, "label": "new"})
        told(hook, "UPDATED")
        fay.post("/apps/v2/fays-1.0/pems/gus", 201, data={"permission": "ALL"})
        fay.delete("/apps/v2/fays-1.0/pems/gus")
        fay.put("/apps/v2/fays-1.0", data={"action": "disable"})
        fay.put("/apps/v2/fays-1.0", data={"action": "enable"})
        fay.put("/apps/v2/fays-1.0", 202, data={"action": "publish"})
        fay.put("/apps/v2/fays-1.0", 202, data={"action": "clone", "name": "fays.too", "version": "1.0"})
        fay.delete("/apps/v2/fays-1.0")
        fay.post("/apps/v2/", 201, json=APP)
        expected = ("UPDATED", "PERMISSION_GRANT", "PERMISSION_REVOKE", "DISABLED", "ENABLED", "PUBLISHED", "CLONED")
        told(hook, *expected, "DELETED", "RESTORED", "UPDATED")
        assert ("/fays-1.0/UPDATED", "new") == (hook.taken[0].path, hook.taken[0].body["label"])
    done = [one["status"] for one in fay.get("/apps/v2/fays-1.0/history")]
    assert ["CREATED", *expected, "DELETED", "RESTORED", "UPDATED"] == done


def test_what_is_done_to_a_file_is_told(fay: Person) -> None:
    """By the id that an upload has shown."""
    top = "/files/v2/media/system/local.storage"
    item = fay.post(top, 202, files={"fileToUpload": ("a.txt", "one")})
    with receiver() as hook:
        made = follow(fay, item["uuid"], f"{hook.url}/${{SYSTEM}}${{PATH}}?${{EVENT}}")
        assert made["_links"]["file"]["href"].endswith(f"/files/v2/media/system/local.storage/{item['path']}")
        fay.post(top, 202, files={"fileToUpload": ("a.txt", "two")})
        fay.put(f"{top}/a.txt", data={"action": "rename", "path": "b.txt"})
        fay.put(f"{top}/b.txt", data={"action": "rename", "path": "a.txt"})
        fay.post(top, 202, files={"fileToUpload": ("c.txt", "three")})
        fay.put(f"{top}/c.txt", data={"action": "copy", "path": "a.txt"})
        fay.delete(f"{top}/a.txt")
        told(hook, "UPLOAD", "RENAME", "RENAME", "OVERWRITTEN", "CREATED", "DELETED")
        assert item["uuid"] == hook.taken[0].body["uuid"]
        assert ("local.storage", item["path"]) == (hook.taken[0].body["systemId"], hook.taken[0].body["path"])
    assert "file" == fay.get(f"/uuids/v2/{item['uuid']}")["type"]


def test_an_import_is_told_to_its_end(fay: Person) -> None:
    top = "/files/v2/media/system/fay.store"
    fay.post(top, 202, files={"fileToUpload": ("source.txt", "one")})
    words = {"urlToIngest": "agave://fay.store/source.txt", "fileName": "copy.txt"}
    uuid = fay.post(top, 202, data=words)["uuid"]

    def history() -> list[str]:
        return [one["status"] for one in fay.get("/files/v2/history/system/fay.store/copy.txt")]

    wait_until(lambda: "STAGING_COMPLETED" in history())
    with receiver() as hook:
        follow(fay, uuid, hook.url)
        fay.post(top, 202, data=words)
        wait_until(lambda: "STAGING_COMPLETED" in events(hook))
        fay.post(top, 202, data={**words, "urlToIngest": "agave://fay.store/nothing.txt"})
        wait_until(lambda: "STAGING_FAILED" in events(hook))
        found = [one for one in events(hook) if one != "STAGING_QUEUED"]
    assert "STAGING_FAILED" == found[-1]
    wait_until(lambda: "STAGING_FAILED" in history())
    counts = {word: history().count(word) for word in history()}
    # What is not there is not fetched: it is found to be missing before that.
    assert {"STAGING_QUEUED": 3, "STAGING": 2, "STAGING_COMPLETED": 2, "STAGING_FAILED": 1} == counts


def test_the_owner_of_a_system_is_told_of_its_files(fay: Person, gus: Person) -> None:
    """Others are not, though they may see the system."""
    uuid = fay.get("/systems/v2/fay.store")["uuid"]
    fay.post("/systems/v2/fay.store/roles/gus", 201, data={"role": "GUEST"})
    with receiver() as hook, receiver() as other:
        follow(fay, uuid, hook.url, "SYSTEM_UPLOAD")
        follow(gus, uuid, other.url)
        fay.post("/files/v2/media/system/fay.store", 202, files={"fileToUpload": ("x.txt", "one")})
        told(hook, "SYSTEM_UPLOAD")
        fay.post("/systems/v2/fay.store", 201, json={**STORE, "description": "more"})
        told(other, "UPDATED")
    fay.delete("/systems/v2/fay.store/roles/gus")


def test_who_may_not_see_a_thing_any_longer_hears_no_more_of_it(fay: Person, gus: Person) -> None:
    uuid = fay.get("/systems/v2/fay.store")["uuid"]
    fay.post("/systems/v2/fay.store/roles/gus", 201, data={"role": "GUEST"})
    with receiver() as hook, receiver() as own:
        made = follow(gus, uuid, hook.url)
        follow(fay, uuid, own.url)
        fay.post("/systems/v2/fay.store", 201, json={**STORE, "description": "still"})
        told(hook, "UPDATED")
        fay.delete("/systems/v2/fay.store/roles/gus")
        fay.post("/systems/v2/fay.store", 201, json={**STORE, "description": "secret"})
        told(own, "UPDATED", "ROLES_REVOKE", "UPDATED")
        wait_until(lambda: gus.http.get(f"/notifications/v2/{made['id']}").status_code == 404)
        assert ["UPDATED"] == events(hook)


def test_what_is_not_persistent_is_told_once(fay: Person) -> None:
    """Also by mail; whoever changes it is told once more."""
    uuid = fay.get("/systems/v2/fay.store")["uuid"]
    with receiver() as hook, receiver() as all_of_it:
        follow(fay, uuid, all_of_it.url)
        made = follow(fay, uuid, hook.url, "UPDATED", persistent=False)
        for number in range(3):
            fay.post("/systems/v2/fay.store", 201, json={**STORE, "description": str(number)})
        told(all_of_it, *["UPDATED"] * 3)
        told(hook, "UPDATED")
        path = f"/notifications/v2/{made['id']}"
        wait_until(lambda: fay.get(path)["status"] == "COMPLETE")
        fay.post(path, 201, json={"url": hook.url, "event": "DISABLED"})
        fay.put("/systems/v2/fay.store", data={"action": "disable"})
        told(hook, "UPDATED", "DISABLED")
        fay.put("/systems/v2/fay.store", data={"action": "enable"})


def test_a_mail_says_what_was_done(fay: Person, post: Mailbox) -> None:
    uuid = fay.get("/systems/v2/fay.store")["uuid"]
    follow(fay, uuid, "me+${SYSTEM_ID}@example.org", "PUBLISH")
    fay.put("/systems/v2/fay.store", data={"action": "publish"})
    fay.put("/systems/v2/fay.store", data={"action": "unpublish"})
    wait_until(lambda: [one for one in post.mails if uuid in str(one.message["Subject"])])
    (mail,) = [one for one in post.mails if uuid in str(one.message["Subject"])]
    assert (f"System {uuid} received a PUBLISH event", ["me+fay.store@example.org"]) == (
        str(mail.message["Subject"]).strip(),
        mail.recipients,
    )
    lines = mail.text.splitlines()
    assert f'The system {uuid}, "fay.store," received a PUBLISH event.' == lines[0]
    assert "By: fay" in lines


def test_a_receiver_that_fails_is_tried_by_the_policy(fay: Person) -> None:
    uuid = fay.get("/systems/v2/fay.store")["uuid"]
    policy = {"retryStrategy": "NONE", "saveOnFailure": True}
    with receiver(lambda *_: 500) as hook:
        made = follow(fay, uuid, hook.url, "UPDATED", policy=policy, persistent=False)
        fay.post("/systems/v2/fay.store", 201, json=STORE)
        path = f"/notifications/v2/{made['id']}"
        wait_until(lambda: fay.get(path)["status"] == "FAILED")
        assert 2 == len(hook.tried)
    (attempt,) = fay.get(f"{path}/attempts")
    assert (uuid, 500) == (attempt["associatedUuid"], attempt["response"]["code"])
    assert fay.delete(f"{path}/attempts/{attempt['id']}") is None
    assert [] == fay.get(f"{path}/attempts")


def test_one_is_sent_by_hand(fay: Person) -> None:
    with receiver() as hook:
        made = follow(fay, fay.get("/apps/v2/fays-1.0")["uuid"], hook.url)
        fay.post(f"/notifications/v2/{made['id']}/attempts", 201)
        told(hook, "FORCED_ATTEMPT")
        assert "fays-1.0" == hook.taken[0].body["id"]
        assert made["id"] in {one["id"] for one in fay.get("/notifications/v2/")}
        assert fay.delete(f"/notifications/v2/{made['id']}") is None
        fay.post("/apps/v2/fays-1.0", 201, json=APP)
    assert fay.get(f"/notifications/v2/{made['id']}", 404)


def test_nobody_follows_what_they_may_not_see(fay: Person, gus: Person) -> None:
    item = fay.post("/files/v2/media/system/fay.store", 202, files={"fileToUpload": ("mine.txt", "one")})
    words = {"url": "http://127.0.0.1:9/x", "event": "*"}
    for uuid, status in (
        (fay.get("/systems/v2/fay.store")["uuid"], 400),
        (fay.get("/apps/v2/fays-1.0")["uuid"], 400),
        (item["uuid"], 403),
    ):
        assert gus.post("/notifications/v2/", status, json={**words, "associatedUuid": uuid})
    made = follow(fay, item["uuid"], "http://127.0.0.1:9/x")
    assert gus.get(f"/notifications/v2/{made['id']}", 403)
    assert gus.delete(f"/notifications/v2/{made['id']}", 403)


@pytest.mark.parametrize(("event", "known"), [("FINISHED", False), ("SYSTEM_UPLOAD", True), ("enabled", True)])
def test_only_what_happens_to_a_thing_can_be_asked_for(fay: Person, event: str, known: bool) -> None:
    words = {"url": "http://127.0.0.1:9/x", "event": event, "associatedUuid": fay.get("/systems/v2/fay.store")["uuid"]}
    answer = fay.http.post("/notifications/v2/", json=words)
    assert (201 if known else 400) == answer.status_code
    assert (
        known or "Invalid event value FINISHED. What is told of a system: CREATED, UPDATED" in answer.json()["message"]
    )
