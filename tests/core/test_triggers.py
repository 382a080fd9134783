"""Orders of triggers: what is refused, what an event has to be, what it gives to a job."""

import json
from typing import Any

import pytest

from dragoman.core.measurements import SECOND, Measurement
from dragoman.core.rules import read_rule
from dragoman.core.starts import MOST_CHARACTERS, is_met, new_start, starts_of
from dragoman.core.triggers import REMEMBERED, Order, Rate, Trigger, order_faults, order_of, read_rate, write_rate

AT = 1_795_164_459_047_831_935
RAIN = Measurement(AT, "env.rain", 3.5, {"vsn": "W023", "sensor": "rg-15"})
HOUR = 3_600_000_000


def order(**said: Any) -> Order:
    return Order(**{"job": "QTVia", **said})


@pytest.mark.parametrize(
    ("text", "rate", "shown"),
    [
        ("10/h", Rate(10, HOUR), "10/h"),
        ("1/15m", Rate(1, HOUR // 4), "1/15m"),
        (" 5 / 2 days ", Rate(5, 48 * HOUR), "5/2d"),
        ("1/90s", Rate(1, 90_000_000), "1/90s"),
    ],
)
def test_rates(text: str, rate: Rate, shown: str) -> None:
    assert (rate, shown) == (read_rate(text), write_rate(rate))


@pytest.mark.parametrize("text", ["", "10", "10/", "/h", "0/h", "10/fortnight", "-1/h", "1/0s", "10001/h", "1e3/h"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match="no rate"):
        read_rate(text)


def test_a_rate_looks_back_no_further_than_events_are_remembered() -> None:
    """Else it would count too few."""
    assert Rate(1, REMEMBERED) == read_rate("1/90d")
    with pytest.raises(ValueError, match="at most 90 days"):
        read_rate("1/91d")


@pytest.mark.parametrize("within", [None, 200 * 24 * HOUR])
def test_an_event_of_which_nobody_knows_any_more_whether_it_came_meets_no_order(within: int | None) -> None:
    """So it cannot start a job again, however late it is sent again."""
    assert is_met(order(within=within), RAIN, now=AT // 1000 + REMEMBERED)
    assert not is_met(order(within=within), RAIN, now=AT // 1000 + REMEMBERED + 1)


@pytest.mark.parametrize(
    ("said", "met"),
    [
        ({}, True),
        ({"condition": "v('env.rain') > 3"}, True),
        ({"condition": "any(v('env.rain', sensor='rg-15') > 3) and not v('env.rain') > 5"}, True),
        ({"condition": "v('env.rain') > 4"}, False),
        ({"condition": "v('env.rain', sensor='other') > 3"}, False),
        ({"condition": "v('env.snow') > 3"}, False),
        ({"condition": "time('year') == 2026"}, True),
        ({"condition": "1 / 0"}, False),
        ({"within": HOUR}, True),
        ({"within": 1_000_000}, False),
    ],
)
def test_which_events_meet_an_order(said: dict[str, Any], met: bool) -> None:
    """A condition sees one event, and fails like one that does not hold; here it came two seconds ago."""
    assert met is is_met(order(**said), RAIN, now=AT // 1000 + 2_000_000)


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"job": ""}, "Name the job"),
        ({"job": "rescale/"}, "Name the job"),
        ({"patterns": (("a-b", "x"),)}, "no key"),
        ({"patterns": (("name", ""),)}, "pattern"),
        ({"patterns": (("name", "a(b"),)}, "may have"),
        ({"patterns": (("name", "*|"),)}, "cannot be understood"),
        ({"condition": "__import__('os')"}, "condition"),
        ({"condition": "1) or (1"}, "condition"),
        ({"variables": (("1A", "x"),)}, "variable"),
        ({"variables": (("A", "{values}"),)}, "{values}"),
        ({"variables": (("A", "{meta}"),)}, "{meta}"),
        ({"variables": tuple((f"A{number}", "") for number in range(51))}, "at most"),
    ],
)
def test_orders_that_are_refused(said: dict[str, Any], word: str) -> None:
    """Each with what is wrong."""
    (why,) = order_faults(order(**said))
    assert word in why


def test_an_order_that_is_taken() -> None:
    """Braces that name nothing of an event stay as they are."""
    fine = order(patterns=(("name", "env.*|sys.*"), ("vsn", "W023")), variables=(("A", '{"a": 1} {value}'),))
    assert [] == list(order_faults(fine))


def test_what_a_job_is_given() -> None:
    """The same event is known by its time, name and meta; values are cut before they are too long."""
    start = new_start(
        order(variables=(("A", "{value} at {meta.vsn}{meta.zone}, {time}"),)), RAIN, source="s", owner_id=1
    )
    assert "3.5 at W023, 2026-11-20T08:47:39.047831935Z" == start.variables["A"]
    assert ("3.5", "env.rain", str(AT), '{"sensor":"rg-15","vsn":"W023"}') == tuple(
        start.variables[f"DRAGOMAN_EVENT_{word}"] for word in ("VALUE", "NAME", "TIMESTAMP", "META")
    )
    long = Measurement(AT, "env.rain", "x" * 60_000, RAIN.meta)
    again = new_start(order(), long, source="s", owner_id=1)
    assert (start.event, MOST_CHARACTERS) == (again.event, len(again.variables["DRAGOMAN_EVENT_VALUE"]))


def test_what_rules_ask_for() -> None:
    """Rate and age are no variables."""
    rule = read_rule("submit(rescale/QTVia, DEPTH=3, SITE='{meta.vsn}', rate=4/h, within=10m): any(v('env.rain') > 3)")
    wanted = order_of(rule)
    assert ("rescale/QTVia", Rate(4, HOUR), HOUR // 6) == (wanted.job, wanted.rate, wanted.within)
    assert (("DEPTH", "3"), ("SITE", "{meta.vsn}")) == wanted.variables
    with pytest.raises(ValueError, match="no rate"):
        order_of(read_rule("submit(QTVia, rate=often): True"))


def test_a_rule_hands_on_what_it_has_looked_at() -> None:
    """Its variables may name the measurements of its condition; what the node tells is taken as data, or not at all."""
    rule = read_rule(
        "submit(QTVia, RAIN={env.rain}, MIST='{env.mist}', AT={time}): any(v('env.rain') > 3) or v('env.mist')"
    )
    wanted = order_of(rule)
    assert (("env.mist", "env.rain"), []) == (wanted.measured, list(order_faults(wanted)))
    told = {"values": {"env.rain": [[1, 5], [2, 4.5], ["x", 1], [3]], "env.mist": "much", "env.other": [[1, 1]]}}
    event = Measurement(AT, "sys.scheduler.submit", json.dumps(told), RAIN.meta)
    made = new_start(wanted, event, source="s", owner_id=1).variables
    assert ("4.5", "", "2026-11-20T08:47:39.047831935Z") == (made["RAIN"], made["MIST"], made["AT"])
    assert {"env.rain": [[1, 5], [2, 4.5]]} == json.loads(made["DRAGOMAN_EVENT_VALUES"])
    for text in ("no JSON", "[1]", '{"values": 3}', "[" * 100_000):
        odd = new_start(wanted, Measurement(AT, event.name, text, RAIN.meta), source="s", owner_id=1)
        assert ("", "{}") == (odd.variables["RAIN"], odd.variables["DRAGOMAN_EVENT_VALUES"])
    many = {"values": {"env.rain": [[number, "x" * 90] for number in range(500)]}}
    long = new_start(wanted, Measurement(AT, event.name, json.dumps(many), RAIN.meta), source="s", owner_id=1)
    assert {"env.rain": [[499, "x" * 90]]} == json.loads(long.variables["DRAGOMAN_EVENT_VALUES"])


def test_a_rule_can_name_only_what_it_looks_at() -> None:
    """And a standing trigger, which sees one event, no measurement at all."""
    (why,) = order_faults(order_of(read_rule("submit(QTVia, RAIN={env.snow}): any(v(name='env.rain') > 3)")))
    assert "{env.snow} is nothing of an event" in why
    assert "{env.rain}" in why
    assert 1 == len(list(order_faults(order(variables=(("A", "{env.rain}"),)))))


def test_several_triggers_and_events() -> None:
    """Each trigger has its own start of each event that fits."""
    standing = [
        Trigger(id=number, owner_id=1, order=order(patterns=(("name", name),)), created_at=0, skipped=0)
        for number, name in enumerate(("env.rain", "env.*", "env.snow"), 1)
    ]
    told = [(7, RAIN), (8, Measurement(AT + SECOND, "env.rain", 4, RAIN.meta))]
    found = starts_of(standing, told, now=AT // 1000)
    assert [(7, "trigger 1"), (7, "trigger 2"), (8, "trigger 1"), (8, "trigger 2")] == [
        (number, start.source) for number, start in found
    ]
    assert 4 == len({(start.source, start.event) for _, start in found})
