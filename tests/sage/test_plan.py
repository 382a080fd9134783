"""What stands in the way of a submit: every message of the original's catalogue, in its words, and ours beside them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from dragoman.core.field import AppKey, Field, Node, Plan
from dragoman.core.manifests import assumed_manifest, read_manifest
from dragoman.core.things import Account, App
from dragoman.dialects.sage.plan import Conditions, plan
from dragoman.dialects.sage.read_job import draft_of, read_document
from tests.sage.scheduler import OLD_SEED, SEED

THEONE = Account(id=1, name="theone", email="", is_admin=False)
IMAGE = "registry.sagecontinuum.org/theone/imagesampler:0.3.0"


def node(vsn: str, manifest: Mapping[str, Any]) -> Node:
    return Node(
        id=1, vsn=vsn, name="", manifest=manifest, version=1, seen_at=None, created_at=0, updated_at=0
    )  # fmt: skip


RPI = {"computes": [{"name": "rpi", "hardware": {"capabilities": ["arm64", "armv7"]}}]}
NODES = {
    "W023": node("W023", assumed_manifest("W023", "0" * 16)),
    "W030": node("W030", assumed_manifest("W030", "0" * 16)),
    "W042": node("W042", read_manifest(RPI, "W042", "0" * 16)),
}


def app(name: str, *architectures: str) -> tuple[AppKey, App]:
    facet = {"source": {"architectures": list(architectures)}}
    made = App(id=1, name=name, version="1.0.0", environment={}, facets={"sage": facet})
    return AppKey("theone", name, "1.0.0"), made


APPS = dict([app("both", "linux/amd64", "linux/arm64"), app("big", "linux/amd64"), app("old", "linux/arm/v7")])
FIELD = Field(nodes=NODES, tagged=(), schedulable=frozenset({"W023", "W030", "W042", "W404"}), apps=APPS)


def planned(text: str, conditions: Conditions | None = None, field: Field = FIELD) -> Plan:
    return plan(draft_of(read_document(text.encode()), text), field, THEONE, conditions or Conditions())


def job(*, nodes: str = "W023: ~", plugins: str = "", rules: Sequence[str] = (), rest: str = "") -> str:
    """A job file with these parts."""
    usual = "[{name: a, pluginSpec: {image: x/theone/both:1.0.0}}]"
    told = "".join(f"- {rule!r}\n" for rule in rules)
    return f"name: n\nnodes: {{{nodes}}}\nplugins: {plugins or usual}\nscienceRules:\n{told}{rest}"


NAME_RULE = "must consist of up to 256 alphanumeric characters with '-' or '.' in the middle, RFC1123"
BOTH = "{name: a, pluginSpec: {image: theone/both:1.0.0}}"
MUST = "rule must consist of an action, target object, and corresponding condition:"


def unreadable(rule: str, why: str) -> tuple[str, str]:
    """A job with a rule whose head cannot be read, and how that is told."""
    return job(rules=[rule]), f'Failed to parse science rule "{rule}": Failed to parse rule "{rule}": {why}'


ROWS: Sequence[tuple[str, str]] = (
    (job(nodes=""), "Node is not selected"),
    (job(rest="notificationOn: [Running]\n"), "No email is set for notification"),
    (job(rest="email: a@x\nnotificationOn: [Foo]\n"), 'No type "Foo" in Job notification'),
    (job(nodes="w023: ~"), "User theone does not have permission for node w023"),
    (job(nodes="W099: ~"), "User theone does not have permission for node W099"),
    (job(nodes="W404: ~"), "W404 does not exist"),
    (
        job(plugins="[{name: A_b, pluginSpec: {image: x/theone/both:1.0.0}}]"),
        "plugin name \"A_b\" must consist of up to 256 alphanumeric characters with '-' or '.' in the middle, RFC1123",
    ),
    (job(plugins=f"[{BOTH}, {BOTH}]"), 'the plugin name "a" is duplicated. plugin names must be unique'),
    (job(plugins="[{name: a}]"), "a does not specify plugin image"),
    (job(plugins="[{name: a, pluginSpec: {image: x/theone/none:1.0.0}}]"), "x/theone/none:1.0.0 does not exist in ECR"),
    (job(plugins="[{name: a, pluginSpec: {image: both:1.0.0}}]"), "both:1.0.0 does not exist in ECR"),
    (job(plugins="[{name: a, pluginSpec: {image: theone/both}}]"), "theone/both does not exist in ECR"),
    (
        job(nodes="W042: ~", plugins="[{name: a, pluginSpec: {image: theone/big:1.0.0}}]"),
        "W042 does not support architecture [linux/amd64] required by a (theone/big:1.0.0)",
    ),
    unreadable("schedule(a)", MUST),
    unreadable("True", MUST),
    unreadable("foo(x): True", 'unknown action type "foo(x): True" found'),
    unreadable("schedule(a, b): True", "failed to parse param  b"),
    (
        job(rules=["schedule(zz): True"]),
        'Failed to parse science rule "schedule(zz): True": the plugin "zz" is not in the job',
    ),
    (
        job(rules=["schedule(a): count(1)"]),
        "Failed to parse science rule \"schedule(a): count(1)\": name 'count' is not defined",
    ),
    (job(nodes="W023: {zz: {args: []}}"), 'the plugin "zz" that node W023 names is not in the job'),
)


@pytest.mark.parametrize(("text", "complaint"), ROWS)
def test_s17_each_message(text: str, complaint: str) -> None:
    """In the original's words; what it never checks is told in ours."""
    assert [complaint] == list(planned(text).complaints)


@pytest.mark.parametrize("text", [SEED, OLD_SEED, job(), job(nodes="W042: ~"), job(rules=["publish(x.y): True"])])
def test_a_valid_job_makes_a_goal(text: str) -> None:
    """Of both forms of rules, with a part for each node."""
    seeds = Field(
        nodes=NODES,
        tagged=(),
        schedulable=FIELD.schedulable,
        apps={**APPS, AppKey("theone", "imagesampler", "0.3.0"): APPS[AppKey("theone", "both", "1.0.0")]},
    )
    made = planned(text, field=seeds)
    assert [] == list(made.complaints)
    assert 1 == len(made.goal.parts)


def test_an_architecture_of_several_parts() -> None:
    """``linux/arm/v7`` is armv7 in manifests."""
    text = job(nodes="W042: ~", plugins="[{name: a, pluginSpec: {image: theone/old:1.0.0}}]")
    assert [] == list(planned(text).complaints)


def test_all_complaints_come_together() -> None:
    """Those of a node without permission end there; a single bad notification does not stop the rest."""
    text = job(nodes="W099: ~, W023: ~", rules=["True"], rest="email: a@x\nnotificationOn: [Foo]\n")
    found = list(planned(text).complaints)
    assert 3 == len(found)
    assert ('No type "Foo" in Job notification', "User theone does not have permission for node W099") == (
        found[0],
        found[1],
    )
    two = job(nodes="W099: ~", rest="email: a@x\nnotificationOn: [Foo, Bar]\n")
    assert ['No type "Foo" in Job notification', 'No type "Bar" in Job notification'] == list(planned(two).complaints)


def test_an_image_that_the_operator_lets_pass() -> None:
    """It needs no app, and its plugin's name may be there twice."""
    free = Conditions(images=("^docker.io/",))
    one = "{name: a, pluginSpec: {image: docker.io/x/y}}"
    assert [] == list(planned(job(plugins=f"[{one}, {one}]"), free).complaints)
    assert ["docker.io/x/y does not exist in ECR"] == list(planned(job(plugins=f"[{one}]")).complaints)


def test_how_long_a_goal_lives() -> None:
    """By the shortest of the criteria, unless they are ignored."""
    text = job(rest="success_criteria: [WallClock(2d), nonsense, 'Walltime(1day)']\n")
    assert 86_400_000_000 == planned(text).goal.lifetime
    assert None is planned(text, Conditions(has_ends=False)).goal.lifetime


def test_complaints_end_somewhere() -> None:
    """Nobody reads thousands."""
    text = job(rules=["True"] * 5000)
    found = planned(text).complaints
    assert (101, "there are more errors") == (len(found), found[-1])
