"""The ids this door shows: a UUID, and behind it the three digits that say what kind of thing it names."""

from enum import StrEnum
from urllib.parse import quote
from uuid import UUID, uuid4, uuid5

from dragoman.core.paths import shown

_SPACE = UUID("6f4f7c0e-3d8e-4b2f-9a51-7d1f2c0b6a02")


class Thing(StrEnum):
    """What an id names."""

    PROFILE = "001"
    FILE = "002"
    APP = "005"
    SYSTEM = "006"
    JOB = "007"
    POSTIT = "010"
    NOTIFICATION = "011"
    TENANT = "016"
    ATTEMPT = "042"


def mint(kind: str = Thing.JOB) -> str:
    """A new id."""
    return f"{uuid4()}-{kind}"


def known_as(kind: Thing, *names: str) -> str:
    """The id of something that has no other of its own: always the same for the same names."""
    whole = chr(0).join((kind, *names))
    # Names on hosts are bytes; UUIDs are made of text.
    text = whole if shown(whole) == whole else quote(whole.encode(errors="surrogateescape"))
    return f"{uuid5(_SPACE, text)}-{kind}"
