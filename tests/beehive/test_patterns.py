"""What listeners may ask for: topics for names, and expressions for meta."""

import pytest

from dragoman.core.regexes import BadPattern
from dragoman.dialects.beehive.patterns import anywhere, topics


@pytest.mark.parametrize(
    ("topic", "name", "fits"),
    [
        ("#", "env.rain", True),
        ("env.#", "env", True),
        ("env.#", "env.a.b.c", True),
        ("env.*", "env.a", True),
        ("env.*", "env", False),
        ("env.*", "env.a.b", False),
        ("*.rain", "env.rain", True),
        ("#.rain", "a.b.rain", True),
        ("#.b.#", "a.b.c.d", True),
        ("#.x.#", "a.b.c.d", False),
        ("env.rain", "env.rain", True),
        ("env.rain", "env.rains", False),
        ("sys.#|env.rain", "env.rain", True),
        ("sys.#|env.rain", "env.wind", False),
        ("", "env", False),
        ("*.*", "a.b", True),
        ("#.#", "a", True),
    ],
)
def test_topics(topic: str, name: str, fits: bool) -> None:
    assert fits is topics(topic)(name)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("W023", "W023", True),
        ("02", "W023", True),
        ("^02", "W023", False),
        ("23$", "W023", True),
        ("^W02$", "W023", False),
        ("W019|W023", "W023", True),
        ("^W019|W023$", "W023", True),
        ("", "", True),
        ("", "x", True),
        ("x", "", False),
    ],
)
def test_expressions_match_anywhere(pattern: str, text: str, fits: bool) -> None:
    assert fits is anywhere(pattern)(text)


@pytest.mark.parametrize("pattern", ["(", "[", "a{9999999}", "a" * 5000])
def test_expressions_that_are_none(pattern: str) -> None:
    with pytest.raises(BadPattern):
        anywhere(pattern)


def test_a_hostile_topic_takes_no_longer_than_another() -> None:
    assert topics(".".join(["#"] * 64))("a." * 63 + "a") is not None
    with pytest.raises(BadPattern):
        topics(".".join(["#"] * 65))
