"""Patterns mean what people expect of them, as fast for a bad one as for a good one."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.core.globs import chosen, glob, pattern
from dragoman.core.regexes import BadPattern
from dragoman.core.regextext import regex


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("*.log", "a.log", True),
        ("*.log", "d/a.log", False),
        ("*/a.log", "d/a.log", True),
        ("**.log", "d/e/a.log", True),
        ("**/*.log", "d/e/a.log", True),
        ("**/*.log", "a.log", True),
        ("**/*", "a", True),
        ("**/*", "d/a", True),
        ("tmp/**", "tmp/a/b", True),
        ("tmp/**", "tmpx", False),
        ("d/**/a", "d/a", True),
        ("d/**/a", "d/x/y/a", True),
        ("d/**/a", "dxa", False),
        ("?.txt", "a.txt", True),
        ("?.txt", "/.txt", False),
        ("{a,b*}.txt", "bcd.txt", True),
        ("{a,b}.txt", "c.txt", False),
        ("{a,{b,c}d}", "cd", True),
        ("[a-c]x", "bx", True),
        ("[!a-c]x", "bx", False),
        ("[!a]x", "/x", False),
        ("[+-9]x", "/x", False),
        ("[]a]", "]", True),
        ("\\*", "*", True),
        ("\\*", "a", False),
        ("a.b", "axb", False),
        ("a,b}", "a,b}", True),
        ("", "", True),
        ("REGEX:.*\\.(log|out)", "d/a.out", True),
        ("REGEX:a", "ab", False),
        ("regex:a", "regex:a", True),
    ],
)
def test_patterns(text: str, path: str, expected: bool) -> None:
    """The whole path must match."""
    assert expected is pattern(text)(path)


@pytest.mark.parametrize("text", ["[a", "{a", "{a,b", "a\\", "[z-a]", "{" * 30, "REGEX:(", "REGEX:a)", "x" * 5000])
def test_bad_patterns_are_told(text: str) -> None:
    """What cannot be understood is no pattern that matches nothing."""
    with pytest.raises(BadPattern):
        pattern(text)


@pytest.mark.parametrize(
    "text",
    ["a**", "a++", "(?i)a", "(?=a)", "\\1", "\\bx", "x^", "a{2,1}", "a{x}", "a{5000}", "[[a]", "*", "a|*", "(" * 40]
    + ["((((a{900}){900}){900}){900})", "\\", "[", "a{", "[a-\\d]"],
)
def test_unsupported_expressions_are_told(text: str) -> None:
    """Look-around, back-references and the like are refused, not misunderstood."""
    with pytest.raises(BadPattern):
        regex(text)


ATOMS = st.sampled_from(["a", "b", "/", ".", "\\.", "\\d", "\\W", "[ab]", "[^a-c]", "[\\d-]", "1"])
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{0,2}", "*?"])).map(
            lambda p: f"(?:{p[0]}){p[1]}"
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=300)
@given(EXPRESSIONS, st.lists(st.text("ab/.1c-", max_size=8), max_size=6))
def test_expressions_mean_what_python_says(text: str, words: list[str]) -> None:
    """A machine of states and Python's own engine agree."""
    ours = regex(f"^{text}$")
    assert [re.fullmatch(text, word) is not None for word in words] == [ours(word) for word in words]


@pytest.mark.parametrize("text", ["REGEX:(a*)*b", "REGEX:(a|aa)+c", "*a" * 40 + "c", "**" * 30 + "c"])
def test_no_pattern_takes_for_ever(text: str) -> None:
    """Patterns that cost other engines years cost moments here."""
    began = time.perf_counter()
    assert not pattern(text)("a" * 3000)
    assert time.perf_counter() - began < 5


def test_excludes_win_and_includes_narrow() -> None:
    """First what is unwanted goes, then only what is wanted stays."""
    paths = ["a.log", "d/b.log", "tmp/c.log", "e.txt"]
    assert ["a.log", "d/b.log"] == chosen(paths, str, includes=["**/*.log"], excludes=["tmp/**"])
    assert ["a.log", "d/b.log", "e.txt"] == chosen(paths, str, excludes=["tmp/**"])
    assert paths == chosen(paths, str)


def test_a_glob_is_never_an_expression() -> None:
    """Only the prefix makes one."""
    assert glob("REGEX:a?")("REGEX:ab")
