"""How a step is ended gracefully: who is told, and in which order.

Standard library only: this is also loaded on its own, outside the service.
"""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dragoman.schedulers import processes
else:
    import processes

_SHELLS = ("bash", "sh", "dash")


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
