"""The ids this door shows: a UUID, and behind it the three digits that say what kind of thing it names."""

from uuid import uuid4

JOB, POSTIT = "007", "010"


def mint(kind: str = JOB) -> str:
    """A new id."""
    return f"{uuid4()}-{kind}"


def mint_postit() -> str:
    """A new id of a link that whoever holds it may follow."""
    return mint(POSTIT)
