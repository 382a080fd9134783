"""A small program that forks the wrapper of each run, because a fork of it costs a tenth of a fresh Python.

It answers each request, in order, with the new process's number and a pidfd; it ends when its service does, and the
wrappers go on without it. Standard library only, nothing of the service's is inherited.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys

wrapper = importlib.import_module("wrapper")  # found beside this file: the program is started by its path


def serve(service: socket.socket) -> None:
    """Answer requests until the service closes its end."""
    signal.signal(signal.SIGCHLD, _bury)
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        while request := service.recv(1 << 16):
            _answer(service, json.loads(request))
    except (BrokenPipeError, ConnectionResetError):
        return


def _bury(number: int, frame: object) -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _answer(service: socket.socket, request: dict[str, str]) -> None:
    directory, token = request["directory"], request["token"]
    reply: dict[str, object] = {"id": request["id"]}
    pidfds = []
    try:
        if not os.path.exists(os.path.join(directory, "run.json")):
            reply["problem"] = f"There is no run.json in {directory}."
        elif os.path.lexists(os.path.join(directory, f".started-{token}")):
            reply["pid"] = None
        else:
            reply["pid"], pidfd = _fork(service, directory, token)
            pidfds = [pidfd]
    except OSError as problem:
        reply["trouble"] = str(problem)
    socket.send_fds(service, [json.dumps(reply).encode()], pidfds)
    for pidfd in pidfds:
        os.close(pidfd)


def _fork(service: socket.socket, directory: str, token: str) -> tuple[int, int]:
    # With all signals held back the child cannot be buried before its pidfd is open, nor told anything before it
    # can hear.
    before = signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
    try:
        pid = os.fork()
        if pid == 0:
            _become_wrapper(service, directory, token)
        return pid, os.pidfd_open(pid)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _become_wrapper(service: socket.socket, directory: str, token: str) -> None:
    try:
        service.close()
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        os.close(nothing)
        wrapper.main(directory, token)
    finally:
        os._exit(0)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
