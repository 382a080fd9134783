"""Where the attributes of things lie in rows, so that the store finds, sorts and cuts out what a list wants. Pure."""

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
    words: Mapping[str, str] = field(default_factory=dict)
    """What the values of the column are called; empty: as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of a list is wanted. An attribute without a source has to be looked at in the things themselves."""

    sources: Mapping[str, Source]
    kinds: Mapping[str, Kind]
    query: Query = EVERYTHING
    listing: Listing = field(default_factory=Listing)
    total: bool = False
    """Also how many there are before the list is cut."""
    part_only: bool = False
    """Nothing is read where the store cannot tell the part."""
