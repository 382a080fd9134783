"""Writes what was done to systems, apps and paths, for histories and for notifications. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from dragoman.core.notices import Noted
from dragoman.core.registered import HistoryItem, Kind
from dragoman.core.standing import PATH
from dragoman.core.transfers import TRANSFERRED, TransferState
from dragoman.dialects.tapis2.ids import Thing, known_as
from dragoman.dialects.tapis2.links import links
from dragoman.dialects.tapis2.times import iso

EVENT = "event"
"""What the detail of a note may hold: the word by which this door knows what was done."""
BELOW = "SYSTEM_"
"""Stands before what was done to a path, where it is told of the system."""
WORDS: Mapping[str, tuple[str, str]] = {
    "create": ("CREATED", "This was created"),
    "change": ("UPDATED", "This was updated"),
    "enable": ("ENABLED", "This was enabled"),
    "disable": ("DISABLED", "This was disabled"),
    "delete": ("DELETED", "This was deleted"),
    "undelete": ("RESTORED", "This was restored"),
    "change_owner": ("UPDATED", "This was given to another owner"),
    "grant": ("ROLES_GRANT", "A role was granted"),
    "revoke": ("ROLES_REVOKE", "A role was revoked"),
    "share": ("PUBLISH", "This was published"),
    "unshare": ("UNPUBLISH", "This was unpublished"),
    "set_credential": ("CREDENTIAL_UPDATE", "A credential was stored"),
    "remove_credential": ("CREDENTIAL_REMOVE", "A credential was removed"),
    "lock": ("UPDATED", "This was locked"),
    "unlock": ("UPDATED", "This was unlocked"),
    "choose": ("SET_PUBLIC_DEFAULT", "This was made everybody's default"),
    "forget": ("UNSET_PUBLIC_DEFAULT", "This is everybody's default no longer"),
}
_OF_APPS: Mapping[str, tuple[str, str]] = {
    "grant": ("PERMISSION_GRANT", "A permission was granted"),
    "revoke": ("PERMISSION_REVOKE", "A permission was revoked"),
    "share": ("PUBLISHED", "This is for everybody now"),
    "unshare": ("UNPUBLISHED", "This is for everybody no longer"),
}
_DETAILS: Mapping[str, str] = {
    "QUEUE_CREATE": "A queue was added",
    "QUEUE_UPDATE": "A queue was changed",
    "QUEUE_DELETE": "A queue was removed",
    "PUBLISHED": "A copy was made for everybody",
    "CLONED": "A copy was made",
    "PUBLISHING_FAILED": "No copy could be made for everybody",
    "CLONING_FAILED": "No copy could be made",
}
_OF_PATHS = (
    *("CREATED", "DELETED", "RENAME", "MOVED", "OVERWRITTEN", "PERMISSION_GRANT", "PERMISSION_REVOKE", "UPLOAD"),
    *("STAGING_QUEUED", "STAGING_COMPLETED", "STAGING_FAILED"),
)
_COMMON = ("CREATED", "UPDATED", "ENABLED", "DISABLED", "DELETED", "RESTORED")
EVENTS: Mapping[str, tuple[str, ...]] = {
    Kind.SYSTEM: (
        *(*_COMMON, "ROLES_GRANT", "ROLES_REVOKE", "PUBLISH", "UNPUBLISH", "CREDENTIAL_UPDATE", "CREDENTIAL_REMOVE"),
        *("SET_PUBLIC_DEFAULT", "UNSET_PUBLIC_DEFAULT", "QUEUE_CREATE", "QUEUE_UPDATE", "QUEUE_DELETE"),
        *(BELOW + word for word in _OF_PATHS),
    ),
    Kind.APP: (
        *(*_COMMON, "PERMISSION_GRANT", "PERMISSION_REVOKE", "PUBLISHED", "UNPUBLISHED", "CLONED"),
        *("PUBLISHING_FAILED", "CLONING_FAILED"),
    ),
    PATH: _OF_PATHS,
}
"""What people may be told of each kind of thing."""


def happened(noted: Noted, kind: str) -> tuple[str, str]:
    """What was done, in a word and in a line, for those who follow a thing of this kind."""
    word, line = _said(noted.item, noted.kind)
    return (BELOW + word if noted.kind == PATH and kind != PATH else word), line


def _said(item: HistoryItem, kind: str) -> tuple[str, str]:
    told = str(item.detail.get("told", ""))
    if item.operation == TRANSFERRED:
        done = item.detail.get("state") == TransferState.COMPLETED
        return ("STAGING_COMPLETED", "The file was fetched") if done else ("STAGING_FAILED", told or "Not fetched")
    if kind == PATH:
        return item.operation, told
    if word := str(item.detail.get(EVENT, "")):
        return word, f"{_DETAILS.get(word, word)}{_packed(item)}"
    words = {**WORDS, **(_OF_APPS if kind == Kind.APP else {})}
    word, line = words.get(item.operation, (item.operation.upper(), item.operation))
    return word, f"{line}{_packed(item)}"


def _packed(item: HistoryItem) -> str:
    """Of a published app: which it is, and the checksum of its assets."""
    md5 = item.detail.get("md5")
    return f" as {item.detail['id']}. The md5 of its assets is {md5}" if md5 else ""


def write_history(items: Iterable[HistoryItem], place: str, kind: str) -> list[dict[str, Any]]:
    """The history, oldest first; ``place`` is the address of the thing."""
    return [_item(item, place, number, kind) for number, item in enumerate(items)]


def write_path_history(items: Iterable[HistoryItem], name: str) -> list[dict[str, Any]]:
    """The history of a path, oldest first."""
    return [{"name": name, **write_event(item, _said(item, PATH))} for item in items]


def write_event(item: HistoryItem, said: tuple[str, str]) -> dict[str, Any]:
    """Something that was done, by whom, and when."""
    status, description = said
    return {"status": status, "created": iso(item.at), "createdBy": item.account, "description": description}


def _item(item: HistoryItem, place: str, number: int, kind: str) -> dict[str, Any]:
    uuid = known_as(Thing.SYSTEM, place, str(number))
    return {"id": uuid, **write_event(item, _said(item, kind)), "_links": links(place, self=f"history/{uuid}")}
