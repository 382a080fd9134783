"""``config show``: every setting in force, where it came from, and never a secret."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from dragoman.config.settings import OPTIONS
from tests.cli.conftest import Dragoman

SHOW = ("config", "show")
JSON = ("--output", "json")
SECRET = "postgresql+psycopg://ada:hunter2@db.example.com/rows"


def shown(out: str) -> dict[str, tuple[Any, str]]:
    """Value and source of each setting."""
    return {one["setting"]: (one["value"], one["source"]) for one in json.loads(out)}


def test_every_setting_is_shown(dragoman: Dragoman, tmp_path: Path) -> None:
    """In the order of the documentation, and nothing is made for it."""
    told = dragoman(*SHOW, *JSON)
    assert (0, "") == (told.code, told.err)
    assert list(OPTIONS) == list(shown(told.out))
    assert {"default"} == {source for _, source in shown(told.out).values()}
    assert (str(tmp_path / "data"), "default") == shown(told.out)["server.data"]
    assert [] == os.listdir(tmp_path)


def test_each_value_says_where_it_came_from(dragoman: Dragoman, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flag, environment, file or default: the first of these that has one."""
    Path("my.toml").write_text("[server]\nport = 1\nhost = '0.0.0.0'\ndata = 'elsewhere'\n[engine]\nworkers = 3\n")
    monkeypatch.setenv("DRAGOMAN_SERVER_PORT", "2")
    monkeypatch.setenv("DRAGOMAN_LOCAL_HIDE", "/a:/b")
    told = dragoman(*SHOW, "--data", "mine", "--config", "my.toml", *JSON)
    found = shown(told.out)
    assert (os.path.abspath("mine"), "command line") == found["server.data"]
    assert (2, "$DRAGOMAN_SERVER_PORT") == found["server.port"]
    assert (["/a", "/b"], "$DRAGOMAN_LOCAL_HIDE") == found["local.hide"]
    assert ("0.0.0.0", "my.toml") == found["server.host"]
    assert (3, "my.toml") == found["engine.workers"]
    assert ("auto", "default") == found["local.confine"]


def test_the_data_directorys_own_file_is_read(dragoman: Dragoman) -> None:
    """It is named as the source."""
    os.mkdir("mine")
    Path("mine/dragoman.toml").write_text("[local]\nslots = 7\n")
    told = dragoman(*SHOW, "--data", "mine", *JSON)
    assert (7, "mine/dragoman.toml") == shown(told.out)["local.slots"]


def test_a_table_is_for_people(dragoman: Dragoman) -> None:
    """A line for each setting: its name, its value and its source."""
    told = dragoman(*SHOW)
    assert (0, "") == (told.code, told.err)
    heads, *lines = told.out.splitlines()
    assert ["setting", "value", "source"] == heads.split()
    assert list(OPTIONS) == [line.split()[0] for line in lines]
    assert ["server.port", "8080", "default"] == lines[1].split()


@pytest.mark.parametrize("source", ["my.toml", "$DRAGOMAN_DATABASE_URL", "$DRAGOMAN_DATABASE_URL_FILE"])
def test_a_secret_is_masked(dragoman: Dragoman, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """Wherever it came from, which is told, it is not in the output."""
    Path("secret").write_text(SECRET)
    Path("my.toml").write_text(f"[database]\nurl = '{SECRET}'\n")
    Path("none.toml").write_text("")
    if source.startswith("$"):
        monkeypatch.setenv(source[1:], "secret" if source.endswith("FILE") else SECRET)
    words = (*SHOW, "--config", "none.toml" if source.startswith("$") else source)
    told, table = dragoman(*words, *JSON), dragoman(*words)
    assert ("********", source) == shown(told.out)["database.url"]
    assert ["database.url", "********", source] in [line.split() for line in table.out.splitlines()]
    assert "hunter2" not in told.out + told.err + table.out + table.err


def test_everything_wrong_is_told_at_once(dragoman: Dragoman, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its place and what is allowed; a secret is not repeated."""
    Path("my.toml").write_text("[server]\nport = 'x'\n[database]\nurl = ['hunter2']\n[nothing]\na = 1\n")
    monkeypatch.setenv("DRAGOMAN_LOCAL_SLOTS", "many")
    told = dragoman(*SHOW, "--config", "my.toml")
    assert (1, "") == (told.code, told.out)
    for part in ("server.port: (my.toml)", "local.slots: ($DRAGOMAN_LOCAL_SLOTS)", "There is no such section."):
        assert part in told.err
    assert told.err.endswith(" See docs/configuration.md.\n")
    assert "hunter2" not in told.err
