"""Bindings of a topic exchange: which names they mean. Pure."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

MOST_CHARACTERS = 255


@lru_cache(4096)
def fits(topic: str, name: str) -> bool:
    """Whether a name is meant: ``*`` is any one word, ``#`` any number of them, none too."""
    words = topic.split(".")
    places = _on(words, {0})
    for word in name.split("."):
        heard = {place if words[place] == "#" else place + 1 for place in places if _takes(words, place, word)}
        places = _on(words, heard)
    return len(words) in places


def _takes(words: Sequence[str], place: int, word: str) -> bool:
    return place < len(words) and words[place] in {"#", "*", word}


def _on(words: Sequence[str], places: Iterable[int]) -> set[int]:
    """These places, and those behind each ``#`` there, which may stand for nothing."""
    found = set(places)
    for place in range(len(words)):
        if place in found and words[place] == "#":
            found.add(place + 1)
    return found
