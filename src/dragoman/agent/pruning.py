"""Deletes images that were fetched to a node and that no goal needs any longer, those first that lay unused longest."""

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import NamedTuple

from dragoman.agent.imagestore import flat
from dragoman.agent.plate import Plate
from dragoman.agent.read_goals import read_plugin_images
from dragoman.shells.trees import remove_tree
from dragoman.store import Connection
from dragoman.store.edge import firings, goals

_LEFT = (".new", ".storage", ".gone")
"""Of a fetch, or of a deletion, that was cut off."""
_SUFFIXES = ("", ".sif")


class _Fetched(NamedTuple):
    used_at: float
    size: int
    place: str


def needed_images(conn: Connection, plate: Plate) -> set[str]:
    """The images that goals of this node name, and those of executions that have not ended."""
    wanted = {image for goal in goals.list_goals(conn) for image in read_plugin_images(goal, plate.vsn)}
    return wanted | {str(one.spec.get("image")) for one in firings.active_firings(conn)}


def prune(directory: str, needed: Collection[str], most: int) -> list[str]:
    """Delete until what was fetched takes no more than ``most`` bytes; the names of what is gone. Blocks.

    What is needed or in use stays, and whatever somebody has laid there. Wherever this ends, no half of an image stays.
    """
    with suppress(FileNotFoundError):
        _clear(directory)
    fetched = sorted(_fetched(directory))
    excess, spared, gone = sum(one.size for one in fetched) - most, {flat(image) for image in needed}, []
    for one in fetched:
        if excess <= 0:
            break
        if os.path.basename(one.place) not in spared and _delete(one.place):
            excess -= one.size
            gone.append(os.path.basename(one.place))
    return gone


def _clear(directory: str) -> None:
    """Remove what was left halfway, where nobody is at it."""
    for name in os.listdir(directory):
        place, suffix = os.path.splitext(os.path.join(directory, name))
        if suffix in _LEFT:
            with _alone(place) as is_alone:
                if is_alone:
                    _forget(place, f"{place}{suffix}")


def _fetched(directory: str) -> Iterator[_Fetched]:
    with suppress(FileNotFoundError), os.scandir(directory) as entries:
        for entry in entries:
            place, suffix = os.path.splitext(entry.path)
            if suffix == ".used" and any(os.path.exists(f"{place}{one}") for one in _SUFFIXES):
                with open(entry.path, encoding="utf-8") as file:
                    size = file.read()
                if size.isdigit():
                    yield _Fetched(entry.stat().st_mtime, int(size), place)


def _delete(place: str) -> bool:
    """Delete an image, unless somebody fetches or uses it."""
    with _alone(place) as is_alone:
        if is_alone:
            for suffix in _SUFFIXES:
                if os.path.lexists(f"{place}{suffix}"):
                    os.rename(f"{place}{suffix}", f"{place}.gone")  # from here on it is fetched again
                    _forget(place, f"{place}.gone")
        return is_alone


def _forget(place: str, left: str) -> None:
    """Remove what is left of an image, and, where there is none any longer, what was known of it."""
    if not any(os.path.exists(f"{place}{suffix}") for suffix in _SUFFIXES):
        with suppress(FileNotFoundError):
            os.unlink(f"{place}.json")
        with suppress(FileNotFoundError):
            os.truncate(f"{place}.used", 0)  # somebody may lay another one there, which stays
    remove_tree(left)


@contextmanager
def _alone(place: str) -> Iterator[bool]:
    """Whether nobody else fetches an image or uses it; nobody begins to while this lasts."""
    with ExitStack() as stack:
        try:
            for suffix in (".lock", ".used"):
                file = stack.enter_context(open(f"{place}{suffix}", "a", encoding="utf-8"))
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
