"""The heads of rules, in both forms, and the original's complaints about them."""

from collections.abc import Sequence

import pytest

from dragoman.core.rules import Action, RuleFault, read_rule

MUST = "rule must consist of an action, target object, and corresponding condition:"
READ: Sequence[tuple[str, Action, str, dict[str, str], str | None]] = (
    ("schedule(a): cronjob('a', '* * * * *')", Action.SCHEDULE, "a", {}, "cronjob('a', '* * * * *')"),
    ('schedule("a", duration=5m): True', Action.SCHEDULE, "a", {"duration": "5m"}, "True"),
    (
        "publish(env.event.x, value='2', to=all): True",
        Action.PUBLISH,
        "env.event.x",
        {"value": "2", "to": "all"},
        "True",
    ),
    ("set(sys.time.sunrise, value=06:39:00): True", Action.SET, "sys.time.sunrise", {"value": "06:39:00"}, "True"),
    ("submit(tapis3:abc, rain=3):True", Action.SUBMIT, "tapis3:abc", {"rain": "3"}, "True"),
    ("image-sampler: cronjob('image-sampler', '* * * * *')", Action.SCHEDULE, "image-sampler", {}, None),
)
REFUSED = (
    ("schedule(a)", f'Failed to parse rule "schedule(a)": {MUST}'),
    ("schedule(a) : True", f'Failed to parse rule "schedule(a) : True": {MUST}'),
    ("True", f'Failed to parse rule "True": {MUST}'),
    ("schedule(a): True\n", f'Failed to parse rule "schedule(a): True\\n": {MUST}'),
    ("foo(x): True", 'Failed to parse rule "foo(x): True": unknown action type "foo(x): True" found'),
    ("schedule(a, b): True", 'Failed to parse rule "schedule(a, b): True": failed to parse param  b'),
    (
        "publish(a, value=1=2): True",
        'Failed to parse rule "publish(a, value=1=2): True": failed to parse param  value=1=2',
    ),
)


@pytest.mark.parametrize(("text", "action", "subject", "parameters", "condition"), READ)
def test_a_rule_says_what_happens_to_what(
    text: str, action: Action, subject: str, parameters: dict[str, str], condition: str | None
) -> None:
    """Quotes and blanks around its words are left out; the text is kept."""
    rule = read_rule(text)
    assert (text, action, subject, parameters) == (rule.text, rule.action, rule.object, rule.parameters)
    assert condition in {None, rule.condition}


@pytest.mark.parametrize(("text", "complaint"), REFUSED)
def test_a_rule_that_cannot_be_read_is_refused_in_the_original_words(text: str, complaint: str) -> None:
    """As sesctl's users know them."""
    with pytest.raises(RuleFault) as caught:
        read_rule(text)
    assert complaint == str(caught.value)


def test_an_endless_rule_is_refused() -> None:
    """Without repeating it."""
    with pytest.raises(RuleFault, match="4,000 characters"):
        read_rule("schedule(a): " + "1" * 10_000_000)
