"""What every login promises about commands, whatever host runs them (core.ports.Login)."""

import asyncio
import os
import time
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.core.errors import Invalid, Unavailable
from tests.shells.grounds import Ground

pytestmark = pytest.mark.anyio

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20) | st.binary(
    max_size=20
).map(lambda data: data.replace(b"\0", b"").decode("utf-8", "surrogateescape"))


def found(mark: str) -> list[int]:
    """The processes of this machine that have the mark in their command lines."""
    marked = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
            if mark.encode() in file.read():
                marked.append(int(pid))
    return marked


def running(mark: str) -> bool:
    """Whether there is one."""
    return bool(found(mark))


async def gone(mark: str) -> bool:
    """Wait until no process has the mark; False when that takes too long."""
    deadline = time.monotonic() + 120
    while running(mark):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


async def test_a_command_runs(ground: Ground) -> None:
    """Input goes in; output, complaints and exit code come out."""
    done = await ground.login.run(["sh", "-c", "cat; echo bad >&2; exit 3"], stdin=b"in\0put")
    assert (3, b"in\0put", b"bad\n") == (done.code, done.out, done.err)


@given(words=st.lists(WORDS, max_size=8))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_arguments_arrive_as_they_are(ground: Ground, words: list[str]) -> None:
    """Whatever is in an argument, the program gets exactly this."""
    done = await ground.login.run(["printf", "%s\\0", "-", *words])
    expected = b"".join(word.encode("utf-8", "surrogateescape") + b"\0" for word in ["-", *words])
    assert expected == done.out


async def test_commands_see_the_files(ground: Ground) -> None:
    """A path means the same to commands and to all other verbs."""
    name = "it's $(here)\n"
    (ground.real / name).write_bytes(b"seen")
    assert b"seen" == (await ground.login.run(["cat", ground.at(name)])).out
    await ground.login.run(["cp", ground.at(name), ground.at("copied")])
    assert b"seen" == (ground.real / "copied").read_bytes()


async def test_messages_are_in_plain_english(ground: Ground) -> None:
    """Commands run with LANG=C, without a terminal, and without what this process has in its environment."""
    os.environ["DRAGOMAN_MARK"] = "leaked"
    try:
        done = await ground.login.run(["sh", "-c", 'echo "$LANG.$DRAGOMAN_MARK"; test -t 0 || echo none'])
    finally:
        del os.environ["DRAGOMAN_MARK"]
    assert b"C.\nnone\n" == done.out


@pytest.mark.parametrize("argv", [[], [""], ["a\0b"], ["echo", "\0"], ["echo", "\ud800"], ["A=B"]])
async def test_no_command_is_no_command(ground: Ground, argv: list[str]) -> None:
    """What no program can be started with is the asker's mistake."""
    with pytest.raises(Invalid):
        await ground.login.run(argv)


async def test_a_missing_program_is_told(ground: Ground) -> None:
    """It ends with a code other than zero, and says why."""
    done = await ground.login.run(["/no/such/program"])
    assert done.code != 0
    assert b"/no/such/program" in done.err


async def test_a_signal_is_told(ground: Ground) -> None:
    """A command that died of signal n has the code 128 + n."""
    assert 128 + 15 == (await ground.login.run(["sh", "-c", "kill -TERM $$"])).code


async def test_output_is_cut(ground: Ground) -> None:
    """Output beyond the limit is taken and forgotten: the command ends as if it were read."""
    script = "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; exit 7"
    done = await ground.login.run(["sh", "-c", script], limit=1000)
    assert (7, 1000, 1000) == (done.code, len(done.out), len(done.err))


async def test_input_need_not_be_read(ground: Ground) -> None:
    """A command that ends without its input ends well; one that reads much gets it all."""
    assert 0 == (await ground.login.run(["true"], stdin=bytes(3_000_000))).code
    assert b"3000000\n" == (await ground.login.run(["wc", "-c"], stdin=bytes(3_000_000))).out


async def test_a_command_that_takes_too_long_is_killed(ground: Ground) -> None:
    """After its time a command is gone, with all it has started in its process group; others go on."""
    mark = f"86399.{time.monotonic_ns()}"
    await ground.login.run(["true"])
    beside = asyncio.create_task(ground.login.run(["sh", "-c", "sleep 0.7; echo fine"]))
    with pytest.raises(Unavailable, match=r"0\.3 s"):
        await ground.login.run(["sh", "-c", f"sleep {mark} & sleep {mark}"], seconds=0.3)
    assert await gone(mark)
    assert b"fine\n" == (await beside).out


async def test_a_command_nobody_waits_for_is_killed(ground: Ground) -> None:
    """Who gives up leaves no process behind."""
    mark = f"86399.{time.monotonic_ns()}"
    task = asyncio.create_task(ground.login.run(["sleep", mark]))
    while not running(mark):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await gone(mark)


async def test_many_commands_run_at_once(ground: Ground) -> None:
    """More commands than the host allows at once wait for their turn, and all of them end."""
    done = await asyncio.gather(*(ground.login.run(["echo", str(n)]) for n in range(60)))
    assert [b"%d\n" % n for n in range(60)] == [each.out for each in done]


async def test_giving_up_costs_no_session(ground: Ground) -> None:
    """However many commands are given up while they start, as many can run afterwards as before."""
    for n in range(40):
        task = asyncio.create_task(ground.login.run(["true"]))
        await asyncio.sleep(0.0005 * (n % 10))
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    done = await asyncio.gather(*(ground.login.run(["sleep", "0.1"]) for _ in range(14)))
    assert [0] * 14 == [each.code for each in done]
