"""Rules on a node: each tick once, no hammering, what is published, set and submitted."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from dragoman.core.edge import Scope
from dragoman.store.edge import firings, readings
from tests.agent.bench import NOON, SECOND, Bench, bench, goal_body, many_rules, names

CRON = "schedule(p): cronjob('p', '* * * * *')"


def runs(house: Bench, seconds: float, *, lasting: int, outcome: str = "FINISHED") -> list[int]:
    """When executions of one plugin began, in seconds since noon, if each lasts so long."""
    began: list[int] = []
    start = house.now
    ends_at = 0
    while house.now < start + seconds * SECOND:
        if began and house.now >= ends_at:
            house.end(outcome)
        if "queued" in names(house.round()):
            began.append((house.now - start) // SECOND)
            ends_at = house.now + lasting * SECOND
        house.now += 10 * SECOND
    return began


@pytest.mark.parametrize("outcome", ["FINISHED", "FAILED"])
def test_a_schedule_fires_once_for_each_tick(tmp_path: Path, outcome: str) -> None:
    """However short the plugin, and whether it fails or not."""
    with bench(tmp_path) as house:
        house.serve(goal_body([CRON], "p"))
        assert [0, 60, 120, 180] == runs(house, 240, lasting=10, outcome=outcome)


def test_a_tick_is_served_late_while_its_plugin_runs(tmp_path: Path) -> None:
    """A run that lasts beyond the next tick delays that one; it is not lost within its minute."""
    with bench(tmp_path) as house:
        house.serve(goal_body([CRON], "p"))
        assert [0, 70, 140, 210] == runs(house, 240, lasting=70)


def test_a_job_that_is_submitted_anew_serves_no_tick_twice(tmp_path: Path) -> None:
    """The rule of the same job is the same rule."""
    with bench(tmp_path) as house:
        house.serve(goal_body([CRON], "p", goal="g1"))
        assert ["queued"] == names(house.round())
        house.end()
        house.serve(goal_body([CRON], "p", goal="g2"))
        assert [] == names(house.round())
        house.now += 60 * SECOND
        assert ["queued"] == names(house.round())


def test_two_jobs_with_the_same_rule_each_have_their_tick(tmp_path: Path) -> None:
    """A rule belongs to its job."""
    with bench(tmp_path) as house:
        house.serve(goal_body([CRON], "p", goal="g1", job="1"), goal_body([CRON], "p", goal="g2", job="2"))
        assert ["queued", "queued"] == names(house.round())


def test_a_plugin_runs_once_at_a_time(tmp_path: Path) -> None:
    """A rule that always holds starts it again as soon as it has ended."""
    with bench(tmp_path) as house:
        house.serve(goal_body(["schedule(p): True"], "p"))
        assert ["queued"] == names(house.until(60))
        assert 1 == house.end()
        assert ["queued"] == names(house.until(60))


def test_a_plugin_that_fails_again_and_again_is_given_time(tmp_path: Path) -> None:
    """Twice as long each time, and at once again after a success."""
    with bench(tmp_path) as house:
        house.serve(goal_body(["schedule(p): True"], "p"))
        began = runs(house, 1200, lasting=10, outcome="FAILED")
        waits = [later - before for before, later in pairwise(began)]
        assert [30, 50, 90, 170, 330] == waits[:5]
        house.end("FINISHED")
        house.now += 3600 * SECOND
        assert ["queued"] == names(house.round())
        house.end("FINISHED")
        assert ["queued"] == names(house.round())


def test_missing_data_fire_nothing(tmp_path: Path) -> None:
    """Only a value above the threshold, in the last minute, does."""
    with bench(tmp_path) as house:
        house.serve(goal_body(["schedule(p): any(v('env.rain', sensor='a') > 3)"], "p"))
        assert [] == house.round()
        house.measure("env.rain", 2, sensor="a")
        house.measure("env.rain", 9, sensor="b")
        assert [] == house.round()
        house.measure("env.rain", 4, sensor="a")
        assert ["queued"] == names(house.round())
        house.end()
        house.now += 61 * SECOND
        assert [] == house.round()


def test_publish_makes_measurements_as_long_as_it_holds(tmp_path: Path) -> None:
    """With the value and for those that the rule names."""
    with bench(tmp_path) as house:
        house.serve(goal_body(["publish(env.event.wet, value=much, to=beehive): True", "publish(env.plain): True"]))
        told = house.until(30)
        assert ["wet", "plain"] * 3 == names(told)
        assert ("much", Scope.CENTRE) == (told[0].measurement.value, told[0].scope)
        assert (1.0, Scope.ALL) == (told[1].measurement.value, told[1].scope)
        assert {"vsn": "W023", "node": "000048b02d15bc7c"} == dict(told[0].measurement.meta)


@pytest.mark.parametrize("name", ["upload", "No Name", "x" * 200])
def test_what_cannot_be_a_name_is_not_published(tmp_path: Path, name: str) -> None:
    """A rule cannot make an upload, nor what the centre would refuse."""
    with bench(tmp_path) as house:
        house.serve(goal_body([f"publish({name}): True"]))
        assert [] == house.round()


def test_set_keeps_a_value(tmp_path: Path) -> None:
    """Under its key, the last one."""
    with bench(tmp_path) as house:
        house.serve(goal_body(["set(rainy, value=yes): True", "set(count): True"]))
        house.until(20)
        assert {"rainy": "yes", "count": 1.0} == house.db.write_now(readings.kept_values)


def test_submit_asks_once_whenever_it_begins_to_hold(tmp_path: Path) -> None:
    """And once for each tick of a schedule."""
    with bench(tmp_path) as house:
        house.serve(goal_body(["submit(7, depth=3): any(v('env.rain') > 3)"]))
        house.measure("env.rain", 5)
        told = house.until(60)
        assert ["submit"] == names(told)
        fields = json.loads(str(told[0].measurement.value))
        assert ("7", {"depth": "3"}) == (fields["submit"], fields["parameters"])
        assert {"env.rain": [[NOON, 5]]} == fields["values"]
        house.until(60)
        house.measure("env.rain", 5)
        assert ["submit"] == names(house.until(60))
        house.serve(goal_body(["submit(7): cronjob('x', '* * * * *')"]))
        assert ["submit", "submit"] == names(house.until(120))


def test_a_submit_rule_tells_the_values_that_it_looked_at(tmp_path: Path) -> None:
    """Of each measurement the last fifty, oldest first, each once however often the condition asks for it."""
    with bench(tmp_path) as house:
        condition = "any(v('env.rain', site='a') > 3) and len(v('env.rain')) > 1 and v('env.word')[0] == 'wet'"
        house.serve(goal_body([f"submit(7): {condition}"]))
        house.measure("env.word", "wet")
        for number in range(60):
            house.measure("env.rain", number, site="a")
            house.now += 1000
        house.measure("env.rain", "no", site="b")
        (told,) = house.until(10)
        values = json.loads(str(told.measurement.value))["values"]
        assert [*range(11, 60), "no"] == [value for _, value in values["env.rain"]]
        assert [[NOON, "wet"]] == values["env.word"]


def test_after_follows_each_success_once(tmp_path: Path) -> None:
    """One run of b for each run of a that ended well."""
    with bench(tmp_path) as house:
        house.serve(
            goal_body(["schedule(a): cronjob('a', '* * * * *')", "schedule(b): after('a', since='b')"], "a", "b")
        )
        began = []
        for _ in range(18):
            began += [json.loads(str(one.measurement.value))["plugin_name"] for one in house.round()]
            house.now += 10 * SECOND
            house.end()
        assert ["a", "b"] * 3 == began


def test_rules_that_cannot_be_used_leave_the_others_alone(tmp_path: Path) -> None:
    """A rule for a plugin that is not there, and one that is none."""
    with bench(tmp_path) as house:
        house.serve(goal_body(["schedule(q): True", "nonsense", "schedule(p): __import__('os')", CRON], "p"))
        assert 3 == len(house.goals["g1"].faults)
        assert ["queued"] == names(house.round())


def test_two_hundred_rules_of_which_none_holds(tmp_path: Path) -> None:
    """Nothing is begun; how long a look takes is measured by ``make bench``."""
    with bench(tmp_path) as house:
        house.serve(many_rules(house))
        assert [] == house.until(100)
        assert [] == house.db.write_now(firings.active_firings)
