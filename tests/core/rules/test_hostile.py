"""Conditions that want more than they may: refused when they are read, or after little work."""

import pytest
from tests.core.rules.test_truth_table import World

from dragoman.core.rules import RuleFault, compile_condition
from dragoman.core.rules.lookup import Point

REFUSED_WHEN_READ = (
    "__import__('os').system('true')",
    "().__class__.__bases__",
    "v('env.t').__class__",
    "v('env.t').tofile('/tmp/x')",
    "open('/etc/passwd')",
    "eval('1')",
    "getattr(v, 'x')",
    "(lambda: True)()",
    "[x for x in [1]] == [1]",
    "f'{1}' == '1'",
    "{'a': 1} == 1",
    "(x := 1) == 1",
    "1 if True else 2",
    "v(*['env.t'])",
    "v(**{'name': 'env.t'})",
    "v",
    "1 is 1",
    "~1 == -2",
    "1 << 1000000",
    "b'x' == b'x'",
    "1j == 1",
    "... == 1",
    "1 +",
    "",
    "True\x00",
    "not " * 60 + "True",
    "True and " * 200 + "True",
    "((((" * 100 + "1" + "))))" * 100,
    "-" * 900 + "1 == 1",
)
REFUSED_WHEN_EVALUATED = (
    "9**9**9**9 > 1",
    "(9**64)**64 > 1",
    "10**64 * 10**64 > 1",
    "(-8) ** 0.5 > 1",
    "'a' * 1000000000 == 'a'",
    "'a' + 'b' == 'ab'",
    "1 / 0 > 1",
    "10.0 ** 64 ** 6 > 1",
    "int('9' ) and 'x' < 3",
    "int('" + "9" * 900 + "') > 1",
    "[1] * 10 == 1",
    "max([]) > 1",
    "[1, 2][99999999999999999999] == 1",
    "any(3)",
    "len(3) == 1",
    "v('env.t') + [1, 2, 3] == 1",
    "float('x') > 1",
    "v(3)",
    "after('p', since=1.5)",
    "'x' in 3",
)


@pytest.mark.parametrize("text", REFUSED_WHEN_READ)
def test_what_has_no_meaning_is_refused_when_it_is_read(text: str) -> None:
    """So that a submit can tell."""
    with pytest.raises(RuleFault):
        compile_condition(text)


@pytest.mark.parametrize("text", REFUSED_WHEN_EVALUATED)
def test_what_cannot_be_reckoned_fails_its_rule_and_nothing_else(text: str) -> None:
    """The one complaint there is, never another exception."""
    condition = compile_condition(text)
    with pytest.raises(RuleFault):
        condition.evaluate(World())


def test_a_rule_that_touches_too_many_values_is_ended() -> None:
    """By counting, not by the clock."""

    class Long(World):
        def points(self, *_: object) -> list[Point]:
            return [Point(0, 1.0)] * 60_000

    many = compile_condition(" and ".join(["any(v('a') + v('a') > v('a'))"] * 20))
    with pytest.raises(RuleFault, match="too long"):
        many.evaluate(Long())
