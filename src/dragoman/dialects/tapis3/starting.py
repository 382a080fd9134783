"""Starts copies of jobs because of events: the same request, with the event's variables in its environment."""

import json
from collections.abc import Mapping
from typing import Any

from dragoman.config import Settings
from dragoman.core.starts import Copy, Starter
from dragoman.core.things import Identity
from dragoman.desk import Desk
from dragoman.dialects.tapis3.asking import Owner
from dragoman.dialects.tapis3.door import DOOR
from dragoman.dialects.tapis3.read_job import read_request
from dragoman.dialects.tapis3.start_job import start


def starter(desk: Desk, settings: Settings) -> Starter:
    """Makes and starts copies of this door's jobs."""

    async def start_copy(wanted: Copy) -> None:
        owner = Owner(who=Identity(account=wanted.owner), desk=desk, settings=settings)
        if not await desk.hosted_jobs.has(owner.who, DOOR, wanted.alias):
            stored = await desk.hosted_jobs.find(owner.who, DOOR, wanted.of)
            letter = with_variables(json.loads(stored.job.letter), wanted.variables)
            await start(owner, json.dumps(letter), read_request(letter), uuid=wanted.alias)

    return start_copy


def with_variables(letter: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    """The same request with these environment variables, in the place of its own of the same names. Pure."""
    parameters = letter.get("parameterSet") or {}
    kept = [one for one in parameters.get("envVariables") or () if one.get("key") not in variables]
    added = [{"key": key, "value": value} for key, value in variables.items()]
    return {**letter, "parameterSet": {**parameters, "envVariables": [*kept, *added]}}
