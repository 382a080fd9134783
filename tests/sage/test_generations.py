"""Every client of the scheduler decodes what it is answered, and finds there what it prints."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from dragoman.core.field import News
from tests.sage.generations import JOBS, decoded, detailed, listed, shown
from tests.sage.scheduler import OLD_SEED, SEED, Scheduler
from tests.sage.test_goals import goal_of, tell
from tests.service import Service

WHOLE = json.dumps(
    {
        "name": "whole",
        "email": "ada@example.com",
        "notificationOn": ["Created", "Running"],
        "nodeTags": [],
        "nodes": {"W023": {"a": {"args": [1], "privileged": True}}, "W030": ["x"]},
        "plugins": [
            {
                "name": "a",
                "pluginSpec": {
                    "image": "registry.sagecontinuum.org/theone/imagesampler:0.3.0",
                    "args": ["é <&>", 1, 1.5, None, True],
                    "privileged": True,
                    "develop": True,
                    "node": 1,
                    "job": 2,
                    "entrypoint": 3,
                    "selector": {"resource.gpu": True, "zone": None},
                    "env": {"A": 1},
                    "resource": {"limit.cpu": 2},
                    "volume": {"/a": "/b"},
                },
            }
        ],
        "scienceRules": ["schedule(a): True", "set(x, value=1): True"],
        "successCriteria": ["WallClock(1d)", 1, None],
    }
)
"""A job that has everything, its scalars of every sort."""
BARE = json.dumps({"name": None, "plugins": [{"name": None, "pluginSpec": None}], "nodes": {}, "scienceRules": []})
"""A job that has keys and nothing in them."""

Step = Callable[[Service, Scheduler, str], object]


def _told(*kinds: News) -> Step:
    """A node tells of the job's goal."""
    return lambda service, theone, job: tell(service, "W023", goal_of(theone, job), *kinds, error="no camera")


DO: Mapping[str, Step] = {
    "submit": lambda _, theone, job: theone.submit(job),
    "edit": lambda _, theone, job: theone.edit_file(job, WHOLE),
    "suspend": lambda _, theone, job: theone.rm(job, suspend=True),
    "remove": lambda _, theone, job: theone.rm(job),
    "receive": _told(News.RECEIVED),
    "run": _told(News.COMPLETED, News.FAILED),
}
LIVES: Sequence[tuple[str, str]] = [
    (SEED, ""),
    (BARE, ""),
    (SEED, "submit"),
    (OLD_SEED, "submit"),
    (WHOLE, "submit"),
    (SEED, "submit receive"),
    (SEED, "submit receive run"),
    (SEED, "submit edit"),
    (SEED, "submit suspend"),
    (SEED, "remove"),
]
"""Documents, and what is done to the job that is made of each."""


@pytest.mark.parametrize(("document", "life"), LIVES)
def test_a_job_is_decoded_by_every_client(service: Service, theone: Scheduler, document: str, life: str) -> None:
    """In the list, where rules of goals suit nobody, as in detail; both show the same."""
    job = theone.new(document)
    for step in life.split():
        DO[step](service, theone, job)
    detail, rows = theone.detail(job).json, theone.stat()
    goal = detail.get("science_goal") or {"id": "", "sub_goals": []}
    words = (job, detail["name"], "theone", detail["state"]["last_state"], detail["state"]["last_updated"])
    assert {(*words, goal["id"], str(len(goal["sub_goals"])))} == shown(detail, rows, job)
    theone.rm(job, force=True)


@pytest.mark.parametrize("generation", list(JOBS))
def test_nothing_of_a_job_is_lost_in_decoding(theone: Scheduler, generation: str) -> None:
    """What the client saves to a file has the whole document; options that came later are passed over by the oldest."""
    job = theone.new(WHOLE)
    theone.submit(job)
    found = detailed(theone.detail(job).json, job, generation)
    assert (["Created", "Running"], "ada@example.com") == (found["notification_on"], found["email"])
    assert (["W023", "W030"], ["WallClock(1d)", "1", ""]) == (list(found["nodes"]), found["success_criteria"])
    rules = found["science_goal"]["sub_goals"][0]["science_rules"]
    assert found["science_rules"] == [rule if isinstance(rule, str) else rule["rule"] for rule in rules]
    spec = found["plugins"][0]["plugin_spec"]
    assert (["é <&>", "1", "1.5", "", "true"], True, "3") == (spec["args"], spec["privileged"], spec["entrypoint"])
    assert ({"resource.gpu": "true", "zone": ""}, {"A": "1"}) == (spec["selector"], spec["env"])
    assert "0.23" != generation or ({"limit.cpu": "2"}, {"/a": "/b"}) == (spec["resource"], spec["volume"])
    theone.rm(job)


@pytest.mark.parametrize(
    ("generation", "wrong"),
    [
        ("0.16", {"science_goal": {"sub_goals": [{"science_rules": [{"rule": "x"}]}]}}),
        ("0.18", {"science_goal": {"sub_goals": [{"science_rules": ["x"]}]}}),
        ("0.23", {"job_id": 1}),
        ("0.23", {"state": {"last_started": ""}}),
        ("0.23", {"STATE": "Running"}),
        ("0.18", {"state": {"last_started": 0}}),
        ("0.18", {"state": {"last_started": "2026-11-20T08:44:38+00:00"}}),
        ("0.18", {"Nodes": ["W023"]}),
        ("0.18", {"plugins": [{"plugin_spec": {"args": "x"}}]}),
        ("0.23", {"plugins": [{"plugin_spec": {"resource": {"limit.cpu": 2}}}]}),
        ("0.16", {"plugins": [{"status": "Waiting"}]}),
    ],
)
def test_other_types_are_not_decoded(generation: str, wrong: dict[str, Any]) -> None:
    """The tables can tell right from wrong."""
    with pytest.raises(TypeError):
        decoded(wrong, JOBS[generation])


def test_a_list_holds_jobs_and_nothing_else(theone: Scheduler) -> None:
    """The client takes each of its values for a job: a count or the address of another page would be its end."""
    with pytest.raises(TypeError):
        listed({"next": "2"}, "0.23")
    job = theone.new()
    for query in ({}, {"limit": "1"}):
        answer = theone.ask("GET", "/api/v1/jobs/list", **query).json
        assert job in answer
        assert all(key == one["job_id"] for key, one in listed(answer, "0.23").items())
