"""The handlers of who else may see a job, or act on it. Sharing a job shares all of it, its outputs too."""

from typing import Any

from dragoman.core.errors import NotFound
from dragoman.core.things import Verb
from dragoman.desk.hosted_jobs import Seen
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.jobs import READ, WRITE, seen
from dragoman.dialects.tapis2.links import links, profile
from dragoman.dialects.tapis2.pems import read_pem, write_pem

KNOWN = ("READ", "WRITE", "READ_WRITE", "ALL", "NONE", "")
_NAMES = ("read", "write")
_TOPICS = {Verb.READ: READ, Verb.CHANGE: WRITE}
_VERBS = {topic: verb for verb, topic in _TOPICS.items()}


async def pems(call: Call) -> Answer:
    """Who may do what; its owner first."""
    found, user = await seen(call), call.param("user")
    held = await _held(call, found)
    if not user:
        return Answer(result=[_pem(call, found, name, verbs) for name, verbs in held.items()])
    if user not in held:
        raise NotFound(f"No permissions found for user {user}")
    return Answer(result=_pem(call, found, user, held[user]))


async def _held(call: Call, found: Seen) -> dict[str, frozenset[Verb]]:
    held: dict[str, frozenset[Verb]] = {found.owner.name: frozenset(_VERBS.values())}
    if call.who.account.id != found.owner.id and not call.who.account.is_admin:
        return {**held, call.me: frozenset({Verb.READ})}
    for one in await call.desk.job_shares.shares(call.who, DOOR, found.job.alias):
        if one.path in _VERBS:
            held[one.name] = held.get(one.name, frozenset()) | {_VERBS[one.path]}
    return held


async def set_pem(call: Call) -> Answer:
    """Let somebody do exactly this."""
    found, sent = await seen(call, WRITE), await call.sent()
    user = call.param("user") or sent.word("username")
    if not user:
        raise Refused(400, "Please specify the username of who gets the permission.")
    verbs = read_pem(sent.word("permission"), known=KNOWN)
    verbs &= frozenset(_TOPICS)
    await call.desk.job_shares.unshare(call.who, DOOR, found.job.alias, user)
    topics = sorted({_TOPICS[verb] for verb in verbs} | ({READ} if verbs else set()))
    if topics:
        await call.desk.job_shares.share(call.who, DOOR, found.job.alias, user, topics)
    return Answer(result=_pem(call, found, user, verbs), status=201)


async def remove_pem(call: Call) -> Answer:
    """Take back what somebody, or everybody, was granted. Anybody may give up what they were granted themselves."""
    user = call.param("user")
    found = await seen(call, READ if user == call.me else WRITE)
    names = [user] if user else [name for name in await _held(call, found) if name != found.owner.name]
    for name in names:
        await call.desk.job_shares.unshare(call.who, DOOR, found.job.alias, name)
    return Answer(result=None)


def _pem(call: Call, found: Seen, user: str, verbs: frozenset[Verb]) -> dict[str, Any]:
    path = f"jobs/v2/{found.job.alias}"
    told = links(call.base, self=f"{path}/pems/{user}", parent=path, profile=profile(user))
    return {"username": user, "internalUsername": None, "permission": write_pem(verbs, _NAMES), "_links": told}


ROUTES: tuple[Route, ...] = tuple(
    Route(method=method, path=path, handler=handler)
    for path in ("jobs/v2/{job}/pems", "jobs/v2/{job}/pems/{user}")
    for method, handler in (("GET", pems), ("POST", set_pem), ("DELETE", remove_pem))
)
