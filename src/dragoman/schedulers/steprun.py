"""One step of a run, from its start to the death of the last process it left behind.

Standard library only: this is also loaded on its own, outside the service.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dragoman.schedulers import processes
    from dragoman.schedulers.farewell import Farewell
    from dragoman.schedulers.joblog import JobLog
    from dragoman.schedulers.orders import Orders
else:
    import processes
    from farewell import Farewell

_DEFAULTS = tuple(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})
_CHUNK = 1 << 20
_USUAL_PIPE = 1 << 16
_LOOK = 86_400.0
"""Seconds after which whoever waits looks again: the kernel counts milliseconds, and no more than 24 days of them."""
_LINGER = 1.0
"""Seconds for what a command left behind to end by itself (a ``tee`` that still writes the last lines).

On a busy machine it may not even have begun to read them.
"""
_STUCK = 30.0
"""Seconds after which a process that SIGKILL does not end is given up."""


class Stuck(Exception):
    """A process of the step cannot be killed (it hangs inside the kernel)."""


class StepRun:
    """A step that was started: its output goes to the log, orders are obeyed, and nothing of it is left at its end.

    Starting it raises OSError or ValueError when its argument list cannot be run.
    """

    def __init__(self, step: dict[str, Any], log: JobLog, orders: Orders, *, grace: float, private: bool) -> None:
        self.cut = ""
        """Why it was ended before its time; empty when it ended by itself."""
        self._log = log
        self._orders = orders
        self._grace = grace
        self._private = private
        self._patience = 0.0
        self._stuck_at: float | None = None
        self._code: int | None = None
        self._pipe, into = os.pipe2(os.O_CLOEXEC)
        try:
            self._main = _spawn(step, into)
        except (OSError, ValueError):
            os.close(self._pipe)
            raise
        finally:
            os.close(into)
        self._farewell = Farewell(self._main, private=private)
        os.set_blocking(self._pipe, False)
        self._more = True
        self._roomy = False
        self._poll = select.poll()
        self._poll.register(self._pipe, select.POLLIN)
        self._poll.register(orders.wake, select.POLLIN)

    def finish(self) -> int:
        """Stay until it has ended and all its processes have gone; returns its exit code, 128 + n for signal n.

        Raises Stuck when one of its processes cannot be killed.
        """
        while self._code is None:
            self._wait(0.05 if self.cut else self._orders.left())
            self._reap()
            if self._code is None:
                self._obey()
        self._clear_away()
        self._drain()
        os.close(self._pipe)
        return self._code

    def _wait(self, seconds: float | None) -> None:
        for ready, _ in self._poll.poll(None if seconds is None else min(seconds, _LOOK) * 1000 + 1):
            if ready == self._pipe:
                self._pump()
            else:
                self._orders.calm()

    def _pump(self) -> bool:
        """Take what there is; False when there is nothing now."""
        try:
            chunk = os.read(self._pipe, _CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self._more = False
            self._poll.unregister(self._pipe)
            return False
        if len(chunk) == _USUAL_PIPE and not self._roomy:
            self._roomy = True
            _widen(self._pipe)
        self._log.output(chunk)
        return True

    def _reap(self) -> bool:
        """Bury the dead; False when nobody is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self._main:
                code = os.waitstatus_to_exitcode(status)
                self._code = code if code >= 0 else 128 - code

    def _obey(self) -> None:
        if not self.cut:
            self.cut = self._orders.cause()
            self._patience = time.monotonic() + self._grace
        if not self.cut:
            return
        if self._orders.kill or time.monotonic() >= self._patience:
            self._kill()
        else:
            self._farewell.say()

    def _kill(self) -> None:
        now = time.monotonic()
        if self._private and self._code is None:
            os.kill(self._main, signal.SIGKILL)
        else:
            processes.destroy(os.getpid())
        self._stuck_at = self._stuck_at or now + _STUCK
        if now >= self._stuck_at:
            raise Stuck(f"Processes of the run could not be killed within {_STUCK:.0f} seconds.")

    def _clear_away(self) -> None:
        """The command is over: what it left behind must go."""
        until = max(time.monotonic() + _LINGER, self._patience if self.cut else 0.0)
        while self._reap():
            if self._orders.kill or time.monotonic() >= until:
                self._kill()
            self._wait(0.02)

    def _drain(self) -> None:
        # Who still holds the pipe now is no process of ours: take what is there, but do not wait for more.
        until = time.monotonic() + 1.0
        while self._more and time.monotonic() < until and self._pump():
            pass


def _spawn(step: dict[str, Any], output: int) -> int:
    return os.posix_spawnp(
        step["argv"][0],
        step["argv"],
        os.environ if step["environment"] is None else step["environment"],
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, output, 1),
            (os.POSIX_SPAWN_DUP2, output, 2),
        ],
        setsid=True,
        setsigmask=(),
        setsigdef=_DEFAULTS,
    )


def _widen(pipe: int) -> None:
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _CHUNK)
    except OSError:
        return
