"""Which files of a run are kept: rules, unchanged inputs, patterns, and the log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.job import OutputRule
from dragoman.core.outputs import kept
from dragoman.core.ports import Entry

LEFT = [
    Entry(path="given.txt", size=1, changed=10),
    Entry(path="log", size=2, changed=20),
    Entry(path="made.TXT", size=3, changed=30),
    Entry(path="over/written.txt", size=4, changed=40),
    Entry(path="sub/deep/made.dat", size=5, changed=50),
]
BEFORE = {"given.txt": (1, 10), "over/written.txt": (4, 39), "gone.txt": (9, 9)}

ALL = ["given.txt", "log", "made.TXT", "over/written.txt", "sub/deep/made.dat"]


def glob(pattern: str, *, include: bool = True, case: bool = False) -> OutputRule:
    return OutputRule(kind="glob", pattern=pattern, include=include, case_sensitive=case)


def kind(name: str, *, include: bool = True) -> OutputRule:
    return OutputRule(kind=name, include=include)


def paths(*rules: OutputRule) -> list[str]:
    return [entry.path for entry in kept(LEFT, BEFORE, rules, log="log")]


TABLE = {
    "no rule: everything": ((), ALL),
    "what was made or changed": ((kind("generated"),), ["log", "made.TXT", "over/written.txt", "sub/deep/made.dat"]),
    "an input as it was": ((kind("input"),), ["given.txt", "log"]),
    "both": ((kind("generated"), kind("input")), ALL),
    "nothing is a template": ((kind("template"),), ["log"]),
    "any letter case": ((glob("MADE.txt"),), ["log", "made.TXT"]),
    "this letter case": ((glob("MADE.txt", case=True),), ["log"]),
    "a star spans folders": ((glob("sub*.dat"),), ["log", "sub/deep/made.dat"]),
    "a pattern is for the whole path": ((glob("made.dat"),), ["log"]),
    "one of some letters": ((glob("[go]*"),), ["given.txt", "log", "over/written.txt"]),
    "the last rule decides: in": ((glob("*", include=False), glob("*.dat")), ["log", "sub/deep/made.dat"]),
    "the last rule decides: out": ((glob("*"), glob("*.txt", include=False)), ["log", "sub/deep/made.dat"]),
    "the log stays": ((glob("*", include=False),), ["log"]),
}


@pytest.mark.parametrize(("rules", "expected"), TABLE.values(), ids=TABLE)
def test_rules_choose_among_what_was_left(rules: tuple[OutputRule, ...], expected: list[str]) -> None:
    """The last rule that matches decides, what none matches is dropped, and the log is always kept."""
    assert expected == paths(*rules)


def test_without_a_log_nothing_is_kept_for_it() -> None:
    """A log that was never written is no output."""
    assert [] == kept(LEFT, BEFORE, [kind("template")], log="other.log")


names = st.text("ab./*[]?", min_size=1, max_size=6)
rules = st.builds(
    OutputRule,
    kind=st.sampled_from(["generated", "input", "template", "glob"]),
    include=st.booleans(),
    pattern=names,
    case_sensitive=st.booleans(),
)
entries = st.lists(
    st.builds(Entry, path=names, size=st.integers(0, 2), changed=st.integers(0, 2)), unique_by=lambda entry: entry.path
)
stamps = st.dictionaries(names, st.tuples(st.integers(0, 2), st.integers(0, 2)))


@given(entries, stamps, st.lists(rules))
def test_what_is_kept_keeps_its_order(
    left: list[Entry], before: dict[str, tuple[int, int]], some: list[OutputRule]
) -> None:
    """Nothing is made up, repeated or moved, whatever the rules say."""
    found = kept(left, before, some, log="a")
    assert [entry for entry in left if entry in found] == found


@given(entries, stamps, st.lists(rules, min_size=1), rules)
def test_a_rule_in_front_takes_nothing_away(
    left: list[Entry], before: dict[str, tuple[int, int]], some: list[OutputRule], first: OutputRule
) -> None:
    """What a later rule keeps, no earlier one can drop."""
    later = kept(left, before, some, log="")
    assert later == [entry for entry in kept(left, before, [first, *some], log="") if entry in later]
