"""Reads who is to be given what on an app of the code repository, and the words for it. Pure.

See docs/dialects/sage.md#code-repository.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from dragoman.core.errors import Invalid
from dragoman.core.things import Verb

EVERYBODY = "AllUsers"
PERMISSIONS: Mapping[str, tuple[Verb, str]] = {
    "READ": (Verb.READ, ""),
    "WRITE": (Verb.CHANGE, ""),
    "READ_ACP": (Verb.READ, "acp"),
    "WRITE_ACP": (Verb.CHANGE, "acp"),
    "FULL_CONTROL": (Verb.OWN, ""),
}
"""Word to verb and path of its grant. For everybody, READ is a share."""
OPERATIONS = {"add": True, "delete": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """A change of who may do what."""

    adds: bool
    grantee: str
    """An account; empty: everybody."""
    verb: Verb
    path: str


def read_permission(body: bytes) -> Permission:
    """The change that a request asks for. Raises Invalid."""
    asked = _texts(body)
    if asked["operation"] not in OPERATIONS:
        raise Invalid.field("operation", why="Say add or delete.")
    if asked["permission"] not in PERMISSIONS:
        raise Invalid.field("permission", why=f"One of {', '.join(PERMISSIONS)} is needed here.")
    adds, is_group = OPERATIONS[asked["operation"]], asked["granteeType"] == "GROUP"
    is_somebody = asked["granteeType"] == "USER" and asked["grantee"] and asked["grantee"].isprintable()
    if not is_somebody and not (is_group and asked["grantee"] == EVERYBODY):
        raise Invalid.field("grantee", why=f"A USER by name, or the GROUP {EVERYBODY}, is needed here.")
    if is_group and asked["permission"] != "READ":
        raise Invalid.field("permission", why="Everybody can be given READ alone.")
    verb, path = (Verb.SHARE, "") if is_group else PERMISSIONS[asked["permission"]]
    return Permission(adds=adds, grantee="" if is_group else asked["grantee"], verb=verb, path=path)


def _texts(body: bytes) -> dict[str, str]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Invalid({(): ["The body is no JSON object."]}) from error
    if not isinstance(value, dict):
        raise Invalid({(): ["The body is no JSON object."]})
    keys = ("operation", "granteeType", "grantee", "permission")
    return {key: value[key] if isinstance(value.get(key), str) else "" for key in keys}
