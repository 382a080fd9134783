"""Which commands make a data directory: all others find none where a name is mistyped, and leave none."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from dragoman.cli import program
from tests.cli.conftest import Dragoman

YESTERDAY = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
Words = tuple[str, ...]

MAKE: dict[Words, Words] = {
    ("account", "add"): ("ada", "--email", "ada@example.com", "--password", "x"),
    ("node", "add"): ("W023",),
}
"""Commands that make what is missing, and words for them; the two programs below do as well."""
PROGRAMS: list[Words] = [("serve",), ("node", "run")]
NEED_NONE: list[Words] = [("doctor",), ("config", "show")]
"""They tell of a directory that is not there, too."""
REFUSE: dict[Words, Words] = {
    ("account", "list"): (),
    ("account", "change"): ("ada", "--admin"),
    ("account", "close"): ("ada",),
    ("token", "add"): ("ada",),
    ("token", "remove"): ("ada", "--label", "laptop"),
    ("node", "list"): (),
    ("node", "show"): ("W023",),
    ("node", "describe"): ("W023", "manifest.json"),
    ("node", "token"): ("W023",),
    ("node", "allow"): ("W023", "ada"),
    ("node", "deny"): ("W023", "ada"),
    ("node", "remove"): ("W023",),
    ("node", "logs"): ("17",),
    ("trigger", "add"): ("ada", "AAAAAA", "--name", "env.rain"),
    ("trigger", "list"): (),
    ("trigger", "remove"): ("1",),
    ("host", "list"): (),
    ("host", "forget"): ("vm.example.org",),
    ("measurements", "export"): (YESTERDAY,),
}


def commands(group: click.Group, *words: str) -> Iterator[Words]:
    """The words of every command that takes a data directory."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, *words, name)
        elif command and any(option.name == "data" for option in command.params):
            yield (*words, name)


def test_each_command_is_one_that_makes_or_one_that_refuses() -> None:
    """A new one is given its place here."""
    assert {*MAKE, *PROGRAMS, *NEED_NONE, *REFUSE} == set(commands(program))


@pytest.mark.parametrize("place", ["mistyped", "there/mistyped", "there"])
@pytest.mark.parametrize("words", REFUSE, ids=" ".join)
def test_without_data_it_is_refused(dragoman: Dragoman, tmp_path: Path, words: Words, place: str) -> None:
    """It says that there is none and which commands make it, and nothing is made: neither there nor around."""
    (tmp_path / "manifest.json").write_text("{}")
    (tmp_path / "there").mkdir()
    told = dragoman(*words, *REFUSE[words], "--data", place)
    assert (1, "") == (told.code, told.out)
    assert f"dragoman: There is no Dragoman data in {tmp_path}/{place}. " in told.err
    assert "only serve, account add and node add make" in told.err
    assert ["manifest.json", "there"] == sorted(os.listdir(tmp_path))
    assert [] == os.listdir(tmp_path / "there")


@pytest.mark.parametrize("words", NEED_NONE, ids=" ".join)
def test_looking_makes_nothing(dragoman: Dragoman, tmp_path: Path, words: Words) -> None:
    """The host and the settings can be looked at before the first start."""
    assert 0 == dragoman(*words, "--data", "new").code
    assert [] == os.listdir(tmp_path)


@pytest.mark.parametrize("words", MAKE, ids=" ".join)
def test_what_may_make_it_says_so(dragoman: Dragoman, tmp_path: Path, words: Words) -> None:
    """On the error output, once: the next time it is there."""
    told = dragoman(*words, *MAKE[words], "--data", "new")
    assert (0, f"dragoman: {tmp_path}/new is a new data directory: start the service with it.\n") == (
        told.code,
        told.err,
    )
    assert (tmp_path / "new" / "dragoman.db").is_file()
    assert "new data directory" not in dragoman(*words, *MAKE[words], "--data", "new").err
