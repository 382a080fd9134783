"""The nouns for files where people keep them: what was found at a path, and what a command there said. Pure."""

from dataclasses import dataclass

from dragoman.core.ports import Done, Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What there is at a path below a system's root."""

    system: str
    path: str
    """Normalised; its parts may be names that are no text (see paths.shown)."""
    facts: Facts

    @property
    def is_directory(self) -> bool:
        """Whether it holds others."""
        return self.facts.kind == "dir"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A command that ran on a host."""

    command: str
    done: Done


@dataclass(frozen=True, slots=True, kw_only=True)
class PathShares:
    """With whom a path is shared, by itself or by a path above it."""

    everybody: str | None
    """The path that is shared with everybody; None: none is."""
    people: tuple[tuple[str, str], ...]
    """(account name, shared path), nearest path first."""
