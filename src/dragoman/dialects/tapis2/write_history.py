"""Writes what was done to systems and apps, in this door's words. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from dragoman.core.registered import HistoryItem
from dragoman.dialects.tapis2.ids import Thing, known_as
from dragoman.dialects.tapis2.links import links
from dragoman.dialects.tapis2.times import iso

WORDS: Mapping[str, tuple[str, str]] = {
    "create": ("CREATED", "This was created"),
    "change": ("UPDATED", "This was updated"),
    "enable": ("ENABLED", "This was enabled"),
    "disable": ("DISABLED", "This was disabled"),
    "delete": ("DELETED", "This was deleted"),
    "undelete": ("RESTORED", "This was restored"),
    "change_owner": ("UPDATED", "This was given to another owner"),
    "grant": ("ROLES_GRANT", "A role or permission was granted"),
    "revoke": ("ROLES_REVOKE", "A role or permission was revoked"),
    "share": ("PUBLISH", "This was published"),
    "unshare": ("UNPUBLISH", "This was unpublished"),
    "set_credential": ("CREDENTIAL_UPDATE", "A credential was stored"),
    "remove_credential": ("CREDENTIAL_REMOVE", "A credential was removed"),
    "lock": ("UPDATED", "This was locked"),
    "unlock": ("UPDATED", "This was unlocked"),
}


def write_history(items: Iterable[HistoryItem], place: str) -> list[dict[str, Any]]:
    """The history, oldest first; ``place`` is the address of the thing."""
    return [_item(item, place, number) for number, item in enumerate(items)]


def _item(item: HistoryItem, place: str, number: int) -> dict[str, Any]:
    status, description = WORDS.get(item.operation, (item.operation.upper(), item.operation))
    uuid = known_as(Thing.SYSTEM, place, str(number))
    return {
        "id": uuid,
        "status": status,
        "created": iso(item.at),
        "createdBy": item.account,
        "description": description,
        "_links": links(place, self=f"history/{uuid}"),
    }
