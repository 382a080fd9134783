"""What is done on a host behind a login: starts wrappers there, looks at many, stops one. Answers are lines of JSON.

Shipped there in one file with all that it loads (see ``kit``). Standard library only::

    start DIRECTORY TOKEN              fork a wrapper, which goes on alone
    look                               one line in, [DIRECTORY, TOKEN], for each line out
    stop DIRECTORY TOKEN term|kill     tell the wrapper
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dragoman.schedulers import processes, traces
else:
    import processes
    import traces

_READY = 10.0
"""Seconds that a new wrapper has to say who it is."""
_INSIST = 3.0
"""Seconds that a wrapper has to obey a kill before it is killed itself."""


def start(directory: str, token: str) -> None:
    """Start the launch in this directory unless that was done before."""
    wrapper = importlib.import_module("wrapper")  # a look does without it
    try:
        plan = wrapper.read_plan(directory, token)
    except (FileNotFoundError, ValueError, KeyError, TypeError) as problem:
        _say(problem=f"There is no launch in {directory}: {problem}")
        return
    if plan and not os.path.lexists(traces.guard(directory, token)):
        _await(os.fork() or _become_wrapper(wrapper, directory, plan), directory, token)
    _say(pid=traces.introduced(directory, token).get("pid"))


def _become_wrapper(wrapper: Any, directory: str, plan: dict[str, Any]) -> int:
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        os.closerange(3, 256)
        wrapper.prepare(to_fork=False)
        wrapper.live(directory, plan)
    finally:
        os._exit(0)


def _await(child: int, directory: str, token: str) -> None:
    """Return when the launch is on record, or has gone again: whoever looks after this sees it."""
    launched, until = os.path.join(traces.guard(directory, token), "launched"), time.monotonic() + _READY
    while time.monotonic() < until and not os.path.lexists(launched) and not os.waitpid(child, os.WNOHANG)[0]:
        time.sleep(0.002)


def look() -> None:
    """Look at every launch that is asked for."""
    for line in sys.stdin:
        directory, token = json.loads(line)
        try:
            _say(token=token, **traces.look(directory, token))
        except OSError as problem:
            _say(token=token, trouble=f"The run directory {directory} cannot be looked at: {problem}")


def stop(directory: str, token: str, how: str) -> None:
    """Ask the wrapper for the end; one that does not obey a kill is killed with all it runs."""
    trace = traces.look(directory, token)
    if trace["state"] != "alive":
        return
    process = processes.Process(trace["pid"], 0, trace["start"], "", alive=True)
    # A halted wrapper would never hear it.
    processes.send(process, signal.SIGUSR1 if how == "kill" else signal.SIGTERM, signal.SIGCONT)
    if how == "kill" and not _has_gone(trace):
        processes.send(process, signal.SIGSTOP)
        processes.destroy(process.pid)
        processes.send(process, signal.SIGKILL)


def _has_gone(trace: dict[str, Any]) -> bool:
    until = time.monotonic() + _INSIST
    while traces.is_there(trace):
        if time.monotonic() >= until:
            return False
        time.sleep(0.01)
    return True


def _say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")


def main(verb: str, *words: str) -> None:
    """Run one errand."""
    verbs: dict[str, Callable[..., None]] = {"start": start, "look": look, "stop": stop}
    verbs[verb](*words)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except OSError as problem:
        _say(trouble=str(problem))
