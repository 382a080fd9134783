"""What goes wrong around jobs: the service killed while they run, tokens that end, many of them."""

from collections.abc import Iterator

import pytest

from tests.service import Service, running_service, wait_until
from tests.tapis2.apps import CLASSIFY, deploy
from tests.tapis2.conftest import SETTINGS
from tests.tapis2.jobs import ended, status, statuses, submit, text
from tests.tapis2.people import Person, newcomer, requests

APP = {**CLASSIFY, "name": "faults", "parameters": []}
WORDS = {"appId": "faults-1.0", "parameters": {}}


@pytest.fixture(scope="module")
def frail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of one's own, whose tokens end after some seconds."""
    settings = {**SETTINGS, "DRAGOMAN_REALM_ACCESS_SECONDS": "10"}
    with running_service(tmp_path_factory.mktemp("frail"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def una(frail: Service) -> Person:
    """Somebody with an app that waits for a file, by a token that lasts."""
    person = newcomer(frail, "una")
    person.http.headers["Authorization"] = f"Bearer {person.account.token}"
    deploy(person, APP, "echo once >> told.txt\nuntil [ -e go ]; do sleep 0.1; done\n")
    person.post("/apps/v2/", 201, json=APP)
    return person


def let_go(person: Person, job: str) -> None:
    """Give a job what it waits for."""
    place = person.get(f"/jobs/v2/{job}")["workPath"]
    person.post(f"/files/v2/media/system/local.storage/{place}", 202, files={"fileToUpload": ("go", b"")})


def test_a_job_outlives_the_service(frail: Service, una: Person) -> None:
    """Killed while the job runs, and started again, the service finds it: it has run once, and ends once."""
    job = submit(una, **WORDS)
    wait_until(lambda: status(una, job) == "RUNNING")
    frail.kill()
    frail.restart()
    assert "RUNNING" == status(una, job)
    let_go(una, job)
    assert "FINISHED" == ended(una, job)["status"]
    assert "once\n" == text(una, job, "told.txt")
    assert 1 == statuses(una, job).count("RUNNING") == statuses(una, job).count("FINISHED")


def test_a_token_ends(frail: Service) -> None:
    """The refusal tells clients to renew it."""
    person = newcomer(frail, "vic")
    wait_until(lambda: person.http.get("/profiles/v2/me").status_code == 401)
    fault = person.http.get("/profiles/v2/me").json()["fault"]
    assert (900903, True) == (fault["code"], "Invalid Credentials" in fault["message"])


def test_a_token_that_ends_in_the_middle_of_an_upload(frail: Service) -> None:
    """What has begun with a good token goes on to its end; the next request is refused, and stores nothing."""
    person = newcomer(frail, "wes")
    top, name = "/files/v2/media/system/local.storage", "slow.bin"

    def slowly() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="fileToUpload"; filename="slow.bin"\r\n\r\n'
        yield b"1" * 100_000
        with requests(frail, person.token) as meanwhile:
            wait_until(lambda: meanwhile.get("/profiles/v2/me").status_code == 401)
        yield b"2" * 100_000
        yield b"\r\n--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert name == person.post(f"{top}/", 202, content=slowly(), headers=headers)["name"]
    late = person.http.post(f"{top}/", files={"fileToUpload": ("late.txt", "late")})
    assert (401, 900903) == (late.status_code, late.json()["fault"]["code"])
    with requests(frail, person.account.token) as later:
        assert b"1" * 100_000 + b"2" * 100_000 == later.get(f"{top}/{name}").content
        assert 404 == later.get(f"{top}/late.txt").status_code


def test_pages_of_many_jobs_are_exact(una: Person) -> None:
    jobs = [submit(una, **WORDS, archive=False) for _ in range(30)]
    pages = [una.get(f"/jobs/v2?limit=10&offset={offset}") for offset in (0, 10, 20)]
    assert jobs[::-1] == [row["id"] for page in pages for row in page]
    una.delete(f"/jobs/v2/{jobs[-1]}")
    assert jobs[-2] == una.get("/jobs/v2?limit=1")[0]["id"]
    una.post(f"/jobs/v2/{jobs[-1]}/unhide")
    for job in jobs:
        una.post(f"/jobs/v2/{job}", json={"action": "stop"})
    wait_until(lambda: [] == una.get("/jobs/v2?status.nin=STOPPED,FINISHED"))
