"""Where the attributes of things lie in rows, so that the store finds, sorts and cuts out what a list wants. Pure.

An attribute lies in one place, or is worked out from several: the last move of some kind, a choice among values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dragoman.core.listing import Listing
from dragoman.core.search import EVERYTHING, Kind, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What holds an attribute: a column, or a place in the JSON that it holds."""

    column: str
    """``table.column``."""
    path: tuple[str, ...] = ()
    words: Mapping[str, str | None] = field(default_factory=dict)
    """What the values of the column are called; None: they are missing. Empty: as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A place in the JSON that a column holds, as the shortest JSON text of what is there."""

    column: str
    """``table.column``."""
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Moves of a job's run into one of these states."""

    now: tuple[str, ...]
    was: tuple[str, ...] = ()
    """Only from these; empty: from any."""
    but: tuple[str, ...] = ()
    """Not from these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastMove:
    """What is noted of the last such move: when it was (``at``), ``was``, or ``cause``; missing when there was none."""

    column: str
    among: tuple[Moves, ...]
    words: Mapping[str, str | None] = field(default_factory=dict)
    """What the values are called; others are missing. Empty: as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveCount:
    """How many such moves there were."""

    of: Moves


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOf:
    """The alias of the transfer that was made for the job's run under a tag; missing when there is none."""

    tag: str


@dataclass(frozen=True, slots=True)
class IsPublic:
    """Whether a system or an app is shared with everybody."""

    kind: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same for all; None: it is always missing."""

    value: str | int | None


@dataclass(frozen=True, slots=True)
class Joined:
    """Texts, one after another; missing when one of them is."""

    parts: "tuple[Held, ...]"


@dataclass(frozen=True, slots=True)
class Is:
    """Whether a text is one of some values, or, with ``other``, another one than these. What is missing is neither."""

    held: "Held"
    values: tuple[str, ...]
    other: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """What the first case holds whose conditions are all met; else ``otherwise``."""

    cases: "tuple[tuple[tuple[Is, ...], Held], ...]"
    otherwise: "Held" = Fixed(None)


Held = Source | Written | LastMove | MoveCount | TransferOf | IsPublic | Fixed | Joined | Choice
"""What holds an attribute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of a list is wanted. An attribute without a source has to be looked at in the things themselves."""

    sources: Mapping[str, Held]
    kinds: Mapping[str, Kind]
    query: Query = EVERYTHING
    listing: Listing = field(default_factory=Listing)
    total: bool = False
    """Also how many there are before the list is cut."""
    part_only: bool = False
    """Nothing is read where the store cannot tell the part."""
