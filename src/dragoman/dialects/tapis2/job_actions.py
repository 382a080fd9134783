"""The handlers of what is done to a job by a word, and of running one again."""

import json
from collections.abc import Mapping
from typing import Any

from dragoman.dialects.tapis2.body import Sent
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.job_facts import ATTRIBUTES, VARIABLES
from dragoman.dialects.tapis2.job_values import shown
from dragoman.dialects.tapis2.jobs import WRITE, seen, show, stop
from dragoman.dialects.tapis2.read_job import Asked, read_job
from dragoman.dialects.tapis2.resolve_job import app_for, values_of
from dragoman.dialects.tapis2.submit import accepted, start

Json = Mapping[str, Any]

NOTIFYING = frozenset({"notifications", "callbackUrl"})
"""Fields of a request that ask for notifications."""


async def resubmit(call: Call) -> Answer:
    """Start a job with the request of another one."""
    return await _again(call, await call.sent())


async def _again(call: Call, sent: Sent) -> Answer:
    found = await seen(call, WRITE)
    letter = json.loads(found.job.letter)
    if _refuses(sent, "preserveNotifications"):
        letter = {key: value for key, value in letter.items() if key not in NOTIFYING}
    asked = read_job(letter, is_form=True)
    await _check_unchanged(call, asked, found.job.notes[ATTRIBUTES], sent)
    started = await start(call, asked, variables=found.job.notes.get(VARIABLES, {}))
    return Answer(result=accepted(call, started), status=202)


def _refuses(sent: Sent, option: str) -> bool:
    return sent.word(option).lower() in {"false", "0"}


async def _check_unchanged(call: Call, asked: Asked, before: Json, sent: Sent) -> None:
    """Raise Refused where the app has other fixed values than it had, and somebody minds."""
    facet = (await app_for(call, asked.app_id)).app.facets[DOOR]
    values = values_of(asked, facet)
    for kind, found in (("Input", values.inputs), ("Parameter", values.parameters)):
        option, now, then = f"ignore{kind}Conflicts", shown(found), before[f"{kind.lower()}s"]
        fixed = [one["id"] for one in facet[f"{kind.lower()}s"] if not one["value"]["visible"]]
        changed = [name for name in fixed if now.get(name) != then.get(name)]
        if changed and _refuses(sent, option):
            why = f"{kind} {changed[0]} has changed since the job was last run."
            raise Refused(400, f"{why} Send {option}=true to take it as it is now.")


async def act(call: Call) -> Answer:
    """Do what the body says; an empty one says resubmit."""
    sent = await call.sent()
    action = _action(sent)
    if action == "resubmit":
        return await _again(call, sent)
    if action in {"stop", "kill", "cancel"}:
        return await stop(call)
    if action in {"restore", "unhide"}:
        return await show(call, visible=True)
    if action == "hide":
        return await show(call, visible=False)
    why = "No action specified" if not action else f"Invalid action {action}"
    raise Refused(400, f"{why}. Valid actions are: stop, kill, cancel, resubmit, hide, restore")


def _action(sent: Sent) -> str:
    return "resubmit" if sent.is_empty and sent.is_json else sent.word("action").lower()


ROUTES: tuple[Route, ...] = (
    Route(method="POST", path="jobs/v2/{job}/resubmit", handler=resubmit),
    Route(method="POST", path="jobs/v2/{job}", handler=act),
)
