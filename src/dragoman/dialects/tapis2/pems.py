"""Permissions as this door words them, and what each lets one do. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from dragoman.core.things import Verb
from dragoman.dialects.tapis2.errors import Refused

VERBS: Mapping[str, Verb] = {"read": Verb.READ, "write": Verb.CHANGE, "execute": Verb.RUN}
WORDS: Mapping[str, tuple[str, ...]] = {
    "READ": ("read",),
    "WRITE": ("write",),
    "EXECUTE": ("execute",),
    "READ_WRITE": ("read", "write"),
    "READ_EXECUTE": ("read", "execute"),
    "WRITE_EXECUTE": ("write", "execute"),
    "ALL": ("read", "write", "execute"),
    "NONE": (),
    "": (),
}


def read_pem(word: str, *, known: Collection[str] = tuple(WORDS)) -> frozenset[Verb]:
    """What a permission lets one do; none: nothing any more. Raises Refused."""
    if word.upper() not in known:
        raise Refused(400, f"Unknown permission value {word}. Choose one of {', '.join(filter(None, known))}.")
    return frozenset(VERBS[name] for name in WORDS[word.upper()])


def write_pem(verbs: Collection[Verb], names: Collection[str] = tuple(VERBS)) -> dict[str, Any]:
    """What somebody may do, as it is shown."""
    return {name: VERBS[name] in verbs for name in names}
