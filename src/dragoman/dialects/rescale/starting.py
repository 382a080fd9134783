"""Starts copies of stored jobs because of events: the same job under another id, with the event's variables."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from dragoman.config import Settings
from dragoman.core.job import Draft, Job
from dragoman.core.starts import Copy, Starter
from dragoman.core.things import Identity
from dragoman.desk import Desk
from dragoman.dialects.rescale.door import DOOR
from dragoman.dialects.rescale.ids import cluster_id
from dragoman.dialects.rescale.read import CLUSTER_ID, JOB_ID, read_letter


def starter(desk: Desk, _: Settings) -> Starter:
    """Makes and starts copies of this door's jobs."""

    async def start(wanted: Copy) -> None:
        make = partial(copied, alias=wanted.alias, variables=wanted.variables)
        await desk.jobs.start_copy(Identity(account=wanted.owner), DOOR, wanted.of, make, start_id=wanted.start_id)

    return start


def copied(job: Job, *, alias: str, variables: Mapping[str, str]) -> Draft:
    """The same job under this alias, with more variables in the environment of each command. Pure."""
    letter = read_letter(job.letter)
    for analysis in letter["jobanalyses"]:
        analysis["envVars"] = {**(analysis.get("envVars") or {}), **variables}
    ids = {(JOB_ID, job.alias): alias, (CLUSTER_ID, cluster_id(job.alias)): cluster_id(alias)}
    steps = tuple(
        replace(
            step,
            environment={**{name: ids.get((name, was), was) for name, was in step.environment.items()}, **variables},
        )
        for step in job.workload.steps
    )
    return Draft(
        door=DOOR,
        alias=alias,
        name=job.name,
        letter=json.dumps(letter),
        workload=replace(job.workload, steps=steps),
        inputs=(),
        notes=job.notes,
    )
