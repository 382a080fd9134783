"""The pages for people name commands and options that there are."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from dragoman.cli import program

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "dialects").glob("*.md"))]
IN_A_BLOCK = re.compile(r"(?:^|/bin/)dragoman ([a-z].*?)(?:  .*)?$")
IN_A_LINE = re.compile(r"`(?:\.venv/bin/)?dragoman ([a-z][^`]*)`")


def calls(page: Path) -> Iterator[list[str]]:
    """The words behind ``dragoman`` wherever a page names a command, in a block or in a line."""
    is_block, prose = False, []
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("```"):
            is_block = not is_block
        elif not is_block:
            prose.append(line)
        elif found := IN_A_BLOCK.search(line):
            yield shlex.split(found[1], comments=True)
    for words in IN_A_LINE.findall(" ".join(prose)):
        yield shlex.split(words)


def fault(words: list[str]) -> str:
    """The first word that is no command or option; empty when each is one."""
    command: click.Command = program
    ctx = click.Context(program)
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(ctx, rest[0])
        if found is None:
            return rest[0]
        command, rest = found, rest[1:]
    known = {name for param in command.params for name in (*param.opts, *param.secondary_opts)} | {"--help"}
    return next((word for word in rest if word.startswith("--") and word.partition("=")[0] not in known), "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_is_one(page: Path) -> None:
    """With its options: what is copied from there is understood."""
    assert [] == [" ".join(words) for words in calls(page) if fault(words)]


def test_the_pages_name_commands() -> None:
    """Those are found, and a wrong one would be: or the test above would pass for nothing."""
    found = {" ".join(words[:2]) for page in PAGES for words in calls(page)}
    assert {"account add", "account close", "node run", "token add", "serve --data", "config show"} <= found
    assert ["lst", "--nope", ""] == [
        fault(words) for words in (["account", "lst"], ["serve", "--nope"], ["serve", "--port", "1"])
    ]
