"""The life of one run on its host: runs ``run.json``'s steps once, keeps their log, and writes down how it ended.

It outlives the service that started it. Forked by the fork server, or on any host ``python3 wrapper.py DIRECTORY
TOKEN``. Standard library only.

    mkdir .started-TOKEN            the first one to do so runs it; anybody else leaves silently
    .started-TOKEN/pid.json         who that is
    mkdir .started-TOKEN/launched   from here on the run counts as begun; whoever finds its wrapper dead before that
                                    may take this name instead, and then it never begins
    exit.json                       how it ended
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dragoman.schedulers import processes
    from dragoman.schedulers.joblog import JobLog
    from dragoman.schedulers.steprun import Orders, StepRun, Stuck
else:
    import processes
    from joblog import JobLog
    from steprun import Orders, StepRun, Stuck

_NOT_FOUND = 127
_NOT_RUN = 126
_SET_CHILD_SUBREAPER = 36
_prctl = ctypes.CDLL(None).prctl


def main(directory: str, token: str) -> None:
    """Live through the run in this directory, if it is this start's to live through."""
    try:
        with open(os.path.join(directory, "run.json"), encoding="utf-8") as file:
            plan = json.load(file)
    except (OSError, ValueError):
        return
    if plan.get("token") == token:
        os.umask(0o022)
        _begin(directory, plan)


def _begin(directory: str, plan: dict[str, Any]) -> None:
    guard = os.path.join(directory, f".started-{plan['token']}")
    started_at = time.time_ns() // 1000
    try:
        os.mkdir(guard, 0o755)
        orders = Orders(plan["walltime"])
        _introduce(guard, started_at)
        note = _reserve(guard)
        os.mkdir(os.path.join(guard, "launched"), 0o755)
        _sync_folder(guard)
    except OSError:
        return  # somebody else has it, or has declared it dead, or nothing can be written: it has not begun
    end = {"token": plan["token"], "started_at": started_at, **_live(plan, orders)}
    os.pwrite(note, json.dumps({**end, "ended_at": time.time_ns() // 1000}).encode(), 0)
    os.fsync(note)
    os.rename(os.path.join(guard, "exit.json"), os.path.join(directory, "exit.json"))
    _sync_folder(directory)


def _introduce(guard: str, at: int) -> None:
    myself = processes.find(os.getpid())
    facts = {"pid": os.getpid(), "start": myself and myself.start, "boot": processes.boot_id(), "at": at}
    draft = os.path.join(guard, "pid.new")
    with open(draft, "w", encoding="ascii") as file:
        json.dump(facts, file)
    os.rename(draft, os.path.join(guard, "pid.json"))


def _reserve(guard: str) -> int:
    # Blanks that the end is written over: a run that has filled the disk can still say how it ended.
    note = os.open(os.path.join(guard, "exit.json"), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    os.write(note, b" " * 2048)
    return note


def _sync_folder(path: str) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    os.fsync(folder)
    os.close(folder)


def _live(plan: dict[str, Any], orders: Orders) -> dict[str, Any]:
    codes: list[int] = []
    try:
        ended = _run(plan, orders, codes)
    except Exception as problem:  # noqa: BLE001 - whatever happens, the end must be written down
        processes.destroy(os.getpid())
        reason = problem if isinstance(problem, OSError | Stuck) else traceback.format_exc()
        return {"ended": "EXITED", "exit_code": _NOT_RUN, "steps": codes, "reason": str(reason)}
    return {"ended": ended, "exit_code": codes[-1] if codes else None, "steps": codes, "reason": ""}


def _run(plan: dict[str, Any], orders: Orders, codes: list[int]) -> str:
    _prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.chdir(plan["work"])
    log = JobLog(plan["work"], plan["log"], plan["log_bytes"])
    try:
        for step in plan["steps"]:
            cut = orders.cause() or _step(step, plan, log, orders, codes)
            if cut or codes[-1]:
                return cut or "EXITED"
        return "EXITED"
    finally:
        log.restore()


def _step(step: dict[str, Any], plan: dict[str, Any], log: JobLog, orders: Orders, codes: list[int]) -> str:
    style = plan["log"]
    if style["opening"]:
        log.say(style["opening"].format(command=step["command"], directory=plan["work"]))
    code, cut = _command(step, plan, log, orders)
    codes.append(code)
    for line in style["closing"]:
        log.say(line.format(code=code))
    return cut


def _command(step: dict[str, Any], plan: dict[str, Any], log: JobLog, orders: Orders) -> tuple[int, str]:
    try:
        run = StepRun(step, log, orders, grace=plan["grace"], private=plan["private_processes"])
    except (OSError, ValueError) as problem:
        log.say(f"Cannot start {step['argv'][0]}: {problem}")
        return _NOT_FOUND if isinstance(problem, FileNotFoundError) else _NOT_RUN, ""
    return run.finish(), run.cut


if __name__ == "__main__":
    main(*sys.argv[1:])
