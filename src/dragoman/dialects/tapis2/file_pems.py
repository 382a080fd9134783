"""The handlers of who else may reach a path: given by whoever owns the system, to people or to everybody."""

from typing import Any

from dragoman.core.errors import NotFound
from dragoman.core.things import Verb
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.links import links, profile
from dragoman.dialects.tapis2.pems import VERBS, read_pem, write_pem
from dragoman.dialects.tapis2.spots import Place, note, routes
from dragoman.dialects.tapis2.write_file import in_address

EVERYBODY = frozenset({"*", "public", "world"})
ALL = frozenset(VERBS.values())
_READS, _CHANGES = frozenset({Verb.READ}), frozenset({Verb.READ, Verb.CHANGE})


async def pems(call: Call, place: Place) -> Answer:
    """Who may do what with a path: the owner of its system, and whoever was let."""
    await call.desk.places.facts(call.who, DOOR, place.face.name, place.path, follow=False)
    owner = place.face.view.owner.name
    found = {owner: (ALL, True)}
    if place.face.view.rights.is_owner:
        for name, path, verb in await call.desk.path_grants.held(call.who, DOOR, place.face.name, place.path):
            verbs = _CHANGES if verb is Verb.CHANGE else _READS
            found[name or "public"] = (verbs, path != place.path or found.get(name, ((), True))[1])
    elif call.me != owner:
        _, own = await call.desk.path_grants.of(call.who, DOOR, place.face.name, place.path)
        found[call.me] = (_CHANGES if own is Verb.CHANGE else _READS, True)
    return Answer(result=[_pem(call, place, name, verbs, is_deep) for name, (verbs, is_deep) in found.items()])


async def set_pem(call: Call, place: Place) -> Answer:
    """Let somebody, or everybody, do this with a path and what lies below it."""
    sent = await call.sent()
    user, verbs = sent.word("username"), read_pem(sent.word("permission"))
    if not user:
        raise Refused(400, "Please specify the username of who gets the permission.")
    await call.desk.places.facts(call.who, DOOR, place.face.name, place.path, follow=False)
    if user in EVERYBODY:
        await _set_public(call, place, verbs)
    else:
        await _set(call, place, user, verbs)
    operation = "PERMISSION_GRANT" if verbs else "PERMISSION_REVOKE"
    await note(call, place, operation, f"{sent.word('permission')} for {user}")
    return Answer(result=[_pem(call, place, user, verbs, True)])


async def _set_public(call: Call, place: Place, verbs: frozenset[Verb]) -> None:
    if Verb.CHANGE in verbs:
        raise Refused(400, "Everybody may be let read a path, not write to it.")
    change = call.desk.path_grants.share if Verb.READ in verbs else call.desk.path_grants.unshare
    await change(call.who, DOOR, place.face.name, place.path, None)


async def _set(call: Call, place: Place, user: str, verbs: frozenset[Verb]) -> None:
    where = (call.who, DOOR, place.face.name, place.path)
    await call.desk.path_grants.take(*where, user=user)
    if verbs & _CHANGES:
        verb = Verb.CHANGE if Verb.CHANGE in verbs else Verb.READ
        await call.desk.path_grants.give(*where, user=user, verb=verb)


async def remove_pems(call: Call, place: Place) -> Answer:
    """Take back all that was given on exactly this path."""
    held = await call.desk.path_grants.held(call.who, DOOR, place.face.name, place.path)
    there = {name for name, path, _ in held if path == place.path}
    if not there:
        raise NotFound("There are no permissions to remove.")
    for name in there:
        if name:
            await _set(call, place, name, frozenset())
        else:
            await _set_public(call, place, frozenset())
    await note(call, place, "PERMISSION_REVOKE", "All permissions were removed")
    return Answer(result=None)


def _pem(call: Call, place: Place, user: str, verbs: frozenset[Verb], is_deep: bool) -> dict[str, Any]:
    path = f"files/v2/pems/system/{place.face.id}/{in_address(place.path)}"
    media = f"files/v2/media/system/{place.face.id}/{in_address(place.path)}"
    told = links(call.base, self=f"{path}?username.eq={user}", file=media, profile=profile(user))
    return {
        "username": user,
        "internalUsername": None,
        "permission": write_pem(verbs),
        "recursive": is_deep,
        "_links": told,
    }


ROUTES: tuple[Route, ...] = (
    *routes("GET", "pems", pems),
    *routes("POST", "pems", set_pem),
    *routes("DELETE", "pems", remove_pems),
)
