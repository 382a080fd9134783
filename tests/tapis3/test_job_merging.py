"""Apps are templates: what they require, fix, include and leave open decides what a request may say."""

from typing import Any

import pytest

from dragoman.core.errors import Invalid
from tests.tapis3.job_examples import app, parameters, resolved, system, variables

Json = dict[str, Any]

APP = app(
    attributes={
        "fileInputs": [
            {"name": "in1", "targetPath": "data.txt", "inputMode": "REQUIRED", "envKey": "IN1"},
            {"name": "opt", "targetPath": "o", "inputMode": "OPTIONAL"},
        ]
    },
    parameters={
        "envVariables": [
            {"key": "MODE", "value": "!tapis_not_set", "inputMode": "REQUIRED"},
            {"key": "LOCK", "value": "v", "inputMode": "FIXED"},
        ],
        "appArgs": [
            {"name": "a", "arg": "A", "inputMode": "REQUIRED"},
            {"name": "b", "arg": "B", "inputMode": "FIXED"},
            {"name": "c", "arg": "C", "inputMode": "INCLUDE_BY_DEFAULT"},
            {"name": "d", "arg": "D", "inputMode": "INCLUDE_ON_DEMAND"},
        ],
        "archiveFilter": {"includes": ["**/*.log"], "excludes": ["tmp/**"]},
    },
)
INPUTS = [{"name": "in1", "sourceUrl": "tapis://vm/x.txt"}]
MODE = [{"key": "MODE", "value": "m"}]


def refusal(body: Json, of: Json, on: Json | None = None) -> str:
    """Why a request is refused."""
    with pytest.raises(Invalid) as told:
        resolved(body, of=of, on=on)
    return str(told.value)


def test_a_request_that_fills_the_template() -> None:
    """Arguments in the app's order, then the request's own; variables and inputs likewise."""
    job = resolved(
        {
            "fileInputs": [*INPUTS, {"sourceUrl": "http://127.0.0.1/y.txt?x=1/2"}],
            "parameterSet": {
                "appArgs": [
                    {"name": "a", "arg": "A2"},
                    {"name": "c", "include": False},
                    {"name": "d", "include": True},
                    {"arg": "E"},
                ],
                "envVariables": MODE,
            },
        },
        of=APP,
    )
    found = parameters(job)
    assert ["A2", "B", "D", "E"] == [one["arg"] for one in found["appArgs"]]
    assert ("data.txt", "m", "v") == tuple(variables(job)[key] for key in ("IN1", "MODE", "LOCK"))
    assert [("in1", "data.txt"), ("unnamed2", "y.txt")] == [
        (one["name"], one["targetPath"]) for one in job.attributes["fileInputs"]
    ]
    assert {"includes": ["**/*.log"], "excludes": ["tmp/**"], "includeLaunchFiles": True} == found["archiveFilter"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"parameterSet": {"envVariables": MODE}}, "requires the input in1"),
        ({"fileInputs": INPUTS}, "MODE is required"),
        (
            {"fileInputs": INPUTS, "parameterSet": {"envVariables": [*MODE, {"key": "LOCK", "value": "x"}]}},
            "LOCK is fixed",
        ),
        (
            {"fileInputs": INPUTS, "parameterSet": {"envVariables": MODE, "appArgs": [{"name": "b", "arg": "x"}]}},
            "fixes the argument b",
        ),
        ({"fileInputs": [{"name": "in1"}], "parameterSet": {"envVariables": MODE}}, "needs its sourceUrl"),
    ],
)
def test_what_the_template_forbids(body: Json, told: str) -> None:
    """What is required must be there, what is fixed must not."""
    assert told in refusal(body, APP)


def test_a_strict_app_takes_only_its_own_inputs() -> None:
    """Unnamed and unknown inputs are refused then."""
    body = {"fileInputs": [*INPUTS, {"sourceUrl": "http://127.0.0.1/y.txt"}], "parameterSet": {"envVariables": MODE}}
    assert "only the inputs it names" in refusal(body, {**APP, "strictFileInputs": True})


@pytest.mark.parametrize(
    ("mode", "arg", "asked", "expected"),
    [
        ("REQUIRED", "A", None, ["A"]),
        ("REQUIRED", None, None, "requires the argument x"),
        ("REQUIRED", None, {"arg": "B"}, ["B"]),
        ("REQUIRED", "A", {"include": False}, ["A"]),
        ("FIXED", "A", None, ["A"]),
        ("FIXED", "A", {"arg": "A"}, "fixes the argument"),
        ("INCLUDE_BY_DEFAULT", "A", None, ["A"]),
        ("INCLUDE_BY_DEFAULT", None, None, []),
        ("INCLUDE_BY_DEFAULT", None, {}, []),
        ("INCLUDE_BY_DEFAULT", "A", {"include": False}, []),
        ("INCLUDE_BY_DEFAULT", "A", {"arg": "B"}, ["B"]),
        ("INCLUDE_ON_DEMAND", "A", None, []),
        ("INCLUDE_ON_DEMAND", "A", {}, ["A"]),
        ("INCLUDE_ON_DEMAND", "A", {"include": False}, []),
        ("INCLUDE_ON_DEMAND", None, {}, "no text"),
        (None, "A", None, []),
    ],
)
def test_modes_of_arguments(mode: str | None, arg: str | None, asked: Json | None, expected: Any) -> None:
    """The published table, cell by cell."""
    template = app(parameters={"appArgs": [{"name": "x", "arg": arg, "inputMode": mode}]})
    body = {} if asked is None else {"parameterSet": {"appArgs": [{"name": "x", **asked}]}}
    if isinstance(expected, str):
        assert expected in refusal(body, template)
    else:
        assert expected == [one["arg"] for one in parameters(resolved(body, of=template))["appArgs"]]


def test_an_override_keeps_both_descriptions() -> None:
    """The app's first, then a blank line, then the request's."""
    template = app(parameters={"appArgs": [{"name": "x", "arg": "A", "description": "one", "inputMode": "REQUIRED"}]})
    asked = {"parameterSet": {"appArgs": [{"name": "x", "arg": "B", "description": "two"}]}}
    assert "one\n\ntwo" == parameters(resolved(asked, of=template))["appArgs"][0]["description"]


def test_new_names_are_free() -> None:
    """An argument without a name gets one that nobody has."""
    asked = {"parameterSet": {"appArgs": [{"arg": "1"}, {"name": "unnamed1", "arg": "2"}, {"arg": "3"}]}}
    names = [one["name"] for one in parameters(resolved(asked))["appArgs"]]
    assert ["unnamed2", "unnamed1", "unnamed3"] == names


@pytest.mark.parametrize(
    ("of_system", "of_app", "asked", "expected"),
    [
        (None, None, {"value": "r"}, "r"),
        (None, None, {}, "has no value"),
        (None, ("a", "INCLUDE_BY_DEFAULT"), None, "a"),
        (None, ("a", "INCLUDE_BY_DEFAULT"), {"include": False}, None),
        (None, ("a", "INCLUDE_ON_DEMAND"), None, None),
        (None, ("a", "INCLUDE_ON_DEMAND"), {}, "a"),
        (None, ("", "INCLUDE_BY_DEFAULT"), None, ""),
        (None, ("!tapis_not_set", "INCLUDE_BY_DEFAULT"), None, None),
        (None, ("!tapis_not_set", "REQUIRED"), None, "is required"),
        (None, ("!tapis_not_set", "REQUIRED"), {"value": "r"}, "r"),
        (("s", "FIXED"), None, None, "s"),
        (("s", "FIXED"), None, {"value": "r"}, "is fixed"),
        (("s", "FIXED"), ("a", "INCLUDE_BY_DEFAULT"), None, "system fixes"),
        (("s", "FIXED"), ("s", "INCLUDE_BY_DEFAULT"), None, "s"),
        (("!tapis_not_set", "REQUIRED"), ("!tapis_not_set", "INCLUDE_BY_DEFAULT"), None, "is required"),
        (("!tapis_not_set", "REQUIRED"), ("a", "INCLUDE_ON_DEMAND"), None, "a"),
        (("s", "INCLUDE_BY_DEFAULT"), ("!tapis_not_set", "INCLUDE_BY_DEFAULT"), None, "s"),
        (("s", "INCLUDE_ON_DEMAND"), None, {"include": True}, "s"),
        (("s", "INCLUDE_BY_DEFAULT"), ("a", "FIXED"), {"value": "r"}, "is fixed"),
    ],
)
def test_modes_of_variables(of_system: Any, of_app: Any, asked: Json | None, expected: str | None) -> None:
    """A variable is the request's, then the app's, then the system's, unless a lower one fixes it."""
    levels = [[{"key": "K", "value": one[0], "inputMode": one[1]}] if one else [] for one in (of_system, of_app)]
    body = {} if asked is None else {"parameterSet": {"envVariables": [{"key": "K", **asked}]}}
    template, place = app(parameters={"envVariables": levels[1]}), system(jobEnvVariables=levels[0])
    if expected and len(expected) > 1:
        assert expected in refusal(body, template, place)
    else:
        assert expected == variables(resolved(body, of=template, on=place)).get("K")


def test_inputs_of_the_app_that_are_complete_come_by_themselves() -> None:
    """Others are left out when they are optional; fixed ones cannot be changed."""
    specs = [
        {"name": "fixed", "sourceUrl": "tapis://vm/f", "targetPath": "*", "inputMode": "FIXED"},
        {"name": "extra", "sourceUrl": "tapis://vm/e", "targetPath": "d/e", "inputMode": "OPTIONAL"},
        {"name": "open", "targetPath": "o"},
    ]
    template = app(attributes={"fileInputs": specs})
    found = resolved({}, of=template).attributes["fileInputs"]
    assert [("fixed", "f", False), ("extra", "d/e", True)] == [
        (one["name"], one["targetPath"], one["optional"]) for one in found
    ]
    same = {"fileInputs": [{"name": "fixed", "sourceUrl": "tapis://vm/f"}]}
    assert "f" == resolved(same, of=template).attributes["fileInputs"][0]["targetPath"]
    other = {"fileInputs": [{"name": "fixed", "sourceUrl": "tapis://vm/g"}]}
    assert "sourceUrl cannot be given" in refusal(other, template)


def test_lists_of_inputs_are_spread_out() -> None:
    """Each address becomes an input of its own, and their directory is told once."""
    specs = [{"name": "many", "targetDir": "d", "envKey": "MANY", "inputMode": "REQUIRED"}]
    urls = ["tapis://vm/a/x", "http://127.0.0.1/y.txt"]
    job = resolved(
        {"fileInputArrays": [{"name": "many", "sourceUrls": urls}]}, of=app(attributes={"fileInputArrays": specs})
    )
    assert [("many_1.1", urls[0], "d/x"), ("many_1.2", urls[1], "d/y.txt")] == [
        (one["name"], one["sourceUrl"], one["targetPath"]) for one in job.attributes["fileInputs"]
    ]
    assert "d" == variables(job)["MANY"]


def test_a_variable_cannot_be_two_things() -> None:
    """The variable of an input must not be there already."""
    body = {
        "fileInputs": [{"sourceUrl": "tapis://vm/x", "envKey": "K"}],
        "parameterSet": {"envVariables": [{"key": "K", "value": "v"}]},
    }
    assert "K is there already" in refusal(body, app())
