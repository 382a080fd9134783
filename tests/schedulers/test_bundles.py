"""Programs that have to wait for each other go together, and each is told how it ended all the same."""

import asyncio
import subprocess

import pytest

from dragoman.core.errors import Unavailable
from dragoman.core.ports import Done
from dragoman.core.shellwords import BASH
from dragoman.schedulers.bundles import AT_ONCE, MOST, Bundles, joined, read_ends

MARK = "0a1b2c"


def ends(*programs: str, before: str = "", cut: int | None = None) -> dict[int, Done]:
    """What a real bash makes of programs."""
    text = joined(programs, MARK, before)[:cut]
    done = subprocess.run(BASH, input=text, capture_output=True, check=False, timeout=120)
    return read_ends(Done(code=done.returncode, out=done.stdout, err=done.stderr), MARK)


def test_each_has_its_own_end() -> None:
    """Codes, output and complaints are kept apart; what one sets or leaves is nothing to the others."""
    found = ends("echo one; x=1; cd /", "echo two >&2; exit 7", 'printf "%s" "$x"', "cat; exit 3")
    assert {0: 0, 1: 7, 2: 0, 3: 3} == {place: end.code for place, end in found.items()}
    assert [b"one", b"two", b"", b""] == [found[place].out for place in range(4)]


def test_lines_stay_lines() -> None:
    """Nothing in them means anything to the shell that tells of them."""
    (end,) = ends("printf '%s\\n' 'a  b' '*' '%d $HOME' '\\n'").values()
    assert b"a  b\n*\n%d $HOME\n\\n" == end.out


def test_of_much_the_beginning_and_the_last_line_are_told() -> None:
    """So much that each would be written in several pieces, by many at once."""
    program = "i=0; while [ $i -lt 900 ]; do echo line $i; i=$((i+1)); done; echo the end"
    found = ends(*[program] * MOST)
    assert MOST == len(found)
    for end in found.values():
        assert end.out.startswith(b"line 0\nline 1\n")
        assert end.out.endswith(b"\nthe end")
        assert len(end.out) < 2000


def test_a_text_that_is_cut_short_runs_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A line that is lost in the middle of it starts nothing that nobody hears of."""
    place = tmp_path_factory.mktemp("cut")
    whole = joined([f"> {place}/ran"] * 2, MARK)
    for cut in range(0, len(whole) - 13, 23):  # without its last line, which closes the bracket
        assert {} == ends(*[f"> {place}/ran"] * 2, cut=cut)
    assert [] == list(place.iterdir())


class Slow:
    """A login that runs programs by a shell of this host once it is let go."""

    def __init__(self) -> None:
        self.commands: list[bytes] = []
        self.go = asyncio.Event()
        self.fault: Exception | None = None
        self.is_killed = False

    async def run(self, argv: tuple[str, ...], *, stdin: bytes) -> Done:
        self.commands.append(stdin)
        await self.go.wait()
        if self.fault:
            raise self.fault
        if self.is_killed:
            return Done(code=137, out=b"", err=b"Killed")
        process = await asyncio.create_subprocess_exec(*argv, stdin=-1, stdout=-1, stderr=-1)
        out, err = await process.communicate(stdin)
        return Done(code=process.returncode or 0, out=out, err=err)


@pytest.mark.anyio
async def test_what_waits_goes_together() -> None:
    """One that finds nothing under way goes at once; of many, as few commands are made as may be."""
    login = Slow()
    bundles = Bundles(login)  # type: ignore[arg-type]
    asked = [asyncio.create_task(bundles.run(f"echo {number}; exit {number}")) for number in range(AT_ONCE + MOST)]
    while len(login.commands) < AT_ONCE:
        await asyncio.sleep(0)
    login.go.set()
    done = await asyncio.gather(*asked)
    assert [(number, f"{number}".encode()) for number in range(AT_ONCE + MOST)] == [(one.code, one.out) for one in done]
    assert AT_ONCE + 1 == len(login.commands)


@pytest.mark.anyio
async def test_a_command_that_takes_long_keeps_nobody_waiting() -> None:
    """After a while those that wait go without it, few as they are."""
    login = Slow()
    bundles = Bundles(login)  # type: ignore[arg-type]
    first = asyncio.create_task(bundles.run("echo first"))
    while not login.commands:
        await asyncio.sleep(0)
    second = asyncio.create_task(bundles.run("echo second"))
    while len(login.commands) < AT_ONCE:
        await asyncio.sleep(0.01)
    login.go.set()
    assert [b"first", b"second"] == [one.out for one in await asyncio.gather(first, second)]


@pytest.mark.anyio
async def test_a_silent_host_is_told_to_all() -> None:
    """Those that wait behind them are tried all the same."""
    login = Slow()
    login.go.set()
    login.fault = Unavailable("silent")
    bundles = Bundles(login)  # type: ignore[arg-type]
    found = await asyncio.gather(*(bundles.run("true") for _ in range(20)), return_exceptions=True)
    assert {"silent"} == {str(one) for one in found}
    login.fault = None
    assert 0 == (await bundles.run("true")).code


@pytest.mark.anyio
async def test_who_gives_up_waiting_leaves_the_others() -> None:
    """Nothing is begun for who has gone before his turn."""
    login = Slow()
    bundles = Bundles(login)  # type: ignore[arg-type]
    last = 1 + MOST
    asked = [asyncio.create_task(bundles.run(f"echo number-{number}")) for number in range(last + 1)]
    while len(login.commands) < AT_ONCE:
        await asyncio.sleep(0)
    asked[-1].cancel()
    login.go.set()
    await asyncio.gather(*asked[:-1])
    assert not any(f"number-{last}".encode() in text for text in login.commands)


@pytest.mark.anyio
async def test_an_end_that_is_not_told() -> None:
    """Nobody takes it for a success."""
    login = Slow()
    login.go.set()
    login.is_killed = True
    with pytest.raises(Unavailable, match="Killed"):
        await Bundles(login).run("true")  # type: ignore[arg-type]
