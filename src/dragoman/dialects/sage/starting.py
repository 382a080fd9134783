"""Starts copies of jobs because of events: the same job under its own number, with the event in each plugin's env."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from dragoman.config import Settings
from dragoman.core.chains import Startable
from dragoman.core.errors import Conflict
from dragoman.core.field import Field, FieldDraft, Plan, Planning
from dragoman.core.job import Job
from dragoman.core.rules import lifetime
from dragoman.core.starts import Copy, Starter
from dragoman.core.things import Account, Identity
from dragoman.desk import Desk
from dragoman.dialects.sage.document import Document, Spec, from_notes
from dragoman.dialects.sage.plan import Conditions, conditions_of, plan, planning
from dragoman.dialects.sage.read_job import DOOR, draft_of

SECRET = "{secret."  # noqa: S105 - how a job names what a node keeps
"""A node puts its own secret in the place of such a value."""
ENV = "env"


def starter(desk: Desk, settings: Settings) -> Starter:
    """Makes and submits copies of this door's jobs."""
    ending = _ending(conditions_of(settings))

    async def start_copy(wanted: Copy) -> None:
        who, make = Identity(account=wanted.owner), partial(copied, variables=wanted.variables)
        complaints = list(secret_faults(wanted.variables)) or await desk.field_jobs.start_copy(
            who, DOOR, wanted.of, make, ending, start_id=wanted.start_id
        )
        if complaints:
            raise Conflict(f"A copy of the job {wanted.of} cannot be submitted: {' '.join(complaints)}")

    return start_copy


def startable(settings: Settings) -> Startable:
    """Which jobs events may start here, and what those start in turn."""
    conditions = conditions_of(settings)
    return Startable(
        fault=lambda job: endless(from_notes(job.notes), conditions),
        starts=lambda job: planning(conditions).reread(job).starts,
    )


def endless(document: Document, conditions: Conditions) -> str:
    """Why nothing would ever end a copy, while each event adds one; empty: a criterion does. Pure."""
    if not conditions.has_ends:
        return "Each copy would be served for ever: this service ignores success criteria (field.criteria)."
    if lifetime(document.criteria or ()) is None:
        return "Each copy would be served for ever: add to the job a criterion, successCriteria: [WallClock(1h)]."
    return ""


def _ending(conditions: Conditions) -> Planning:
    """How goals of copies are made: as those of submits, unless they would be served for ever."""

    def make(draft: FieldDraft, field: Field, who: Account) -> Plan:
        made, fault = plan(draft, field, who, conditions), endless(from_notes(draft.notes), conditions)
        return replace(made, complaints=[*made.complaints, fault]) if fault else made

    return replace(planning(conditions), plan=make)


def secret_faults(variables: Mapping[str, str]) -> list[str]:
    """What nodes tell is data: it must not have another node reveal what that keeps. Pure."""
    named = [name for name, value in variables.items() if value.startswith(SECRET)]
    return [f"{name} names a secret of the node: what is told of an event may name none." for name in named]


def copied(job: Job, *, variables: Mapping[str, str]) -> FieldDraft:
    """The same job with these variables for each of its plugins, also where a node gives them others. Pure."""
    document = from_notes(job.notes)
    plugins = tuple(replace(one, spec=_told(one.spec, variables)) for one in document.plugins)
    nodes = None if document.nodes is None else {vsn: _on(given, variables) for vsn, given in document.nodes.items()}
    return draft_of(replace(document, plugins=plugins, nodes=nodes), job.letter)


def _told(spec: Spec, variables: Mapping[str, str]) -> Spec:
    return {**spec, ENV: {**(spec.get(ENV) or {}), **variables}}


def _on(given: Any, variables: Mapping[str, str]) -> Any:
    """What a node says replaces a plugin's whole ``env``, so the variables must be in that as well."""
    if not isinstance(given, Mapping):
        return given
    return {name: _told(spec, variables) if ENV in spec else spec for name, spec in given.items()}
