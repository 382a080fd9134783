"""The command line of Tapis v2 that is written in Python, tapis-cli 1.0.6, unmodified, through TLS."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clients import python_of
from tests.service import PASSWORD, Service
from tests.tapis2.apps import CLASSIFY, deploy
from tests.tapis2.jobs import SEED, ended
from tests.tapis2.people import Person, newcomer
from tests.tapis2.systems import STORAGE
from tests.tunnel import tunnel

pytestmark = [pytest.mark.slow, pytest.mark.client, pytest.mark.timeout(600)]

HOST = "tapis.test"
APP = {**CLASSIFY, "name": "tias"}
SWITCHES = {
    "TAPIS_TENANTS_URL": f"https://{HOST}/tenants",
    "TAPIS_CLI_GA_DISABLE": "1",
    **dict.fromkeys(("TAPIS_CLI_VERIFY_SSL", "TAPIS_DEFAULT_VERIFY_SSL"), "0"),
    **dict.fromkeys(("TAPIS_CLI_DISPLAY_AUP", "TAPIS_CLI_DISPLAY_COC"), "0"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cli:
    """Somebody at a terminal, in a directory of their own."""

    program: Path
    home: Path
    environment: Mapping[str, str]
    tia: Person

    def run(self, *words: str, status: int = 0) -> tuple[str, str]:
        """What a command says, and complains of."""
        done = subprocess.run(
            [self.program, *words],
            cwd=self.home,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert status == done.returncode, done.stderr
        return done.stdout, done.stderr

    def told(self, *words: str) -> Any:
        """The same as JSON."""
        return json.loads(self.run(*words, "-f", "json")[0])

    def write(self, name: str, document: Mapping[str, Any]) -> str:
        """A file with a description."""
        (self.home / name).write_text(json.dumps(document))
        return name


@pytest.fixture(scope="module")
def cli(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """Logged in, with an app."""
    program = python_of("tapis-cli-1.0.6").with_name("tapis")
    tia, home = newcomer(service, "tia"), tmp_path_factory.mktemp("home")
    newcomer(service, "bea")
    deploy(tia, APP)
    tia.post("/apps/v2/", 201, json=APP)
    with tunnel(tmp_path_factory.mktemp("tls"), (HOST,), service.url) as opened:
        own = {"PATH": os.environ["PATH"], "HOME": str(home), "TAPIS_CACHE_DIR": str(home / ".agave"), **SWITCHES}
        made = Cli(program=program, home=home, environment={**own, **opened.environment}, tia=tia)
        words = ("--tenant-id", "solo", "--username", "tia", "--password", PASSWORD, "--no-dockerhub")
        made.run("auth", "init", *words)
        yield made


@pytest.fixture(scope="module")
def job(cli: Cli) -> str:
    """A job that has ended."""
    words = {**SEED, "appId": "tias-1.0", "parameters": {"imagefile": "x"}}
    made = cli.told("jobs", "submit", "-F", cli.write("job.json", words))
    assert ("joe.app.imageclassify", "ACCEPTED") == (made["name"], made["status"])
    assert "FINISHED" == ended(cli.tia, made["id"])["status"]
    return str(made["id"])


def test_it_logs_in_and_renews_its_token(cli: Cli) -> None:
    shown = cli.told("auth", "show")
    assert ("solo", "tia") == (shown["tenant_id"], shown["username"])
    assert shown["access_token"] != cli.told("auth", "tokens", "refresh")["access_token"]
    assert "tia@example.com" == cli.told("profiles", "show", "self")["email"]
    assert ["bea"] == [one["username"] for one in cli.told("profiles", "search", "--username", "eq", "bea")]


def test_it_prints_tables(cli: Cli, job: str) -> None:
    line, border = f"| {job} | joe.app.imageclassify | FINISHED |", f"+{'-' * 42}+{'-' * 23}+----------+"
    head = f"| {'id':<40} | {'name':<21} | status   |"
    assert "\n".join((border, head, border, line, border, "")) == cli.run("jobs", "list")[0]


def test_systems(cli: Cli) -> None:
    listed = [(one["id"], one["type"], one["default"]) for one in cli.told("systems", "list")]
    assert {("local", "EXECUTION", True), ("local.storage", "STORAGE", True)} <= set(listed)
    assert "EXECUTION" == cli.told("systems", "show", "local")["type"]
    assert ["default"] == [one["name"] for one in cli.told("systems", "queues", "list", "local")]
    assert "local.storage" in [one["id"] for one in cli.told("systems", "search", "--type", "eq", "STORAGE")]
    store = cli.write("store.json", {**STORAGE, "id": "tia.store"})
    assert "tia.store" == cli.told("systems", "create", "-F", store)["id"]
    assert "tia.store" == cli.told("systems", "update", "tia.store", "-F", store)["id"]
    assert "USER" == cli.told("systems", "roles", "grant", "tia.store", "bea", "USER")["role"]
    assert "USER" == cli.told("systems", "roles", "show", "tia.store", "bea")["role"]
    assert [False, True] == [cli.told("systems", word, "tia.store")["available"] for word in ("disable", "enable")]
    done = [one["status"] for one in cli.told("systems", "history", "tia.store")]
    assert ["CREATED", "UPDATED", "ROLES_GRANT", "DISABLED", "ENABLED"] == done


def test_apps(cli: Cli) -> None:
    assert {"id": "tias-1.0", "label": "Image Classifier"} in cli.told("apps", "list")
    assert ["tias-1.0"] == [one["id"] for one in cli.told("apps", "search", "--name", "like", "tia")]
    changed = cli.write("app.json", {**APP, "label": "again"})
    assert (2, "again") == tuple(cli.told("apps", "create", "-F", changed)[key] for key in ("revision", "label"))
    assert cli.told("apps", "update", "tias-1.0", "-F", changed)["revision"] > 2
    assert ["tia", "bea"] == [one["username"] for one in cli.told("apps", "pems", "grant", "tias-1.0", "bea", "READ")]
    assert cli.told("apps", "pems", "show", "tias-1.0", "bea")["read"]
    assert ["tia"] == [one["username"] for one in cli.told("apps", "pems", "revoke", "tias-1.0", "bea")]


def test_files(cli: Cli) -> None:
    """Directories, uploads, copies, downloads."""
    (cli.home / "up.txt").write_text("hello\n")
    top = "agave://local.storage"
    assert "/made" == cli.told("files", "mkdir", f"{top}/", "made")["path"]
    assert ["up.txt"] == cli.told("files", "upload", f"{top}/made", "up.txt")["uploaded"]
    assert "/made/two.txt" == cli.told("files", "copy", f"{top}/made/up.txt", "made/two.txt")["path"]
    assert "/made/three.txt" == cli.told("files", "move", f"{top}/made/two.txt", "made/three.txt")["path"]
    assert ["three.txt", "up.txt"] == [one["name"] for one in cli.told("files", "list", f"{top}/made")]
    assert ["UPLOAD"] == [one["status"] for one in cli.told("files", "history", f"{top}/made/up.txt")]
    (cli.home / "up.txt").unlink()
    assert 2 == len(cli.told("files", "download", f"{top}/made")["downloaded"])
    assert {"hello\n"} == {one.read_text() for one in cli.home.rglob("*.txt")}
    assert 1 == len(cli.told("files", "delete", f"{top}/made/three.txt")["deleted"])


def test_a_job_and_what_it_leaves(cli: Cli, job: str) -> None:
    """``jobs outputs logs`` finds no log that is named after a process, and says nothing."""
    assert "FINISHED" == cli.told("jobs", "status", job)["status"]
    rows = [line.split()[1] for line in cli.run("jobs", "show", job)[0].splitlines() if line.startswith("| ")]
    assert (37, "Field", "visible") == (len(rows), rows[0], rows[-2])
    history = [one["status"] for one in cli.told("jobs", "history", job)]
    assert ("PENDING", "FINISHED") == (history[0], history[-1])
    names = {one["name"] for one in cli.told("jobs", "outputs", "list", job)}
    assert {"joe-app-imageclassify.err", "joe-app-imageclassify.out", "predictions.txt"} < names
    assert 4 == len(cli.told("jobs", "outputs", "download", job)["downloaded"])
    assert "classified" in (cli.home / job / "predictions.txt").read_text()
    assert [job] == [one["id"] for one in cli.told("jobs", "search", "--name", "like", "image")]
    assert ["tia", "bea"] == [one["username"] for one in cli.told("jobs", "pems", "grant", job, "bea", "READ")]
    assert ["tia"] == [one["username"] for one in cli.told("jobs", "pems", "revoke", job, "bea")]
    assert f"Hid {job}" == cli.told("jobs", "hide", job)["message"]
    assert f"Unhid {job}" == cli.told("jobs", "unhide", job)["message"]


def test_a_job_is_written_submitted_and_cancelled(cli: Cli, job: str) -> None:
    """What ``jobs init`` writes can be sent: there is no limit where it says -1."""
    deploy(cli.tia, {**APP, "deploymentPath": "applications/tias.sleep"}, "sleep 600\n")
    asleep = {**APP, "name": "tias.sleep", "deploymentPath": "applications/tias.sleep"}
    cli.tia.post("/apps/v2/", 201, json=asleep)
    written = json.loads(cli.run("jobs", "init", "tias.sleep-1.0")[0])
    words = {**written, "parameters": {"imagefile": "x"}, "notifications": []}
    new = cli.told("jobs", "submit", "-F", cli.write("sleep.json", words))["id"]
    assert f"Cancelled Job {new}" == cli.told("jobs", "cancel", new)["message"]
    again = cli.told("jobs", "resubmit", job)
    assert ("ACCEPTED", True) == (again["status"], again["id"] != job)


def test_what_is_refused_is_said(cli: Cli) -> None:
    bad = cli.write("bad.json", {**SEED, "appId": "nope-1.0"})
    said = cli.run("jobs", "submit", "-F", bad, status=1)[1]
    assert f"[Errno 400] Bad Request for https://{HOST}/jobs/v2/: 'No app found matching nope-1.0 for tia'" in said
