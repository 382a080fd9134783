"""Runs small programs of a shell on a host behind a login, those that have to wait together as one command.

A command costs a session and a login shell there. With nothing under way a program is run at once and by itself; the
more there is to do, the fewer commands it takes.
"""

import asyncio
import re
import secrets
from collections.abc import Sequence

from dragoman.core.errors import Unavailable
from dragoman.core.ports import Done, Login
from dragoman.core.shellwords import BASH

AT_ONCE = 2
"""Commands under way at the same moment."""
MOST = 16
"""Programs in one command; they run at the same time."""
PATIENCE = 0.1
"""Seconds that programs wait for others to go with while a command is under way."""
_HEAD, _LAST = 1200, 600
"""Bytes that are told of what a program wrote: a longer line might be cut by another's."""
_BREAK, _CUT = "\x01", "\x02"
"""Stand for a line break, and between the beginning and the end of what was written."""

_Waiting = tuple[str, "asyncio.Future[Done]"]


class Bundles:
    """Programs for the bash of one login that say little. Use it on one event loop.

    They come by standard input; nothing of them has begun before all has arrived. ``before`` is done once for those
    that go together; ``$mask`` is the umask of the login.
    """

    def __init__(self, login: Login, before: str = "") -> None:
        self._login, self._before = login, before
        self._waiting: list[_Waiting] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._began = 0.0

    async def run(self, program: str) -> Done:
        """The program's end; what it wrote, complaints too, is its output. Raises Unavailable: it may have run."""
        future: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._waiting.append((program, future))
        self._begin()
        return await future

    def _begin(self) -> None:
        self._waiting = [one for one in self._waiting if not one[1].done()]  # nobody waits for those
        while self._waiting and self._is_time():
            bundle, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            task = asyncio.create_task(self._do(bundle))
            self._under_way.add(task)
            task.add_done_callback(self._done)
            loop = asyncio.get_running_loop()
            self._began = loop.time()
            loop.call_later(PATIENCE, self._begin)

    def _is_time(self) -> bool:
        if not self._under_way or len(self._under_way) >= AT_ONCE:
            return not self._under_way
        return len(self._waiting) >= MOST or asyncio.get_running_loop().time() - self._began >= PATIENCE

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        self._begin()

    async def _do(self, bundle: Sequence[_Waiting]) -> None:
        mark = secrets.token_hex(12)
        try:
            text = joined([program for program, _ in bundle], mark, self._before)
            done = await self._login.run(BASH, stdin=text)
        except BaseException as problem:
            for _, future in bundle:
                if not future.done():
                    future.set_exception(problem if isinstance(problem, Exception) else asyncio.CancelledError())
            if not isinstance(problem, Exception):
                raise
            return
        ends = read_ends(done, mark)
        for place, (_, future) in enumerate(bundle):
            if future.done():
                continue
            if (end := ends.get(place)) is not None:
                future.set_result(end)
            else:
                said = done.err.decode(errors="replace").strip()[-500:]
                future.set_exception(Unavailable(f"The host has not told how a command ended. {said}".strip()))


def joined(programs: Sequence[str], mark: str, before: str = "") -> bytes:
    """One program that runs them all, and tells of each by one short line, which no other can get into."""
    functions = "".join(f"do{place}() {{\n{program}\n}}\n" for place, program in enumerate(programs))
    calls = "".join(f"( out=$(do{place} 2>&1); tell {place} $? ) &\n" for place in range(len(programs)))
    text = f"{{\n{_TELL.replace('MARK', mark)}{before}{functions}{calls}wait\n}} < /dev/null\n"
    return text.encode(errors="surrogateescape")


_TELL = f"""\
mask=$(umask)
nl='
'
tell() {{
    last=${{out##*$nl}}
    set -f; IFS=$nl; set -- "$1" "$2" $out; place=$1 code=$2; shift 2; IFS='{_BREAK}'
    printf 'MARK %d %d %.{_HEAD}s{_CUT}%.{_LAST}s\\n' "$place" "$code" "$*" "$last"
}}
"""
"""A function that tells in one line the code, the beginning of what was written, and its last line."""


def read_ends(done: Done, mark: str) -> dict[int, Done]:
    """How each of them ended, by its place; those of which nothing was told are missing."""
    ends = {}
    for line in done.out.split(b"\n"):
        if found := re.fullmatch(rb"%b (\d+) (\d+) ([^%b]*)%b(.*)" % (mark.encode(), *[_CUT.encode()] * 2), line):
            head, last = found[3].replace(_BREAK.encode(), b"\n"), found[4]
            out = head if head.endswith(last) else head + b"\n" + last
            ends[int(found[1])] = Done(code=int(found[2]), out=out, err=b"")
    return ends
