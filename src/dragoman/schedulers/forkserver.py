"""A small program that forks the wrapper of each run, because a fork of it costs a tenth of a fresh Python.

It answers each request, in order, with the new process's number and a pidfd; it ends when its service does, and the
wrappers go on without it. Standard library only, nothing of the service's is inherited.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Found beside this file: the program is started by its path.
mounts = importlib.import_module("mounts")
wrapper = importlib.import_module("wrapper")

_ORDERS = (signal.SIGTERM, signal.SIGUSR1)


class ForkServer:
    """Forks wrappers for the service at the other end of a socket."""

    def __init__(self, service: socket.socket) -> None:
        self._service = service
        self._view = mounts.lean_view()
        wrapper.prepare(to_fork=True)

    def serve(self) -> None:
        """Answer requests until the service closes its end."""
        wake, bell = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
        poll = select.poll()
        poll.register(self._service, select.POLLIN)
        poll.register(wake, select.POLLIN)
        gc.collect()
        gc.freeze()
        gc.disable()
        while True:
            for ready, _ in poll.poll():
                if ready == wake:
                    os.read(wake, 4096)
                    _bury()
                elif not self._hear():
                    return

    def _hear(self) -> bool:
        """Answer one request; False when the service is gone."""
        try:
            request = self._service.recv(1 << 16)
            if request:
                self._answer(**json.loads(request))
        except (BrokenPipeError, ConnectionResetError):
            return False
        return bool(request)

    def _answer(self, number: int, directory: str, token: str) -> None:
        reply: dict[str, object] = {"number": number}
        pidfds = []
        try:
            # Read here and not in the child: there every page that is touched would have to be copied first.
            plan = wrapper.read_plan(directory, token)
            if plan and not os.path.lexists(os.path.join(directory, f".started-{token}")):
                pid = reply["pid"] = self._fork(directory, plan)
                pidfds.append(os.pidfd_open(pid))
        except (FileNotFoundError, ValueError, KeyError, TypeError) as problem:
            reply["problem"] = f"There is no launch in {directory}: {problem}"
        except OSError as problem:
            reply["trouble"] = str(problem)
        socket.send_fds(self._service, [json.dumps(reply).encode()], pidfds)
        for pidfd in pidfds:
            os.close(pidfd)

    def _fork(self, directory: str, plan: dict[str, Any]) -> int:
        # Held back, a signal for the child waits; let through, it could meet a child that forgets it.
        signal.pthread_sigmask(signal.SIG_BLOCK, _ORDERS)
        try:
            pid = os.fork()
            if pid == 0:
                self._become_wrapper(directory, plan)
            return pid
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ORDERS)

    def _become_wrapper(self, directory: str, plan: dict[str, Any]) -> None:
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ORDERS)
            self._service.close()
            os.setsid()
            nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
            for number in (0, 1, 2):
                os.dup2(nothing, number)
            if self._view is not None and plan["private_processes"]:
                mounts.enter(self._view)
            wrapper.live(directory, plan)
        finally:
            os._exit(0)


def _bury() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


if __name__ == "__main__":
    ForkServer(socket.socket(fileno=int(sys.argv[1]))).serve()
