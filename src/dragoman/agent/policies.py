"""Which of the executions that wait may begin now: the policies that a node may have. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dragoman.agent.resources import Need, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An execution that waits or runs, and what is set aside for it."""

    id: int
    need: Need


Policy = Callable[[Sequence[Candidate], Sequence[Candidate], Need], list[Candidate]]
"""Of those that wait, oldest first, with those that run and all that the node has."""


def default(waiting: Sequence[Candidate], running: Sequence[Candidate], whole: Need) -> list[Candidate]:
    """Everything that there is room for, oldest first; one that is too large for now holds up none behind it."""
    room = whole - total(one.need for one in running)
    chosen = []
    for one in waiting:
        if one.need.fits(room):
            room -= one.need
            chosen.append(one)
    return chosen


def roundrobin(waiting: Sequence[Candidate], running: Sequence[Candidate], whole: Need) -> list[Candidate]:
    """One at a time, oldest first."""
    return [] if running else default(waiting[:1], running, whole)


def gpuaware(waiting: Sequence[Candidate], running: Sequence[Candidate], whole: Need) -> list[Candidate]:
    """As ``default``, but of those that want an accelerator one at a time."""
    taken = any(one.need.gpu for one in running)
    chosen: list[Candidate] = []
    for one in waiting:
        if one.need.gpu:
            if taken:
                continue
            taken = True
        chosen.append(one)
    return default(chosen, running, whole)


POLICIES: Mapping[str, Policy] = {"default": default, "roundrobin": roundrobin, "gpuaware": gpuaware}
"""By the name that a node is given."""
