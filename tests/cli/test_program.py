"""The program as a whole: its help, its exit codes, and where it prints what."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dragoman import __version__
from dragoman.cli import COMMANDS
from tests.cli.conftest import Dragoman
from tests.service import PROGRAM

COMMAND_LINES = [("serve",), ("account", "add"), ("token", "add"), ("doctor",), ("config", "show")]
COMMAND_LINES += [
    ("account", "change"),
    ("account", "close"),
    ("node", "add"),
    ("node", "run"),
    ("trigger", "add"),
    ("host", "forget"),
]
WITH_EXAMPLE = [("serve",), ("account", "add"), ("token", "add"), ("node", "add"), ("node", "run"), ("trigger", "add")]


def real(*words: str, program: tuple[str, ...] = (str(PROGRAM),)) -> tuple[int, str, str]:
    """Exit code and output of the program as a process of its own."""
    done = subprocess.run([*program, *words], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def example(text: str) -> list[str]:
    """The words of a help text's example, which goes on to the next empty line."""
    program, *words = text.partition("Example:")[2].partition("\n\n")[0].split()
    assert "dragoman" == program
    return words


def test_the_program_is_a_module_too() -> None:
    """Where the program is not on the path, Python finds it."""
    expected = (0, f"dragoman, version {__version__}\n", "")
    assert expected == real("--version")
    assert expected == real("--version", program=(sys.executable, "-m", "dragoman"))


def test_help_names_every_command(dragoman: Dragoman) -> None:
    """With a line about each, and how to begin."""
    told = dragoman("--help")
    assert (0, "") == (told.code, told.err)
    for name in COMMANDS:
        assert f"\n  {name} " in told.out
    assert "dragoman serve --data ./data" in told.out
    assert told == dragoman("-h")


@pytest.mark.parametrize("words", COMMAND_LINES, ids=" ".join)
def test_each_command_explains_itself(dragoman: Dragoman, words: tuple[str, ...]) -> None:
    """What it does, and each option with a word about it."""
    told = dragoman(*words, "--help")
    assert (0, "") == (told.code, told.err)
    assert told.out.startswith(f"Usage: dragoman {' '.join(words)} [OPTIONS]")
    assert {"--data", "--config", "--help"} <= set(told.out.split())
    assert ("--output" in told.out) == (words not in {("serve",), ("node", "run")})
    options = told.out.partition("Options:")[2].partition("Example:")[0].splitlines()[1:]
    assert [] == [line for line in options if line.strip().startswith("--") and len(line.split("  ")) < 3]


@pytest.mark.parametrize("words", ["account list", "node list", "trigger list", "host list"])
def test_an_empty_list_says_so(dragoman: Dragoman, tmp_path: Path, words: str) -> None:
    """To people, on the error output; for programs it is an empty list."""
    dragoman("account", "add", "ada", "--email", "ada@example.com", "--password", "x")
    dragoman("account", "close", "ada")
    told = dragoman(*words.split())
    assert (0, "") == (told.code, told.out)
    assert told.err.startswith("dragoman: ")
    assert "yet" in told.err
    assert (0, "[]\n", "") == ((told := dragoman(*words.split(), "--output", "json")).code, told.out, told.err)


@pytest.mark.parametrize(("words", "meant"), [(("acount", "add"), "account"), (("account", "lst"), "list")])
def test_a_slip_is_told_with_the_word_that_was_meant(dragoman: Dragoman, words: tuple[str, ...], meant: str) -> None:
    """Wherever it stands."""
    told = dragoman(*words)
    assert (2, "") == (told.code, told.out)
    assert f"Did you mean '{meant}'?" in told.err


@pytest.mark.parametrize("words", WITH_EXAMPLE, ids=" ".join)
def test_a_command_with_much_to_say_gives_an_example(dragoman: Dragoman, words: tuple[str, ...]) -> None:
    """One that can be copied: it begins with the command itself and names a data directory."""
    copied = example(dragoman(*words, "--help").out)
    assert list(words) == copied[: len(words)]
    assert "--data" in copied


def test_the_examples_work(dragoman: Dragoman, tmp_path: Path) -> None:
    """Copied one after the other, they make an account and a token for it."""
    (tmp_path / "data").mkdir()
    added = dragoman(*example(dragoman("account", "add", "--help").out), "--password", "secret")
    assert (0, "") == (added.code, added.err)
    token = dragoman(*example(dragoman("token", "add", "--help").out))
    assert (0, "") == (token.code, token.err)
    assert (tmp_path / "data" / "dragoman.db").is_file()


WRONG = [
    ("nope",),
    ("account", "nope"),
    ("token", "remove"),
    ("config", "set"),
    ("--nope",),
    ("serve", "--port", "abc"),
    ("serve", "--port"),
    ("serve", "extra"),
    ("serve", "--output", "json"),
    ("account", "add"),
    ("account", "add", "ada"),
    ("account", "add", "ada", "--email"),
    ("account", "add", "ada", "grace", "--email", "a@example.com"),
    ("account", "add", "-ada", "--email", "a@example.com"),
    ("token", "add"),
    ("doctor", "--output", "xml"),
    ("config", "show", "--output"),
]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_a_wrong_call_is_two(dragoman: Dragoman, tmp_path: Path, words: tuple[str, ...]) -> None:
    """What is wrong with it is told on the error output, nothing on the other, and nothing is done."""
    told = dragoman(*words)
    assert (2, "") == (told.code, told.out)
    assert "Error: " in told.err
    assert any(hint in told.err for hint in ("--help' for help.", "requires an argument."))
    assert [] == list(tmp_path.iterdir())


NO_TEXT = [
    (b"account", b"add", b"a\xff", b"--email", b"a@b.c", b"--password", b"x"),
    (b"account", b"add", b"ada", b"--email", b"\xff@b.c", b"--password", b"x"),
    (b"account", b"add", b"ada", b"--email", b"a@b.c", b"--password", b"\xff"),
    (b"token", b"add", b"\xff"),
    (b"token", b"add", b"ada", b"--label", b"\xff"),
]


@pytest.mark.parametrize("words", NO_TEXT)
def test_bytes_that_are_no_text_are_a_wrong_call(tmp_path: Path, words: tuple[bytes, ...]) -> None:
    """Names, addresses, passwords and labels are UTF-8."""
    argv = [str(PROGRAM).encode(), *words, b"--data", bytes(tmp_path / "data")]
    done = subprocess.run(argv, capture_output=True, timeout=120, check=False)
    assert (2, b"") == (done.returncode, done.stdout)
    assert b"this is no UTF-8 text." in done.stderr
    assert [] == list(tmp_path.iterdir())


def test_a_table_for_a_program_is_not_folded(tmp_path: Path) -> None:
    """Each row is one line, however long."""
    data = tmp_path / ("long" * 50) / "data"
    code, out, err = real("config", "show", "--data", str(data))
    assert (0, "") == (code, err)
    assert 1 == len([line for line in out.splitlines() if str(data) in line])


@pytest.mark.parametrize("words", [(), ("account",), ("token",), ("config",)], ids=" ".join)
def test_half_a_call_is_answered_with_help(dragoman: Dragoman, words: tuple[str, ...]) -> None:
    """On the error output, for nothing was done."""
    told = dragoman(*words)
    assert (2, "") == (told.code, told.out)
    assert dragoman(*words, "--help").out == told.err


def test_the_exit_code_tells_how_it_went(tmp_path: Path) -> None:
    """Done, refused and wrongly called, as a shell sees it; a refusal says what is wrong and what to do."""
    data = str(tmp_path / "data")
    code, out, err = real("config", "show", "--data", data, "--output", "json")
    assert (0, "") == (code, err)
    assert data in [one["value"] for one in json.loads(out)]
    code, out, err = real("config", "show", "--config", "missing.toml")
    assert (1, "") == (code, out)
    assert "dragoman: missing.toml: The settings file cannot be read: No such file or directory.\n" == err
    code, out, err = real("nope")
    assert (2, "") == (code, out)
    assert "No such command 'nope'" in err
