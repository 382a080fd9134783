"""The Slurm scheduler: launches are batch jobs, submitted, looked at and cancelled through one login of a host.

A job carries the launch's token as its comment, by which it is found again; numbers alone may name another job later.
"""

import asyncio
import json
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dragoman.core.errors import Broken, NotFound, Unavailable
from dragoman.core.launch import BatchScript, Look
from dragoman.core.ports import Login
from dragoman.schedulers.slurm_client import Places, SlurmClient
from dragoman.schedulers.slurm_script import batch_script
from dragoman.schedulers.slurm_states import Evidence, Phase, Row, conclude, glance, row_of, settle, unknown

DOUBTS = 3
"""So many looks in a row must be without a certain answer before one is made up."""
LONG_DOUBTS = 120
"""The same as long as Slurm has the job in hand: it may take a while to tidy up and to tell how it ended."""
_MARGIN = 3
"""Seconds that a job may take for its end beyond its grace."""

Launches = Sequence[tuple[str, str, Mapping[str, object]]]


class SlurmScheduler:
    """Submits, looks and cancels through one login. Use it on one event loop.

    ``environment`` is set for Slurm's commands, such as SLURM_CONF; ``path`` names directories, with colons between
    them, that are looked through for them before those of the login.
    """

    def __init__(self, login: Login, environment: Mapping[str, str] | None = None, *, path: str = "") -> None:
        self._slurm = SlurmClient(login, environment or {}, path)
        self._starting: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    def on_end(self, tell: Callable[[str], None]) -> None:
        """Nobody is told: ends are found by looking."""

    async def start(self, directory: str, token: str, batch: BatchScript | None = None) -> Mapping[str, object]:
        """Submit the batch script that ``run.json`` names, unless that was done before under this token.

        Raises Broken without a script, Invalid or Broken when Slurm refuses it, and Unavailable.
        """
        lock = self._starting.setdefault(token, asyncio.Lock())
        async with lock:
            plan = batch or await self._plan(directory, token)
            if plan is None:
                return {}
            # One command does for nearly all of them.
            job = await self._submit(directory, token, plan, first=True) if plan.text is not None else ""
            return _handle(job or await self._resumed(directory, token, plan), 0)

    async def _resumed(self, directory: str, token: str, plan: BatchScript) -> str:
        """The job's number where there was a start before; it is submitted (again) when there is no such job."""
        seen = (await self._slurm.evidence([(directory, token)])).get(token)
        if seen is None:
            raise Unavailable(f"The run directory {directory} cannot be looked at.")
        if seen.job or seen.is_done_with:
            return seen.job
        lost = await self._lost(token) if seen.submitted else ""
        return lost or await self._submit(directory, token, plan, first=False)

    async def _plan(self, directory: str, token: str) -> BatchScript | None:
        """What lies in the directory; None when it is another launch's."""
        try:
            plan = json.loads(await self._slurm.read(f"{directory}/run.json"))
            name, grace = str(plan["script"]), float(plan["grace"])
            if plan["token"] != token:
                return None
        except (NotFound, ValueError, KeyError, TypeError) as problem:
            raise Broken(f"There is no launch in {directory}: {problem}") from problem
        return BatchScript(script=name, text=await self._text(directory, name), grace=grace)

    async def _lost(self, token: str) -> str:
        """The number of a job that an earlier start has submitted without hearing of it; empty when there is none."""
        row = row_of((await self._slurm.rows()).get(token, ()))
        return row.job if row else ""

    async def _text(self, directory: str, name: str) -> str | None:
        """The text of the batch script; None when there is none."""
        try:
            return await self._slurm.read(f"{directory}/{name}") if name else None
        except NotFound:
            return None

    async def _submit(self, directory: str, token: str, plan: BatchScript, *, first: bool) -> str:
        text = plan.text
        if text is None:
            missing = f"The batch script {plan.script} is missing in {directory}."
            raise Broken(missing if plan.script else f"The launch in {directory} names no batch script.")
        script = batch_script(text, name=plan.script, directory=directory, token=token, grace=plan.grace)
        options = (f"--comment={token}", f"--chdir={directory}", "--no-requeue", "--open-mode=append")
        return await self._slurm.submit(directory, token, body=text, script=script, options=options, first=first)

    async def look(self, launches: Launches) -> dict[str, Look]:
        """Look at many with one ``squeue``, and at the directories of those that are over or gone with one command.

        Those whose directory cannot be read now are left out. Raises Unavailable when Slurm or the host is silent.
        """
        rows = await self._slurm.rows() if launches else {}
        looks: dict[str, Look] = {}
        for _, token, _ in launches:
            if look := glance(rows.get(token, ())):
                looks[token] = replace(look, handle=_handle(rows[token][0].job, 0))
        rest = [launch for launch in launches if launch[1] not in looks]
        return {**looks, **await self._closely(rest, rows)} if rest else looks

    async def _closely(self, launches: Launches, rows: Mapping[str, Sequence[Row]]) -> dict[str, Look]:
        found = await self._slurm.evidence([(directory, token) for directory, token, _ in launches])
        if not found:
            raise Unavailable("No run directory of this login can be looked at.")
        forgotten = {seen.job: token for token, seen in found.items() if token not in rows and seen.needs_more}
        rows = {**rows, **await self._slurm.accounted(forgotten)}
        looks: dict[str, Look] = {}
        hopeless: list[tuple[str, str]] = []
        for directory, token, handle in launches:
            if token in found:
                looks[token], is_hopeless = _judged(found[token], rows.get(token, ()), handle)
                hopeless += [(directory, token)] if is_hopeless else []
        return {**looks, **await self._barred(hopeless, found)}

    async def _barred(self, launches: Places, found: Mapping[str, Evidence]) -> dict[str, Look]:
        """Make sure that these never begin; one that just has will be seen by the next look."""
        barred = await self._slurm.bar(launches) if launches else []
        never = {token: settle(None, replace(found[token], barred=True)) for token in barred if token in found}
        return {token: look for token, look in never.items() if look}

    async def stop(self, directory: str, token: str, handle: Mapping[str, object], *, kill: bool) -> None:
        """Ask for the end: SIGTERM to the whole job, SIGKILL after its grace, or at once with ``kill``.

        What has not begun never will. Raises Unavailable.
        """
        seen = (await self._slurm.evidence([(directory, token)])).get(token)
        if seen is None or not seen.submitted or seen.barred or seen.end:
            return
        plan = await self._plan(directory, token)
        rows = (await self._slurm.rows()).get(token, ())
        jobs = sorted({row.job for row in rows if row.phase is not Phase.OVER})
        patience = _MARGIN + int(plan.grace if plan else 0)
        await self._slurm.stop(directory, token, jobs, kill=kill, patience=patience)


def _judged(seen: Evidence, rows: Sequence[Row], handle: Mapping[str, Any]) -> tuple[Look, bool]:
    """What to say of a launch, and whether it is to be made sure that it never begins."""
    row = row_of(rows, seen)
    job = row.job if row else seen.job or str(handle.get("job", ""))
    if look := settle(row, seen):
        return replace(look, handle=_handle(job, 0)), False
    doubts, in_hand = handle.get("doubts", 0) + 1, row is not None and row.phase is not Phase.OVER
    hopeless = doubts >= (LONG_DOUBTS if in_hand else DOUBTS)
    look = conclude(row, seen) if hopeless else None
    return replace(look or unknown(row, seen), handle=_handle(job, doubts)), hopeless and look is None


def _handle(job: str, doubts: int) -> dict[str, object]:
    return {"job": job, "doubts": doubts}
