"""The life of one run on its host: runs ``run.json``'s steps once, keeps their log, and writes down how it ended.

It outlives the service that started it. Forked by the fork server, or on any host ``python3 wrapper.py DIRECTORY
TOKEN``. Standard library only.

    mkdir .started-TOKEN      the first one to do so runs it; anybody else leaves silently
    .started-TOKEN/pid.json   who that is
    .started-TOKEN/launched   a second link to that: from here on the run counts as begun; whoever finds its wrapper
                              dead before that may take this name instead, and then it never begins
    exit.json                 how it ended
    tmp                       where there is one, it is empty when a step begins
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dragoman.schedulers import processes
    from dragoman.schedulers.joblog import JobLog
    from dragoman.schedulers.orders import Orders
    from dragoman.schedulers.steprun import StepRun, Stuck
else:
    import processes
    from joblog import JobLog
    from orders import Orders
    from steprun import StepRun, Stuck

_NOT_FOUND = 127
_NOT_RUN = 126
_LAST_SECONDS = 5.0
"""For what is left of a run whose wrapper is in trouble."""
_SET_CHILD_SUBREAPER = 36
_prctl = ctypes.CDLL(None).prctl
_ORDERS = Orders()
_BOOT = processes.boot_id()


def prepare(*, to_fork: bool) -> None:
    """What a process does once, before it becomes a wrapper or is forked into many."""
    _ORDERS.listen(for_children=to_fork)


def read_plan(directory: str, token: str) -> dict[str, Any] | None:
    """The launch in this directory; None when it is no longer, or not, this token's. Raises OSError, ValueError."""
    with open(os.path.join(directory, "run.json"), encoding="utf-8") as file:
        plan: dict[str, Any] = json.load(file)
    return plan if plan["token"] == token else None


def live(directory: str, plan: dict[str, Any]) -> None:
    """Live through the run in this directory, if it is this process's to live through."""
    os.umask(0o022)
    guard = f"{directory}/.started-{plan['token']}"
    started_at = time.time_ns() // 1000
    try:
        os.mkdir(guard, 0o755)
        _introduce(guard, started_at)
        note = _reserve(guard)
        os.link(f"{guard}/pid.json", f"{guard}/launched")
        _sync_folder(guard)
    except OSError:
        return  # somebody else has it, or has declared it dead, or nothing can be written: it has not begun
    end = {"token": plan["token"], "started_at": started_at, **_run(directory, plan)}
    os.pwrite(note, json.dumps({**end, "ended_at": time.time_ns() // 1000}).encode(), 0)
    os.rename(f"{guard}/exit.json", f"{directory}/exit.json")
    os.fsync(note)


def _introduce(guard: str, at: int) -> None:
    pid = os.getpid()
    myself = processes.find(pid)
    facts = f'{{"pid": {pid}, "start": {myself.start if myself else 0}, "boot": "{_BOOT}", "at": {at}}}'
    draft = os.open(f"{guard}/pid.new", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    os.write(draft, facts.encode())
    os.close(draft)
    os.rename(f"{guard}/pid.new", f"{guard}/pid.json")


def _reserve(guard: str) -> int:
    # Blanks that the end is written over: a run that has filled the disk can still say how it ended.
    note = os.open(f"{guard}/exit.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    os.write(note, b" " * 2048)
    return note


def _sync_folder(path: str) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    os.fsync(folder)
    os.close(folder)


def _run(directory: str, plan: dict[str, Any]) -> dict[str, Any]:
    codes: list[int] = []
    try:
        ended = _run_steps(directory, plan, codes)
    except Exception as problem:  # noqa: BLE001 - whatever happens, the end must be written down
        _leave_nobody()
        reason = str(problem) if isinstance(problem, (OSError, Stuck)) else repr(problem)
        return {"ended": "EXITED", "exit_code": _NOT_RUN, "steps": codes, "reason": reason}
    return {"ended": ended, "exit_code": codes[-1] if codes else None, "steps": codes, "reason": ""}


def _leave_nobody() -> None:
    # Once is not enough: a process whose parent is killed while it forks is seen, and becomes ours, a moment later.
    until = time.monotonic() + _LAST_SECONDS
    while time.monotonic() < until:
        processes.destroy(os.getpid())
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                continue
        except ChildProcessError:
            return
        time.sleep(0.02)


def _run_steps(directory: str, plan: dict[str, Any], codes: list[int]) -> str:
    _prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    _ORDERS.attend(plan["walltime"])
    os.chdir(plan["work"])
    log = JobLog(plan["work"], plan["log"], plan["log_bytes"])
    try:
        for number, step in enumerate(plan["steps"]):
            if number:
                _empty(f"{directory}/tmp", number)  # noqa: S108 - of the run directory
            cut = _ORDERS.cause() or _step(step, plan, log, codes)
            if cut or codes[-1]:
                return cut or "EXITED"
        return "EXITED"
    finally:
        log.restore()


def _empty(tmp: str, number: int) -> None:
    # What a step leaves in its /tmp could lead the next one's confinement astray: it makes places in there.
    try:
        os.rename(tmp, f"{tmp}.{number}")
    except FileNotFoundError:
        return
    os.mkdir(tmp, 0o700)


def _step(step: dict[str, Any], plan: dict[str, Any], log: JobLog, codes: list[int]) -> str:
    style = plan["log"]
    if style["opening"]:
        log.say(style["opening"].format(command=step["command"], directory=plan["work"]))
    code, cut = _command(step, plan, log)
    codes.append(code)
    for line in style["closing"]:
        log.say(line.format(code=code))
    return cut


def _command(step: dict[str, Any], plan: dict[str, Any], log: JobLog) -> tuple[int, str]:
    try:
        run = StepRun(step, log, _ORDERS, grace=plan["grace"], private=plan["private_processes"])
    except (OSError, ValueError) as problem:
        log.say(f"Cannot start {step['argv'][0]}: {problem}")
        return _NOT_FOUND if isinstance(problem, FileNotFoundError) else _NOT_RUN, ""
    return run.finish(), run.cut


def main(directory: str, token: str) -> None:
    """Read the launch and live through it."""
    prepare(to_fork=False)
    plan = read_plan(directory, token)
    if plan:
        live(directory, plan)


if __name__ == "__main__":
    main(*sys.argv[1:])
