"""The bash command line of Tapis v2 (Agave) itself, unmodified, where it is on the machine: versions 2 and 3.1.

``DRAGOMAN_TEST_AGAVE_CLI`` names its directory ``bin``. What it sends is held by test_transcripts.py in any case.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template

import pytest

from tests.receivers import Mailbox, mailbox
from tests.service import PASSWORD, Service, running_service, wait_until
from tests.tapis2.commands_of_systems import SYSTEM
from tests.tapis2.conftest import MAIL, SETTINGS
from tests.tapis2.people import Person, newcomer
from tests.tapis2.tutorial import APP, JOB, WRAPPER

pytestmark = [pytest.mark.slow, pytest.mark.client, pytest.mark.timeout(300)]

ASKED = "DRAGOMAN_TEST_AGAVE_CLI"
LOCAL = ("-S", "local.storage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """Somebody who types, in a home of their own."""

    programs: Path
    home: Path
    url: str
    joe: Person

    def type(self, *words: str, status: int = 0, stdin: str = "") -> str:
        """What a command prints; what it complains of, when it fails as expected."""
        environment = {
            **{key: value for key, value in os.environ.items() if "proxy" not in key.lower() and "AGAVE" not in key},
            "HOME": str(self.home),
            "AGAVE_CACHE_DIR": str(self.home / ".agave"),
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "AGAVE_TENANTS_API_BASEURL": f"{self.url}/tenants",
        }
        done = subprocess.run(
            words, cwd=self.home, env=environment, input=stdin, capture_output=True, text=True, timeout=120, check=False
        )
        assert status == done.returncode, f"{words}\n{done.stdout}\n{done.stderr}"
        return (done.stderr if status else done.stdout).strip()

    def write(self, name: str, text: str) -> str:
        """A file to be sent."""
        (self.home / name).write_text(text)
        return name

    def cached(self) -> dict[str, str]:
        """What ``cat ~/.agave/current`` shows."""
        found: dict[str, str] = json.loads((self.home / ".agave/current").read_text())
        return found

    def submitted(self, text: str) -> str:
        """The id of a job that was sent."""
        said = self.type("jobs-submit", "-F", self.write("job.json", text))
        assert said.startswith("Successfully submitted job ")
        return said.split()[-1]

    def ended(self, job: str) -> str:
        """The id again, as soon as it has finished."""
        wait_until(lambda: self.type("jobs-status", job) == "FINISHED", 60)
        return job


@pytest.fixture(scope="module")
def post() -> Iterator[Mailbox]:
    """The mail server of the service."""
    with mailbox() as made:
        yield made


@pytest.fixture(scope="module")
def site(post: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service for the tenant of the tutorial, that sends mail."""
    if not os.environ.get(ASKED):
        pytest.skip(f"no agave-cli here: {ASKED} names the directory with its commands")
    settings = {**SETTINGS, **MAIL, "DRAGOMAN_MAIL_PORT": str(post.port), "DRAGOMAN_REALM_TENANT": "tacc.prod"}
    with running_service(tmp_path_factory.mktemp("site"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def typed(site: Service, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Somebody who has logged in from nothing, and registered the app of the tutorial."""
    programs, home = Path(os.environ[ASKED]), tmp_path_factory.mktemp("home")
    assert shutil.which("jobs-submit", path=programs), f"{ASKED} has no jobs-submit in {programs}"
    made = Terminal(programs=programs, home=home, url=site.url, joe=newcomer(site, "joe"))
    made.type("tenants-init", "-t", "tacc.prod")
    said = made.type("clients-create", "-S", "-N", "typed", "-D", "desc", "-u", "joe", "-p", PASSWORD)
    assert ["Successfully created client typed", "key:", "secret:"] == [
        said.splitlines()[0],
        *(line.split()[0] for line in said.splitlines()[1:]),
    ]
    said = made.type("auth-tokens-create", "-S", "-u", "joe", "-p", PASSWORD)
    assert [
        "Token for tacc.prod:joe successfully refreshed and cached for 14400 seconds",
        made.cached()["access_token"],
    ] == (said.splitlines())
    made.type("files-mkdir", "-N", "applications/classify", *LOCAL)
    made.write("wrapper.sh", Template(WRAPPER).substitute())
    made.type("files-upload", "-F", "wrapper.sh", *LOCAL, "applications/classify")
    described = made.write("app.json", APP)
    assert "Successfully added app joe.app.imageclassify-1.0" == made.type("apps-addupdate", "-F", described)
    return made


@pytest.fixture(scope="module")
def job(typed: Terminal) -> str:
    """A job that has finished."""
    return typed.ended(typed.submitted(JOB))


def outputs(typed: Terminal, job: str, below: str = "") -> dict[str, bytes]:
    """What a job has left, by paths, as other clients see it."""
    found: dict[str, bytes] = {}
    for one in typed.joe.get(f"/jobs/v2/{job}/outputs/listings/{below}"):
        path = below + one["name"]
        if one["type"] == "dir":
            found |= outputs(typed, job, f"{path}/")
        else:
            found[path] = typed.joe.http.get(f"/jobs/v2/{job}/outputs/media/{path}").content
    return found


def test_it_keeps_its_token(typed: Terminal) -> None:
    told = dict(line.split(": ", 1) for line in typed.type("auth-check").splitlines())
    assert ("tacc.prod", "joe") == (told["tenant"], told["username"])
    before = typed.cached()["access_token"]
    assert typed.type("auth-tokens-refresh", "-S").splitlines()[-1] == typed.cached()["access_token"] != before


def test_a_wrong_password_is_said(typed: Terminal) -> None:
    words = ("-u", "joe", "-p", "wrong")
    before = typed.cached()
    assert "Authentication failed for joe" in typed.type("auth-tokens-create", "-S", *words, status=1)
    assert typed.type("clients-create", "-S", "-N", "other", "-D", "desc", *words, status=1)
    assert before == typed.cached()


def test_the_lesson_about_jobs(typed: Terminal, post: Mailbox) -> None:
    """Typed as it stands there; its job also writes letters."""
    assert "joe.app.imageclassify-1.0" in typed.type("apps-list").splitlines()
    job = typed.submitted(JOB)
    told = json.loads(typed.type("jobs-submit", "-F", "job.json", "-V"))
    second = told["result"]["id"]
    assert ("success", "ACCEPTED") == (told["status"], told["result"]["status"])
    assert [second, job] == [line.split()[0] for line in typed.type("jobs-list").splitlines()][:2]
    typed.ended(job)
    rows = [line.split() for line in typed.type("jobs-output-list", "-L", job).splitlines()]
    assert {"predictions.txt": "-", "sub": "d"}.items() <= {row[3]: row[0] for row in rows}.items()
    assert {"joe"} == {row[1] for row in rows}
    there = f"{typed.url}/files/v2/media/system/local.storage/joe/archive/jobs/job-{job}/predictions.txt"
    bearer = f"Authorization: Bearer {typed.cached()['access_token']}"
    assert "classified https://texassports.com" in typed.type("curl", "-sk", "-H", bearer, there)
    wait_until(lambda: any(f"Job {job} received a FINISHED event" in str(one.message["Subject"]) for one in post.mails))


def test_all_outputs_are_fetched(typed: Terminal, job: str) -> None:
    """Before 3.1.0 it takes but the first of a listing where bash is 4.4 or newer."""
    typed.type("jobs-output-get", "-r", job)
    top = typed.home / f"job-{job}"
    fetched = {str(one.relative_to(top)): one.read_bytes() for one in top.rglob("*") if one.is_file()}
    wanted = outputs(typed, job)
    assert fetched.items() <= wanted.items()
    assert next(iter(wanted)) in fetched


def test_one_output_is_fetched(typed: Terminal, job: str) -> None:
    typed.type("jobs-output-get", job, "predictions.txt")
    assert "classified" in (typed.home / "predictions.txt").read_text()
    said = typed.type("jobs-output-get", "-N", "none.txt", job, "none.txt", status=1)
    assert '"message":"File/folder does not exist"' in said
    said = typed.type("jobs-output-get", "-z", "nobody", "-N", "none.txt", job, "predictions.txt", status=1)
    assert "Invalid Credentials" in said


def test_a_job_is_watched(typed: Terminal) -> None:
    said = typed.type("jobs-submit", "-W", "-F", typed.write("job.json", JOB)).splitlines()
    assert ["Job completed successfully", "Terminating watch"] == said[-2:]


def test_a_job_is_stopped_and_run_again(typed: Terminal, job: str) -> None:
    long = typed.submitted(JOB.replace('"parameters": {', '"parameters": {"seconds": 600,'))
    assert f"Successfully stopped job {long}" == typed.type("jobs-stop", long)
    wait_until(lambda: typed.type("jobs-status", long) == "STOPPED")
    said = typed.type("jobs-resubmit", job)
    again = said.removeprefix(f"Successfully resubmitted job {job} as ")
    assert f"{typed.ended(again)} FINISHED" == typed.type("jobs-list", again)
    assert "Job completed successfully" == typed.type("jobs-history", again).splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("jobs-status", "nope"), "No job found with job id nope."),
        (("jobs-list", "nope"), "No job found with job id nope."),
        (("jobs-output-list", "nope"), "No job found with job id nope."),
        (("jobs-submit", "-F", "bad.json"), "No app found matching nope-1.0 for joe"),
        (("apps-list", "nope-1.0"), "No software found matching nope-1.0"),
        (("files-list", *LOCAL, "nope"), "File/folder does not exist"),
        (("jobs-list", "-z", "nobody"), "Invalid Credentials: Access Token Inactive"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_is_refused_is_said(typed: Terminal, words: tuple[str, ...], why: str) -> None:
    """In the words of the service, and by its exit code."""
    typed.write("bad.json", '{"name": "bad", "appId": "nope-1.0"}')
    assert why == typed.type(*words, status=1).splitlines()[0]


def test_files_and_systems(typed: Terminal) -> None:
    typed.write("up.txt", "hello\n")
    typed.type("files-mkdir", "-N", "papers", *LOCAL)
    typed.type("files-upload", "-F", "up.txt", "-N", "named.txt", "-T", "raw", *LOCAL, "papers")
    listed = [Path(line).name for line in typed.type("files-list", *LOCAL, "papers").splitlines()]
    assert "named.txt" == listed[-1]
    typed.type("files-get", *LOCAL, "papers/named.txt")
    assert "hello\n" == (typed.home / "named.txt").read_text()
    described = typed.write("system.json", SYSTEM)
    assert "Successfully added system joe.tacc.corral.storage" == typed.type("systems-addupdate", "-F", described)
    assert "joe.tacc.corral.storage" in typed.type("systems-list", "-S").splitlines()


def test_a_notification_is_asked_for(typed: Terminal) -> None:
    long = typed.submitted(JOB.replace('"parameters": {', '"parameters": {"seconds": 600,'))
    said = typed.type("notifications-addupdate", "-U", "http://127.0.0.1:9/done", "-E", "FINISHED", "-A", long)
    assert said.startswith("Successfully created notification ")
    made = typed.joe.get(f"/notifications/v2/{said.split()[-1]}")
    assert ("FINISHED", long) == (made["event"], made["associatedUuid"])
    typed.type("jobs-stop", long)
