"""The truth table that was measured on the original rule checker, row by row."""

from collections.abc import Mapping, Sequence

import pytest

from dragoman.core.rules import Point, RuleFault, Verdict, compile_condition

SECOND = 1_000_000
MINUTE = 60 * SECOND
NOW = 1_795_164_460 * SECOND + 40 * SECOND
"""2026-11-20 08:48:20 UTC and some: twenty seconds into a minute."""
TICK = NOW // MINUTE * MINUTE


class World:
    """env.t has values of two sensors; ``p`` ended well 20 s ago, ``p2`` 70 s ago, ``q`` never ran."""

    def __init__(self, *, now: int = NOW, served: int | None = None) -> None:
        self.now, self.served = now, served
        self.ended = {"p": NOW - 20 * SECOND, "p2": NOW - 70 * SECOND}

    def points(self, name: str, since: int, meta: Mapping[str, str]) -> Sequence[Point]:
        series = {"bme680": Point(NOW - 30 * SECOND, 15.1), "bme280": Point(NOW - 10 * SECOND, 41.2)}
        wanted = meta.get("sensor")
        seen = [point for sensor, point in series.items() if name == "env.t" and wanted in {None, sensor}]
        return [point for point in seen if point.at >= since]

    def last_success(self, program: str) -> int | None:
        return self.ended.get(program)


NO_DATA = "no data for none with meta {} found"
AMBIGUOUS = "The truth value of an array with more than one element is ambiguous"
ROWS: Sequence[tuple[str, bool | str]] = (
    ("True", True),
    ("1+2==3", True),
    ("any(v('env.t') > 20)", True),
    ("all(v('env.t') > 20)", False),
    ("avg(v('env.t'))>20", True),
    ("sum(v('env.t'))>20", True),
    ("max(v('env.t'))>20", True),
    ("len(v('env.t'))==2", True),
    ("v('env.t').mean() > 20", True),
    ("v('env.t', sensor='bme280')[0] > 40", True),
    ("v('none')", NO_DATA),
    ("any(v('none')>1)", NO_DATA),
    ("v('none')>1 or True", NO_DATA),
    ("cronjob('q','* * * * *') or v('none')>1", True),
    ("v('env.t') > 20 and True", AMBIGUOUS),
    ("cronjob('q','* * * * *')", True),
    ("cronjob('q','bad')", "pattern bad is not supported"),
    ("cronjob('q','@hourly')", False),
    ("not cronjob('q','* * * * *')", False),
    ("after('p')", True),
    ("after('zz')", False),
    ("after('p', since='p2')", True),
    ("after('p', since=10)", True),
    ("after('p', since=60)", False),
    ("count(v('env.t'))==2", "name 'count' is not defined"),
    ("sum(rate('x', since='-1h') > 3.", "'(' was never closed"),
    ("v('env.t') > 3", "rule produced not True/False: [ True  True]"),
    ("1", "rule produced not True/False: 1"),
    ("time('foo') == 1", "foo is not supported for time()"),
)


@pytest.mark.parametrize(("text", "outcome"), ROWS)
def test_a_condition_comes_out_as_measured(text: str, outcome: bool | str) -> None:
    """True, false, or failed with the original's words."""
    if isinstance(outcome, str):
        with pytest.raises(RuleFault) as caught:
            compile_condition(text).evaluate(World())
        assert outcome in str(caught.value)
    else:
        assert outcome is compile_condition(text).evaluate(World()).holds


def test_a_tick_is_served_once() -> None:
    """A rule that has fired for a tick waits for the next one, however long its runs take (our choice)."""
    condition = compile_condition("cronjob('p', '* * * * *')")
    assert Verdict(holds=True, tick=TICK) == condition.evaluate(World())
    assert Verdict(holds=False, tick=None) == condition.evaluate(World(served=TICK))
    assert Verdict(holds=True, tick=TICK) == condition.evaluate(World(served=TICK - MINUTE))


def test_two_schedules_of_one_rule_that_tick_together_fire_once() -> None:
    """It is the tick of the rule that is served, not that of one of its schedules."""
    condition = compile_condition("cronjob('p', '*/1 * * * *') or cronjob('p', '* * * * *')")
    assert not condition.evaluate(World(served=TICK)).holds


def test_a_schedule_without_a_program_is_the_time_alone() -> None:
    """It holds for the whole minute."""
    verdict = compile_condition("cronjob('', '* * * * *')").evaluate(World(served=TICK))
    assert Verdict(holds=True, tick=None) == verdict


def test_hourly_holds_in_the_first_minute_of_the_hour() -> None:
    """And from its very first moment on."""
    hour = 1_795_165_200 * SECOND
    condition = compile_condition("cronjob('q', '@hourly')")
    at = (hour - 1, hour, hour + MINUTE - 1, hour + MINUTE)
    assert [False, True, True, False] == [condition.evaluate(World(now=now)).holds for now in at]


def test_a_sixth_field_counts_seconds() -> None:
    """As croniter has it, which the original uses: every fifth second."""
    second = NOW // SECOND * SECOND
    verdict = compile_condition("cronjob('q', '* * * * * */5')").evaluate(World(now=second + 3 * SECOND))
    assert second == verdict.tick


def test_times_are_of_the_moment_in_utc() -> None:
    """The documented units."""
    texts = ("time('hour') == 8", "time('minute') == 48", "time('year') == 2026", "time('hour') in [7, 8]")
    assert all(compile_condition(text).evaluate(World()).holds for text in texts)


def test_after_looks_back_for_as_long_as_it_is_asked_about() -> None:
    """The original never looks back for more than a minute, so that more seconds than 60 could never be past."""
    condition = compile_condition("after('p2', since=60)")
    assert condition.evaluate(World()).holds
    assert not condition.evaluate(World(now=NOW + 2 * MINUTE)).holds
    assert not compile_condition("after('p2')").evaluate(World()).holds
