"""Writes what was done to systems, apps and paths, for histories and for notifications. Pure."""

from collections.abc import Iterable
from typing import Any

from dragoman.core.registered import HistoryItem, Kind
from dragoman.core.standing import PATH
from dragoman.core.topics import APP_ON_SYSTEM, CHOICE, SYSTEM_OF_APP, Noted, Topic
from dragoman.core.transfers import TRANSFERRED, TransferState
from dragoman.dialects.tapis2.event_words import (
    APPS_OF_SYSTEMS,
    BELOW,
    CONTENT,
    CONTENT_CHANGED,
    DETAILS,
    EVENT,
    STAGING,
    STATUS,
    STATUS_UPDATE,
    SYSTEMS_OF_APPS,
    WORDS,
    WORDS_OF_APPS,
)
from dragoman.dialects.tapis2.ids import Thing, known_as
from dragoman.dialects.tapis2.links import links
from dragoman.dialects.tapis2.times import iso

Said = tuple[str, str]
"""What was done, in a word and in a line."""
NOBODY = "public"
"""Who has done what was done without a login."""
_TRANSFERS = {
    TransferState.IN_PROGRESS: (STAGING, "The file is being fetched"),
    TransferState.COMPLETED: ("STAGING_COMPLETED", "The file was fetched"),
}


def happened(noted: Noted, of: Topic) -> list[Said]:
    """What was done, for those who follow a topic. Not of jobs: what happens to them is told by what they are then."""
    if noted.kind == APP_ON_SYSTEM:
        said = _said(noted.item, Kind.APP)
        return [(APPS_OF_SYSTEMS[word], line) for word, line in said if word in APPS_OF_SYSTEMS]
    said = _said(noted.item, Kind.SYSTEM if noted.kind in {CHOICE, SYSTEM_OF_APP} else noted.kind)
    if noted.kind == SYSTEM_OF_APP:
        return [(SYSTEMS_OF_APPS[word], line) for word, line in said if word in SYSTEMS_OF_APPS]
    if noted.kind == PATH and of.kind == Kind.SYSTEM:
        return [(BELOW + word, line) for word, line in said]
    if noted.kind == PATH and of.kind == PATH and noted.item.version != of.path:
        return [(CONTENT_CHANGED, f"{word}: {noted.item.version}") for word, _ in said if word in CONTENT]
    return said


def _said(item: HistoryItem, kind: str) -> list[Said]:
    told = str(item.detail.get("told", ""))
    if item.operation == TRANSFERRED:
        state = TransferState(str(item.detail.get("state")))
        return [_TRANSFERS.get(state) or ("STAGING_FAILED", told or "Not fetched")]
    if kind == PATH:
        return [(item.operation, told)]
    if word := str(item.detail.get(EVENT, "")):
        return [(word, f"{DETAILS.get(word, word)}{_packed(item)}")]
    word, line = (WORDS_OF_APPS if kind == Kind.APP else WORDS).get(
        item.operation, (item.operation.upper(), item.operation)
    )
    said = [(word, f"{line}{_packed(item)}")]
    if moved := item.detail.get(STATUS):
        said.append((STATUS_UPDATE, f"System status changed from {moved[0]} to {moved[1]}"))
    return said


def _packed(item: HistoryItem) -> str:
    """Of a published app: which it is, and the checksum of its assets."""
    md5 = item.detail.get("md5")
    return f" as {item.detail['id']}. The md5 of its assets is {md5}" if md5 else ""


def write_history(items: Iterable[HistoryItem], place: str, kind: str) -> list[dict[str, Any]]:
    """The history, oldest first; ``place`` is the address of the thing."""
    said = [(item, one) for item in items for one in _said(item, kind)]
    return [_item(item, one, place, number) for number, (item, one) in enumerate(said)]


def write_path_history(items: Iterable[HistoryItem], name: str) -> list[dict[str, Any]]:
    """The history of a path, oldest first."""
    return [{"name": name, **write_event(item, one)} for item in items for one in _said(item, PATH)]


def write_event(item: HistoryItem, said: Said) -> dict[str, Any]:
    """Something that was done, by whom, and when."""
    status, description = said
    by = item.account or NOBODY
    return {"status": status, "created": iso(item.at), "createdBy": by, "description": description}


def _item(item: HistoryItem, said: Said, place: str, number: int) -> dict[str, Any]:
    uuid = known_as(Thing.SYSTEM, place, str(number))
    return {"id": uuid, **write_event(item, said), "_links": links(place, self=f"history/{uuid}")}
