"""The noun for a link that lets whoever holds it fetch one path."""

from dataclasses import dataclass

UNLIMITED = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Postit:
    """A link: to what, by whose right, how often and how long. Times in microseconds since 1970."""

    id: int
    alias: str
    system: str
    path: str
    owner: str
    owner_id: int
    allowed_uses: int
    """UNLIMITED: as often as one likes."""
    times_used: int
    expires_at: int
    created_at: int
    updated_at: int
