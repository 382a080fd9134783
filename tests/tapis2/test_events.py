"""Events of one thing that are told of another, of anything at all, and of what was asked for with a form."""

import json
import os
import re
import signal
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from dragoman.core.notices import Story
from dragoman.core.states import Cause, RunState
from dragoman.dialects.tapis2.event_words import BELOW, EVENTS, LOOKED, NEVER, is_known
from dragoman.dialects.tapis2.foreign_jobs import happened as happened_elsewhere
from dragoman.dialects.tapis2.job_facts import ATTRIBUTES
from dragoman.dialects.tapis2.job_happenings import happened
from dragoman.store import jobs
from dragoman.store.events import add_events, list_events, new_event
from dragoman.store.sqlite import SqliteDb
from tests.receivers import Receiver, receiver
from tests.scenarios.rescale import basic
from tests.service import Service, running_service, wait_until
from tests.store.things import T0, only_run, open_job
from tests.tapis2.apps import CLASSIFY, deploy
from tests.tapis2.conftest import SETTINGS
from tests.tapis2.jobs import ended, status, submit
from tests.tapis2.people import Person, newcomer
from tests.tapis2.systems import EXECUTION, STORAGE, changed
from tests.tapis2.test_following import events, follow, told

APP = {**CLASSIFY, "name": "noted"}
TOP = "/files/v2/media/system/local.storage"
MINE = changed(STORAGE, id="una.store", storage={"homeDir": "/"})


@pytest.fixture(scope="module")
def notifier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of these tests' own."""
    with running_service(tmp_path_factory.mktemp("events"), SETTINGS) as running:
        yield running


@pytest.fixture(scope="module")
def una(notifier: Service) -> Person:
    """Somebody with an app and a storage system."""
    person = newcomer(notifier, "una")
    deploy(person, APP)
    person.post("/apps/v2/", 201, json=APP)
    person.post("/systems/v2/", 201, json=MINE)
    return person


@pytest.fixture(scope="module")
def vic(notifier: Service, una: Person) -> Person:
    """Somebody who may run the app."""
    person = newcomer(notifier, "vic")
    una.post("/apps/v2/noted-1.0/pems/vic", 201, data={"permission": "READ_EXECUTE"})
    return person


@pytest.fixture(scope="module")
def boss(notifier: Service) -> Person:
    """An admin."""
    return newcomer(notifier, "boss", "--admin")


def run(person: Person) -> str:
    """A job of the app, once it has ended."""
    job = submit(person, appId="noted-1.0", name="noted")
    assert "FINISHED" == ended(person, job)["status"]
    return job


def upload(person: Person, name: str, top: str = TOP, **fields: str) -> dict[str, Any]:
    made: dict[str, Any] = person.post(top, 202, files={"fileToUpload": (name, "one")}, data=fields)
    return made


LIFE = ["JOB_SUBMIT", "JOB_QUEUE", "JOB_RUNNING", "JOB_COMPLETE", "JOB_FINISHED"]


def test_what_happens_to_jobs_is_told_of_their_system(una: Person, vic: Person) -> None:
    """To who has started them; the words of today and of old are told as they were asked for."""
    uuid = una.get("/systems/v2/local")["uuid"]
    with receiver() as hook, receiver() as old, receiver() as other:
        follow(una, uuid, f"{hook.url}/${{SYSTEM_ID}}/${{EVENT}}")
        follow(una, uuid, old.url, "JOB_CREATED", persistent=False)
        follow(vic, uuid, other.url)
        mine, others = run(una), run(vic)
        told(hook, *LIFE)
        told(old, "JOB_CREATED")
        told(other, *LIFE)
    assert ["/local/JOB_SUBMIT", "/local/JOB_FINISHED"] == [hook.taken[0].path, hook.taken[-1].path]
    assert {("local", mine)} == {(one.body["id"], one.body["job"]["id"]) for one in hook.taken}
    assert ["PENDING", "FINISHED"] == [hook.taken[place].body["job"]["status"] for place in (0, -1)]
    assert {others} == {one.body["job"]["id"] for one in other.taken}


def test_jobs_in_other_languages_are_told_of_their_system(
    notifier: Service, una: Person, vic: Person, boss: Person
) -> None:
    """To who has started them, and to admins; those who follow anything hear of them by their own ids."""
    uuid = una.get("/systems/v2/local")["uuid"]
    with receiver() as hook, receiver() as other, receiver() as anything:
        follow(una, uuid, f"{hook.url}/${{EVENT}}")
        follow(vic, uuid, other.url)
        made = follow(boss, "*", f"{anything.url}/${{EVENT}}/${{UUID}}/${{JOB_STATUS}}")
        with notifier.client(una.account.token) as rescale:
            job = str(rescale.post("jobs/", json=basic("true")).json()["id"])
            assert 200 == rescale.post(f"jobs/{job}/submit/").status_code
        wait_until(lambda: "JOB_FINISHED" in events(hook))
        wait_until(lambda: f"/FINISHED/{job}/FINISHED" in [one.path for one in anything.taken])
        own = run(vic)
        told(other, *LIFE)
        boss.delete(f"/notifications/v2/{made['id']}")
    assert LIFE == events(hook)
    assert {own} == {one.body["job"]["id"] for one in other.taken}
    last = hook.taken[-1].body
    assert ("local", job, "una", "FINISHED", "rescale", "A job", "local") == (
        last["id"],
        *(last["job"][key] for key in ("id", "owner", "status", "language", "name", "systemId")),
    )
    heard = [one for one in anything.taken if one.body.get("language") == "rescale"]
    assert ["PENDING", "FINISHED"] == [heard[place].body["status"] for place in (0, -1)]
    assert {job} == {one.headers["x-agave-associated-uuid"] for one in heard} == {one.body["id"] for one in heard}


def test_of_a_job_with_many_runs_its_beginning_and_its_end_are_told_once(tmp_path: Path) -> None:
    """And between them what its first run does."""

    def work(conn: Connection) -> list[str]:
        job = open_job(conn, runs=2)
        first, second = (run.id for run in jobs.list_runs(conn, job.id)[1])
        moved = [
            *(new_event(T0, was="QUEUED", now="RUNNING", run_id=run) for run in (second, first)),
            new_event(T0, was="RUNNING", now="FINISHED", run_id=first),
            new_event(T0, was="RUNNING", now="FAILED", run_id=second, cause=Cause.EXIT),
            new_event(T0, was="OPEN", now="ENDED", cause=Cause.EXIT, reason="why"),
        ]
        add_events(conn, job.id, moved)
        story = Story(job=job, run=None, events=list_events(conn, job.id), now=T0)
        return [f"{one.status}: {one.description}" for one in happened_elsewhere(story)]

    with closing(SqliteDb(str(tmp_path / "test.db"))) as db:
        begun = ["PENDING: Job processing beginning", "RUNNING: Job running on execution system"]
        assert [*begun, "FAILED: Job failed: why"] == db.write_now(work)


def test_a_job_is_told_of_its_app(una: Person, vic: Person) -> None:
    """To the app's owner, of others' jobs no more than that they are."""
    uuid = una.get("/apps/v2/noted-1.0")["uuid"]
    with receiver() as hook:
        follow(una, uuid, hook.url)
        own, others = run(una), run(vic)
        told(hook, "JOB_CREATED", "JOB_CREATED")
        bodies = {one.body["job"]["id"]: one.body for one in hook.taken}
    assert {own, others} == set(bodies)
    assert {"noted-1.0"} == {one["id"] for one in bodies.values()}
    assert "parameters" in bodies[own]["job"]
    assert "vic" == bodies[others]["job"]["owner"]
    assert not {"parameters", "inputs", "name", "workPath"} & set(bodies[others]["job"])


def test_what_is_done_to_apps_is_told_of_their_system(una: Person, vic: Person) -> None:
    uuid = una.get("/systems/v2/local")["uuid"]
    app = {**APP, "name": "another", "deploymentPath": "applications/another"}
    deploy(una, app)
    with receiver() as hook, receiver() as other:
        follow(una, uuid, hook.url)
        follow(una, uuid, other.url, "APP_DELETED")
        una.post("/apps/v2/", 201, json=app)
        una.post("/apps/v2/another-1.0", 201, json={**app, "label": "new"})
        una.put("/apps/v2/another-1.0", data={"action": "disable"})
        una.put("/apps/v2/another-1.0", data={"action": "enable"})
        una.post("/apps/v2/another-1.0/pems/vic", 201, data={"permission": "READ"})
        una.delete("/apps/v2/another-1.0")
        told(hook, "APP_CREATE", "APP_UPDATE", "APP_DISABLED", "APP_ENABLED", "APP_DELETE")
        told(other, "APP_DELETED")
    assert ("local", "another-1.0") == (hook.taken[0].body["id"], hook.taken[0].body["app"]["id"])


def test_another_status_of_a_system_and_its_end_are_told(una: Person) -> None:
    """And the history has them; what somebody chooses as their own default is told to them alone."""
    una.post("/systems/v2/", 201, json={**MINE, "id": "una.short"})
    uuid = una.get("/systems/v2/una.short")["uuid"]
    with receiver() as hook:
        follow(una, uuid, hook.url)
        una.post("/systems/v2/una.short", 201, json={**MINE, "id": "una.short", "status": "DOWN"})
        una.post("/systems/v2/una.short", 201, json={**MINE, "id": "una.short"})
        una.put("/systems/v2/una.short", data={"action": "setDefault"})
        una.put("/systems/v2/una.short", data={"action": "unsetDefault"})
        done = [one["status"] for one in una.get("/systems/v2/una.short/history")]
        una.put("/systems/v2/una.short", data={"action": "erase"})
        twice = ("UPDATED", "STATUS_UPDATE")
        told(hook, *twice, *twice, "SET_USER_DEFAULT", "UNSET_USER_DEFAULT", "ERASED")
        assert "System status changed from UP to DOWN" == hook.taken[1].body["event"]["description"]
    assert ["CREATED", *twice, *twice] == done


def test_what_is_done_to_a_system_is_told_of_the_apps_there(una: Person, vic: Person, boss: Person) -> None:
    """To all who follow an app, but for the roles: of these everybody hears their own."""
    there = changed(EXECUTION, id="una.exec", scratchDir="", workDir="")
    una.post("/systems/v2/", 201, json=there)
    app = {**APP, "name": "there", "deploymentPath": "applications/there", "executionSystem": "una.exec"}
    deploy(una, app)
    una.post("/apps/v2/", 201, json=app)
    una.post("/apps/v2/there-1.0/pems/vic", 201, data={"permission": "READ"})
    uuid = una.get("/apps/v2/there-1.0")["uuid"]
    with receiver() as hook, receiver() as other, receiver() as some:
        follow(una, uuid, hook.url)
        follow(vic, uuid, other.url)
        follow(vic, una.get("/apps/v2/noted-1.0")["uuid"], some.url)
        una.post("/systems/v2/una.exec", 201, json={**there, "status": "DOWN"})
        una.post("/systems/v2/una.exec/roles/vic", 201, data={"role": "USER"})
        una.post("/systems/v2/una.exec/roles/boss", 201, data={"role": "GUEST"})
        una.delete("/systems/v2/una.exec/roles/vic")
        boss.put("/systems/v2/una.exec", data={"action": "publish"})
        boss.put("/systems/v2/una.exec", data={"action": "unpublish"})
        public = ("SYSTEM_PUBLISH", "SYSTEM_UNPUBLISH")
        roles = ("SYSTEM_ROLES_GRANT", "SYSTEM_ROLES_REVOKE")
        told(other, "SYSTEM_STATUS_UPDATE", *roles, *public)
        told(hook, "SYSTEM_STATUS_UPDATE", *public)
        assert ("there-1.0", "una.exec") == (hook.taken[0].body["id"], hook.taken[0].body["system"]["id"])
        assert "System status changed from UP to DOWN" == hook.taken[0].body["event"]["description"]
        assert "DOWN" == hook.taken[0].body["system"]["status"]
        assert {"id": "una.exec"} == other.taken[-1].body["system"], "who may not see a system gets its name alone"
        una.put("/apps/v2/noted-1.0", data={"action": "disable"})
        una.put("/apps/v2/noted-1.0", data={"action": "enable"})
        told(some, "DISABLED", "ENABLED")


def test_what_others_choose_is_nobodys_business(una: Person, vic: Person) -> None:
    una.post("/systems/v2/una.store/roles/vic", 201, data={"role": "USER"})
    with receiver() as hook, receiver() as own:
        follow(una, una.get("/systems/v2/una.store")["uuid"], hook.url)
        follow(vic, vic.get("/systems/v2/una.store")["uuid"], own.url)
        vic.put("/systems/v2/una.store", data={"action": "setDefault"})
        vic.put("/systems/v2/una.store", data={"action": "unsetDefault"})
        una.delete("/systems/v2/una.store/roles/vic")
        told(hook, "ROLES_REVOKE")
        assert {"SET_USER_DEFAULT", "UNSET_USER_DEFAULT"} >= set(events(own))


def test_downloads_are_told_and_noted_for_those_who_follow_the_file(una: Person) -> None:
    """Not those of headers alone; what nobody wants to hear of is noted nowhere."""
    uuid = upload(una, "read.txt")["uuid"]
    assert 200 == una.http.get(f"{TOP}/read.txt").status_code
    with receiver() as hook, receiver() as other:
        follow(una, uuid, other.url, "DELETED")
        assert 200 == una.http.get(f"{TOP}/read.txt").status_code
        follow(una, uuid, hook.url, "download")
        assert 200 == una.http.head(f"{TOP}/read.txt").status_code
        assert 206 == una.http.get(f"{TOP}/read.txt", headers={"range": "bytes=0-0"}).status_code
        told(hook, "DOWNLOAD")
    done = [one["status"] for one in una.get("/files/v2/history/system/local.storage/read.txt")]
    assert ["UPLOAD", "DOWNLOAD"] == done


def test_a_download_of_what_everybody_may_read_is_told(una: Person) -> None:
    top = "/files/v2/media/system/una.store"
    uuid = upload(una, "open.txt", top)["uuid"]
    una.post("/files/v2/pems/system/una.store/open.txt", 200, data={"username": "public", "permission": "READ"})
    with receiver() as hook:
        follow(una, uuid, hook.url, "DOWNLOAD")
        assert 200 == una.http.get("/files/v2/download/una/system/una.store/open.txt").status_code
        told(hook, "DOWNLOAD")
        assert "public" == hook.taken[0].body["event"]["createdBy"]


@pytest.mark.parametrize("event", ["CONTENT_CHANGED", "CONTENT_CHANGE"])
def test_a_directory_is_told_that_its_content_has_changed(una: Person, event: str) -> None:
    """By the id that is shown when it is made. Not of what is done further down, nor of what changes nothing."""
    top, folder = "/files/v2/media/system/una.store", event.lower()
    una.put(f"{top}/", data={"action": "mkdir", "path": f"{folder}/more"})
    uuid = una.put(f"{top}/{folder}", data={"action": "rename", "path": f"{folder}.new"})["uuid"]
    folder = f"{folder}.new"
    upload(una, "x.txt", f"{top}/{folder}")
    with receiver() as hook:
        follow(una, uuid, hook.url, event)
        upload(una, "deep.txt", f"{top}/{folder}/more")
        una.post(f"/files/v2/pems/system/una.store/{folder}/x.txt", 200, data={"username": "vic", "permission": "READ"})
        upload(una, "a.txt", f"{top}/{folder}")
        una.put(f"{top}/{folder}/a.txt", data={"action": "rename", "path": "b.txt"})
        una.delete(f"{top}/{folder}/b.txt")
        told(hook, *[event] * 4)
        assert f"UPLOAD: /{folder}/a.txt" == hook.taken[0].body["event"]["description"]
        assert uuid == hook.taken[0].body["uuid"]


def test_a_later_public_copy_is_told_of_the_earlier_ones(una: Person, boss: Person) -> None:
    una.put("/apps/v2/noted-1.0", 202, data={"action": "publish"})
    with receiver() as hook:
        follow(una, una.get("/apps/v2/noted-1.0u1")["uuid"], hook.url, "REPUBLISHED")
        una.put("/apps/v2/noted-1.0", 202, data={"action": "publish"})
        told(hook, "REPUBLISHED")


@pytest.mark.parametrize("event", ["INDEX_COMPLETE", "TRANSFORMING_FAILED", "index_start"])
def test_what_never_happens_here_may_be_asked_for(una: Person, event: str) -> None:
    made = follow(una, upload(una, "never.txt")["uuid"], "http://127.0.0.1:9/x", event)
    assert (event, "ACTIVE") == (made["event"], made["status"])


@pytest.mark.parametrize("known", [EVENTS, NEVER])
def test_the_manual_has_every_word(known: Mapping[str, Sequence[str]]) -> None:
    """And no word in its tables is unknown to the service."""
    manual = (Path(__file__).parents[2] / "docs" / "dialects" / "tapis2.md").read_text()
    section = manual.partition("\n## Notifications\n")[2].partition("\n## ")[0]
    written = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)*\b", section))
    told = {word for words in known.values() for word in words if not word.startswith(BELOW)}
    looked = {f"JOB_{word}" for word in LOOKED}
    assert told - looked <= written
    tables = re.findall(r"^\| (?:systems|apps|files|directories)[^|]* \|(.*)\|$", section, re.MULTILINE)
    shown = {word for row in tables for word in re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", row)}
    kinds = (*EVENTS,)
    assert not [word for word in shown if not any(is_known(kind, word) for kind in kinds)]


# ---- anything ----


def abouts(hook: Receiver) -> list[str]:
    return [one.headers["x-agave-associated-uuid"] for one in hook.taken]


def test_an_admin_hears_of_anything(una: Person, boss: Person) -> None:
    """Each with its own id; jobs, apps, systems and files of anybody."""
    with receiver() as hook, receiver() as some:
        made = follow(boss, "*", f"{hook.url}/${{EVENT}}/${{UUID}}")
        assert ("*", "ACTIVE") == (made["associatedUuid"], made["status"])
        follow(boss, "*", f"{some.url}/${{JOB_ID}}", "FINISHED")
        item = upload(una, "any.txt", "/files/v2/media/system/una.store")
        una.post("/systems/v2/una.store", 201, json={**MINE, "description": "more"})
        una.post("/apps/v2/noted-1.0", 201, json={**APP, "label": "newer"})
        job = run(una)
        wait_until(lambda: some.taken and f"/FINISHED/{job}" in {one.path for one in hook.taken})
        heard = [tuple(one.path.split("/")[1:]) for one in hook.taken]
    system, app = (una.get(path)["uuid"] for path in ("/systems/v2/una.store", "/apps/v2/noted-1.0"))
    local = una.get("/systems/v2/local")["uuid"]
    done = [("UPLOAD", item["uuid"]), ("UPDATED", system), ("UPDATED", app)]
    assert done == [one for one in heard if one in done]
    assert {("PENDING", job), ("RUNNING", job), ("FINISHED", job)} <= set(heard)
    assert {("JOB_SUBMIT", local), ("JOB_FINISHED", local), ("JOB_CREATED", app), ("APP_UPDATE", local)} <= set(heard)
    assert [uuid for _, uuid in heard] == abouts(hook)
    assert [f"/{job}"] == [one.path for one in some.taken]
    assert ("FINISHED", "una") == (some.taken[0].body["status"], some.taken[0].body["owner"])
    for one in boss.get("/notifications/v2/"):
        boss.delete(f"/notifications/v2/{one['id']}")


def test_only_admins_hear_of_anything(una: Person) -> None:
    words = {"url": "http://127.0.0.1:9/x", "event": "*", "associatedUuid": "*"}
    assert "You do not have permission to be notified of anything: that is for admins." == una.post(
        "/notifications/v2/", 403, json=words
    )


def test_a_name_of_an_event_is_a_word(boss: Person) -> None:
    words = {"url": "http://127.0.0.1:9/x", "event": "a b", "associatedUuid": "*"}
    assert "Invalid event value a b. Use letters" in boss.post("/notifications/v2/", 400, json=words)


def test_who_follows_anything_is_told_after_a_restart(notifier: Service, una: Person, boss: Person) -> None:
    """Once where it is not persistent; a failed try tells what it was about."""
    with receiver() as hook, receiver(lambda *_: 500) as broken:
        once = follow(boss, "*", hook.url, "DELETED", persistent=False)
        policy = {"retryStrategy": "NONE", "saveOnFailure": True}
        failing = follow(boss, "*", broken.url, "DELETED", persistent=False, policy=policy)
        items = [upload(una, name, "/files/v2/media/system/una.store") for name in ("one.txt", "two.txt")]
        notifier.stop()
        notifier.restart()
        for name in ("one.txt", "two.txt"):
            una.delete(f"/files/v2/media/system/una.store/{name}")
        path = f"/notifications/v2/{once['id']}"
        wait_until(lambda: boss.get(path)["status"] == "COMPLETE")
        wait_until(lambda: boss.get(f"/notifications/v2/{failing['id']}")["status"] == "FAILED")
        assert [items[0]["uuid"]] == abouts(hook)
    (attempt,) = boss.get(f"/notifications/v2/{failing['id']}/attempts")
    assert items[0]["uuid"] == attempt["associatedUuid"]
    with receiver() as again:
        boss.post(path, 201, json={"url": again.url, "event": "*"})
        boss.post(f"{path}/attempts", 201)
        wait_until(lambda: again.taken)
        assert "FORCED_ATTEMPT" == again.taken[0].body["event"]["status"]


def test_who_is_an_admin_no_longer_hears_of_anything_no_longer(notifier: Service, una: Person) -> None:
    former = newcomer(notifier, "former", "--admin")
    with receiver() as hook:
        made = follow(former, "*", hook.url)
        notifier.stop()
        with closing(sqlite3.connect(notifier.data / "dragoman.db")) as rows, rows:
            rows.execute("update account set is_admin = 0 where name = 'former'")
        notifier.restart()
        upload(una, "unheard.txt")
        wait_until(lambda: former.http.get(f"/notifications/v2/{made['id']}").status_code == 404)
        assert not hook.taken


# ---- forms ----


@pytest.mark.parametrize("field", ["callbackURL", "callbackUrl", "callback", "notifications"])
def test_an_upload_is_told_to_the_address_in_its_form(una: Person, field: str) -> None:
    """Once."""
    with receiver() as hook:
        item = upload(una, "form.txt", **{field: f"{hook.url}/${{NAME}}/${{STATUS}}"})
        upload(una, "form.txt")
        wait_until(lambda: hook.taken)
        upload(una, "form.txt")
        uuid = item["uuid"]
        done = [one for one in una.get(f"/notifications/v2/?associatedUuid={uuid}") if hook.url in one["url"]]
        wait_until(lambda: una.get(f"/notifications/v2/{done[0]['id']}")["status"] == "COMPLETE")
        assert [("/form.txt/UPLOAD", uuid)] == [(one.path, one.body["uuid"]) for one in hook.taken]


def test_the_command_line_writes_the_address_into_the_part_before(una: Person) -> None:
    """``files-upload -N NAME -T raw -C URL`` sends one part; the name is that without the rest."""
    with receiver() as hook:
        item = upload(una, "x.txt", fileName=f"called.txt&fileType=raw&notifications={hook.url}/${{NAME}}")
        wait_until(lambda: hook.taken)
        assert ["/called.txt"] == [one.path for one in hook.taken]
        assert "called.txt" == item["name"]


def test_an_import_is_told_to_the_address_in_its_form(una: Person) -> None:
    """However it ends, and only that it has."""
    top = "/files/v2/media/system/una.store"
    upload(una, "origin.txt", top)
    words = {"urlToIngest": "agave://una.store/origin.txt", "fileName": "brought.txt"}
    missing = {**words, "urlToIngest": "agave://una.store/missing.txt"}
    with receiver() as good, receiver() as bad, receiver() as rich:
        una.post(top, 202, data={**words, "callbackURL": good.url})
        wait_until(lambda: good.taken)
        una.post(top, 202, json={**missing, "callbackUrl": bad.url})
        wait_until(lambda: bad.taken)
        wishes = [{"url": rich.url, "event": "STAGING", "persistent": True}]
        una.post(top, 202, json={**words, "notifications": wishes})
        wait_until(lambda: rich.taken)
        assert [["STAGING_COMPLETED"], ["STAGING_FAILED"], ["STAGING"]] == [events(one) for one in (good, bad, rich)]


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("callbackURL", "http://10.0.0.1/x", "Invalid callbackURL value."),
        ("callbackURL", "gopher://example.org/", "Invalid callbackURL value."),
        ("notifications", '[{"url": "http://127.0.0.1/x"}]', "Invalid notifications: each is an object"),
        ("notifications", '[{"url": "http://127.0.0.1/x", "event": "NOTHING"}]', "Invalid event value NOTHING."),
        ("notifications", "[", "Unable to process JSON notification object"),
    ],
)
def test_nothing_is_kept_of_a_form_that_names_a_bad_address(una: Person, field: str, value: str, why: str) -> None:
    """Where notices may not go, callbacks may not either: in uploads and in imports."""
    answer = una.post(TOP, 400, files={"fileToUpload": ("refused.txt", "one"), field: (None, value)})
    assert why in answer
    words = {"urlToIngest": "agave://local.storage/read.txt", "fileName": "refused.txt", field: value}
    assert why in una.post(TOP, 400, data=words)
    assert una.get("/files/v2/listings/system/local.storage/refused.txt", 404)


def test_what_is_done_to_a_job_and_its_app_is_told_of_the_job(una: Person) -> None:
    """Of a job that has ended, too, that it is hidden; that its app is switched off, while it goes on."""
    app = deployed(una, "lasting", "until [ -e go ]; do sleep 0.1; done\n")
    with receiver() as hook, receiver() as late:
        wishes = [{"url": f"{hook.url}/${{EVENT}}", "event": "APP_DISABLED"}]
        job = submit(una, appId=app, name="lasting", archive=False, notifications=wishes)
        wait_until(lambda: status(una, job) == "RUNNING")
        una.put(f"/apps/v2/{app}", data={"action": "disable"})
        wait_until(lambda: hook.taken)
        assert [("/APP_DISABLED", "RUNNING")] == [(one.path, one.body["status"]) for one in hook.taken]
        una.post(f"/jobs/v2/{job}", json={"action": "stop"})
        assert "STOPPED" == ended(una, job)["status"]
        follow(una, job, f"{late.url}/${{EVENT}}")
        una.put(f"/apps/v2/{app}", data={"action": "enable"})
        una.post(f"/jobs/v2/{job}/hide")
        una.post(f"/jobs/v2/{job}/unhide")
        wait_until(lambda: len(late.taken) == 2)
        assert ["/DELETED", "/RESTORED"] == [one.path for one in late.taken]


# ---- what comes out when jobs are looked at ----


def deployed(person: Person, name: str, wrapper: str) -> str:
    """An app with a wrapper of its own."""
    app = {**APP, "name": name, "deploymentPath": f"applications/{name}"}
    deploy(person, app, wrapper)
    person.post("/apps/v2/", 201, json=app)
    return f"{name}-1.0"


def test_a_wrapper_that_says_it_is_alive_is_heard(una: Person) -> None:
    """With the job as its body; not each time, however often it says so."""
    app = deployed(una, "alive", "${AGAVE_JOB_CALLBACK_ALIVE}\n" * 50)
    with receiver() as hook, receiver() as end:
        wishes = [{"url": hook.url, "event": "HEARTBEAT", "persistent": True}, {"url": end.url, "event": "FINISHED"}]
        job = submit(una, appId=app, name="alive", notifications=wishes)
        wait_until(lambda: end.taken and hook.taken)
        assert {job} == {one.body["id"] for one in hook.taken}
        assert len(hook.taken) < 50


@pytest.mark.parametrize("event", ["HEARTBEAT", "EMPTY_STATUS_RESPONSE", "REMOTE_STATUS_CHANGE"])
def test_what_may_come_out_when_a_job_is_looked_at_may_be_asked_for(una: Person, event: str) -> None:
    job = submit(una, appId="noted-1.0", name="noted", notifications=[{"url": "http://127.0.0.1:9/", "event": event}])
    assert "FINISHED" == ended(una, job)["status"]
    (shown,) = una.get(f"/notifications/v2/?associatedUuid={job}")
    assert (event, "INACTIVE", 0) == (shown["event"], shown["status"], shown["attempts"])


def test_a_job_that_vanishes_is_told_of(notifier: Service, una: Person) -> None:
    """With it, of its system."""
    app = deployed(una, "vanishing", "sleep 600\n")
    with receiver() as hook, receiver() as system:
        follow(una, una.get("/systems/v2/local")["uuid"], system.url, "JOB_UNKNOWN_TERMINATION")
        wishes = [{"url": f"{hook.url}/${{EVENT}}", "event": "*", "persistent": True}]
        job = submit(una, appId=app, name="vanishing", notifications=wishes)
        wait_until(lambda: status(una, job) == "RUNNING")
        os.kill(supervisor(notifier, job), signal.SIGKILL)
        assert "FAILED" == ended(una, job)["status"]
        wait_until(lambda: system.taken and "/FAILED" in {one.path for one in hook.taken})
        paths = [one.path for one in hook.taken]
    assert paths.index("/RUNNING") < paths.index("/UNKNOWN_TERMINATION") < paths.index("/FAILED")
    assert job == system.taken[0].body["job"]["id"]


def supervisor(service: Service, job: str) -> int:
    """The process that watches over a job's program."""
    asked = "select run.handle from run join job on job.id = run.job_id where job.alias = ?"
    with closing(sqlite3.connect(f"file:{service.data / 'dragoman.db'}?mode=ro", uri=True)) as rows:
        found: int = wait_until(lambda: json.loads(rows.execute(asked, (job,)).fetchone()[0]).get("pid"))
    return found


LOOKS: list[tuple[RunState, RunState, Cause, list[str]]] = [
    (RunState.QUEUED, RunState.SUBMITTING, Cause.NONE, ["EMPTY_STATUS_RESPONSE", "SUBMITTING"]),
    (RunState.RUNNING, RunState.SUBMITTING, Cause.NONE, ["EMPTY_STATUS_RESPONSE", "SUBMITTING"]),
    (RunState.RUNNING, RunState.STAGING_OUT, Cause.SCHEDULER, ["REMOTE_STATUS_CHANGE", "CLEANING_UP"]),
    (RunState.RUNNING, RunState.STAGING_OUT, Cause.LOST, ["UNKNOWN_TERMINATION", "CLEANING_UP"]),
    (RunState.RUNNING, RunState.STAGING_OUT, Cause.EXIT, ["CLEANING_UP"]),
    (RunState.STAGING_OUT, RunState.FAILED, Cause.LOST, ["FAILED"]),
    (RunState.STAGING_JOB, RunState.SUBMITTING, Cause.NONE, ["SUBMITTING"]),
]


@pytest.mark.parametrize(("was", "now", "cause", "words"), LOOKS)
def test_what_a_look_at_a_job_brings_is_told_before_what_follows_of_it(
    tmp_path: Path, was: RunState, now: RunState, cause: Cause, words: list[str]
) -> None:
    def work(conn: Connection) -> list[str]:
        job = open_job(conn)
        kept = {"hasInputs": False, "archive": False, "archiveOnAppError": False}
        seen = replace(job, notes={ATTRIBUTES: {**kept, "systemId": "s", "workPath": "w", "assets": "a"}})
        moved = new_event(T0, was=was, now=now, cause=cause, run_id=only_run(conn, job).id)
        add_events(conn, job.id, [moved])
        last = list_events(conn, job.id)[-1:]
        return [one.status for one in happened(Story(job=seen, run=None, events=last, now=T0))]

    with closing(SqliteDb(str(tmp_path / "test.db"))) as db:
        assert words == [word for word in db.write_now(work) if word != "STAGING_JOB"]
