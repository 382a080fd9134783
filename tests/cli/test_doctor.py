"""The doctor: looks at everything, says what to do, and exits with 1 when the service could not work."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.bubblewrap import confinement
from tests.cli.conftest import Dragoman, Told
from tests.service import PROGRAM

THINGS = ["python", "data directory", "database", "system local", "confinement", "containers", "apps"]


def findings(told: Told) -> dict[str, dict[str, Any]]:
    """What was found, by thing; the output must be JSON alone and about everything."""
    found = {one["thing"]: one for one in json.loads(told.out)}
    assert (THINGS, "") == (list(found), told.err)
    return found


def test_a_fine_directory_has_nothing_bad(dragoman: Dragoman, tmp_path: Path) -> None:
    """Whatever is noted says what to do about it."""
    dragoman("account", "add", "ada", "--email", "ada@example.com", "--password", "x", "--data", "here")
    told = dragoman("doctor", "--data", "here", "--output", "json")
    assert 0 == told.code
    found = findings(told)
    assert {one["state"] for one in found.values()} <= {"ok", "note"}
    assert [] == [one for one in found.values() if one["state"] == "note" and not one["do"]]
    assert found["data directory"]["found"].startswith(f"{tmp_path}/here on ")
    assert "SQLite in the data directory" == found["database"]["found"]


def test_a_directory_that_is_not_there_yet_is_noted(dragoman: Dragoman, tmp_path: Path) -> None:
    """A host is looked at before the first start, too; nothing is made, and a mistyped name is seen."""
    told = dragoman("doctor", "--data", "new/here", "--output", "json")
    assert 0 == told.code
    found = findings(told)
    assert "note" == found["data directory"]["state"]
    assert f"There is no Dragoman data in {tmp_path}/new/here;" in found["data directory"]["found"]
    assert "dragoman serve" in found["data directory"]["do"]
    assert "shell" in found["apps"]["found"]
    assert [] == os.listdir(tmp_path)


def test_a_table_is_for_people(dragoman: Dragoman) -> None:
    """A line for each thing, with its state."""
    told = dragoman("doctor")
    assert (0, "") == (told.code, told.err)
    heads, *lines = told.out.splitlines()
    assert ["thing", "state", "found", "do"] == heads.split()
    assert [True] * len(THINGS) == [line.startswith(thing) for line, thing in zip(lines, THINGS, strict=True)]


def test_a_directory_that_cannot_be_is_bad(dragoman: Dragoman, tmp_path: Path) -> None:
    """It exits with 1, and has looked at everything else all the same."""
    (tmp_path / "file").write_text("")
    told = dragoman("doctor", "--data", "file", "--output", "json")
    assert 1 == told.code
    found = findings(told)
    assert ("bad", "ok") == (found["data directory"]["state"], found["python"]["state"])
    assert f"The data directory {tmp_path}/file cannot be made: " in found["data directory"]["found"]


def test_a_damaged_catalogue_is_bad(dragoman: Dragoman) -> None:
    """The file and the place in it are named, and what to do."""
    os.makedirs("data/catalog")
    Path("data/catalog/mine.toml").write_text("[[app]]\nname = 5\n[[app.versions]]\nversion = '1'\n")
    told = dragoman("doctor", "--output", "json")
    assert 1 == told.code
    apps = findings(told)["apps"]
    assert "bad" == apps["state"]
    assert "mine.toml.app.0.name" in apps["found"]
    assert "Mend the catalogue file" in apps["do"]


def test_an_app_that_cannot_run_here_is_noted(dragoman: Dragoman) -> None:
    """It names what the app needs, and the service works without it."""
    os.makedirs("data/catalog")
    Path("data/catalog/mine.toml").write_text(
        '[[app]]\nname = "rare"\nrequires = ["no-such-program"]\n[[app.versions]]\nversion = "1"\n'
    )
    told = dragoman("doctor", "--output", "json")
    assert 0 == told.code
    apps = findings(told)["apps"]
    assert "note" == apps["state"]
    assert "rare needs no-such-program" in apps["do"]


def test_a_database_that_does_not_answer_is_bad(dragoman: Dragoman, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the password in its address is told."""
    monkeypatch.setenv("DRAGOMAN_DATABASE_URL", "postgresql+psycopg://ada:hunter2@127.0.0.1:1/none")
    told = dragoman("doctor", "--output", "json")
    assert 1 == told.code
    found = findings(told)["database"]
    assert "bad" == found["state"]
    assert "Connection refused" in found["found"]
    assert "Check database.url, and that PostgreSQL runs and can be reached." == found["do"]
    assert "hunter2" not in told.out


def test_confinement_that_is_switched_off_is_noted(dragoman: Dragoman, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what runs can do then, and how to switch it on again."""
    monkeypatch.setenv("DRAGOMAN_LOCAL_CONFINE", "off")
    told = dragoman("doctor", "--output", "json")
    assert 0 == told.code
    found = findings(told)["confinement"]
    assert ("note", "Set local.confine to auto.") == (found["state"], found["do"])
    assert "runs can read everything" in found["found"]


@pytest.mark.slow
@pytest.mark.parametrize(("confine", "code", "state"), [("auto", 0, "note"), ("require", 1, "bad")])
def test_confinement_that_is_missing_is_told(tmp_path: Path, confine: str, code: int, state: str) -> None:
    """It is bad only where the settings require it; the package is named that brings it."""
    bubblewrap = str(confinement(()).program)
    hidden = [bubblewrap, "--dev-bind", "/", "/", "--ro-bind", "/dev/null", bubblewrap]
    argv = [*hidden, str(PROGRAM), "doctor", "--data", str(tmp_path), "--output", "json"]
    environment = {**os.environ, "DRAGOMAN_LOCAL_CONFINE": confine}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=120, check=False)
    found = findings(Told(code=done.returncode, out=done.stdout, err=done.stderr))["confinement"]
    assert (code, state) == (done.returncode, found["state"])
    assert "Install the package bubblewrap" in found["do"]


def test_a_bad_setting_is_refused(dragoman: Dragoman) -> None:
    """Before anything is looked at; the file is named."""
    os.mkdir("data")
    Path("data/dragoman.toml").write_text("[local]\nslots = 'many'\n")
    told = dragoman("doctor", "--output", "json")
    assert (1, "") == (told.code, told.out)
    assert "local.slots: (data/dragoman.toml) must be a whole number" in told.err
    assert ["dragoman.toml"] == os.listdir("data")
