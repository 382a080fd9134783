"""What others want of a wrapper, as signals tell it, and when its time is over.

Standard library only: this is also loaded on its own, outside the service.
"""

from __future__ import annotations

import os
import signal
import time


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
