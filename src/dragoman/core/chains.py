"""Chains of starts: why events may not start a stored job, and whether what that starts comes back to it. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from dragoman.core.errors import Conflict, NotFound
from dragoman.core.job import Job

MOST_LINKS = 100
"""Jobs that one start leads to, its own among them, at the most."""

Find = Callable[[str], Job]
"""The stored job that ``DOOR/ALIAS``, or an alias alone, means. Raises NotFound, and Conflict for two."""


def _nothing(_: Job) -> str:
    return ""


def _none(_: Job) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Startable:
    """What a door, whose stored jobs events may start, says of one of them; both are pure."""

    fault: Callable[[Job], str] = _nothing
    """Why events may not start copies of it; empty: they may."""
    starts: Callable[[Job], Sequence[str]] = _none
    """The stored jobs that copies of it start in turn, as its rules name them."""


def start_fault(reference: str, find: Find, doors: Mapping[str, Startable], *, holder: Job | None = None) -> str:
    """Why a stored job may not be started, by a rule of ``holder`` if there is one; empty: it may.

    Raises NotFound and Conflict when there is no such job, or there are two.
    """
    first = find(reference)
    if fault := doors[first.door].fault(first):
        return fault
    above = () if holder is None else (_name(holder),)
    seen: set[str] = set()
    if back := _comes_back(first, find, doors, above, seen):
        return f"Jobs would start each other without end: {' > '.join(back)}."
    return f"It would start {MOST_LINKS} other jobs in turn, or more." if len(seen) > MOST_LINKS else ""


def _comes_back(
    job: Job, find: Find, doors: Mapping[str, Startable], above: tuple[str, ...], seen: set[str]
) -> tuple[str, ...]:
    """The part of a chain that begins and ends with the same job; empty: there is none, or it is too long to tell."""
    name = _name(job)
    if name in above:
        return (*above[above.index(name) :], name)
    if name in seen or len(seen) > MOST_LINKS:
        return ()
    seen.add(name)
    for one in _after(job, find, doors):
        if back := _comes_back(one, find, doors, (*above, name), seen):
            return back
    return ()


def _after(job: Job, find: Find, doors: Mapping[str, Startable]) -> Iterator[Job]:
    """What is not there (any more) is told when it is to be started."""
    for reference in dict.fromkeys(doors[job.door].starts(job)):
        with suppress(NotFound, Conflict):
            yield find(reference)


def _name(job: Job) -> str:
    return f"{job.door}/{job.alias}"
