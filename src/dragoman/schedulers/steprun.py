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
    from dragoman.schedulers.joblog import JobLog
else:
    import processes

_SHELLS = ("bash", "sh", "dash")
_DEFAULTS = tuple(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})
_CHUNK = 1 << 20
_USUAL_PIPE = 1 << 16
_LINGER = 0.1
"""Seconds for what a command left behind to end by itself (a ``tee`` that still writes the last lines)."""
_STUCK = 30.0
"""Seconds after which a process that SIGKILL does not end is given up."""


class Stuck(Exception):
    """A process of the step cannot be killed (it hangs inside the kernel)."""


class Orders:
    """What others want of this process, by signal, and when its time is over. SIGTERM: end; SIGUSR1: at once."""

    def __init__(self) -> None:
        self.stop = False
        self.kill = False
        self._until: float | None = None
        self._deaf = 0
        self.wake = -1
        """Readable when a signal came."""

    def listen(self, *, for_children: bool) -> None:
        """Take signals from now on: in this process, or only in those that are forked from it."""
        self._deaf = os.getpid() if for_children else 0
        for number in (signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD):
            signal.signal(number, self._told)

    def attend(self, walltime: float | None) -> None:
        """Be woken by signals in this process from now on, and end ``walltime`` seconds from now."""
        self.wake, bell = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
        self._until = None if walltime is None else time.monotonic() + walltime

    def _told(self, number: int, frame: object) -> None:
        if number == signal.SIGCHLD or os.getpid() == self._deaf:
            return
        self.stop = True
        self.kill = self.kill or number == signal.SIGUSR1

    def calm(self) -> None:
        """Take note that the wake-up was heard."""
        try:
            os.read(self.wake, 4096)
        except BlockingIOError:
            return

    def left(self) -> float | None:
        """Seconds until the time is over; None: for ever."""
        return None if self._until is None else max(0.0, self._until - time.monotonic())

    def cause(self) -> str:
        """Why the run must end now: STOPPED, WALLTIME, or empty when it need not."""
        if self.stop:
            return "STOPPED"
        return "WALLTIME" if self.left() == 0.0 else ""


class Farewell:
    """A graceful end: SIGTERM to everything of the step, and to its shell only when all else has gone.

    A shell that is told first would end at once and leave its commands no grace; one that is told last would go on to
    its next command. So it is halted meanwhile.
    """

    def __init__(self, main: int, *, private: bool) -> None:
        self._main = main
        self._private = private
        self._told = False
        self._halted: processes.Process | None = None

    def say(self) -> None:
        """Tell those whose turn it is; to be called again and again."""
        if not self._told:
            self._tell_all()
        elif self._halted and not any(p.pid != self._halted.pid for p in self._members()):
            processes.send(self._halted, signal.SIGTERM, signal.SIGCONT)
            self._halted = None

    def _tell_all(self) -> None:
        members = self._members()
        shell = self._shell(members)
        if shell:
            processes.send(shell, signal.SIGSTOP)
            members = [process for process in self._members() if process.pid != shell.pid]
        for process in members:
            processes.send(process, signal.SIGTERM, signal.SIGCONT)
        self._halted = shell
        self._told = bool(members or shell)

    def _members(self) -> list[processes.Process]:
        if not self._private:
            return [process for process in processes.descendants(os.getpid()) if process.alive]
        # The two outermost processes only hold the process space together: they end when its command does.
        inside = [process for process in processes.descendants(self._main) if process.alive]
        return [process for process in inside if process.parent != self._main]

    def _shell(self, members: list[processes.Process]) -> processes.Process | None:
        if len(members) < 2:
            return None
        first = next((process for process in members if self._is_first(process)), None)
        return first if first and first.name in _SHELLS else None

    def _is_first(self, process: processes.Process) -> bool:
        return processes.inner_pid(process.pid) == 2 if self._private else process.pid == self._main


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
        for ready, _ in self._poll.poll(None if seconds is None else seconds * 1000 + 1):
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
        step["environment"],
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
