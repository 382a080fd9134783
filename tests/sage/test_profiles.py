"""The same service as clients of other generations know it: words, layout and what is open to whom."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from dragoman.core.field import News
from tests.sage.generations import shown
from tests.sage.scheduler import OLD_SEED, SEED, Scheduler
from tests.sage.test_goals import goal_of, tell
from tests.service import Account, Service, hears, wait_until

Profiled = Callable[..., tuple[Service, dict[str, Account]]]


@pytest.mark.slow
def test_s15_the_older_tutorial(profiled: Profiled) -> None:
    """Two blanks, no line end, the word status; rules in their older form; lists and details need their owner."""
    service, people = profiled(PROFILE="0.16.7")
    theone, other, nobody = (
        Scheduler(service, token) for token in (people["theone"].token, people["other"].token, None)
    )
    ping = '{\n  "id": "Cloud Scheduler (cloudscheduler-sage)",\n  "version": "0.16.7"\n}\n'
    assert ping == theone.ping().text
    assert '{\n  "job_id": "1",\n  "job_name": "myjob",\n  "status": "Created"\n}' == theone.create_file(OLD_SEED).text
    assert '{\n  "job_id": "1",\n  "status": "Submitted"\n}' == theone.submit("1").text
    row = theone.stat()["1"]
    assert ("Submitted", []) == (row["status"], row["science_goal"]["sub_goals"][0]["science_rules"])
    _check_old_client(theone.detail("1").json["1"])
    _check_new_client(theone.detail("1").json)
    printed = shown(theone.detail("1").json, theone.stat(), "1")
    assert [("1", "myjob", "theone", "Submitted")] == [one[:4] for one in printed]
    assert ["image-sampler: cronjob('image-sampler', '* * * * *')"] == theone.goals("W030").json[0]["sub_goals"][0][
        "science_rules"
    ]
    assert {} == other.stat()
    assert "User other does not have permission to view the job 1" == other.detail("1").json["error"]
    assert "No token found" == nobody.ask("GET", "/api/v1/jobs/list").json["error"]
    assert "1" in Scheduler(service, people["root"].token).stat()
    removed = theone.ask("GET", "/api/v1/jobs/1/rm", force="false", id="1", suspend="false")
    assert '{\n  "job_id": "1",\n  "status": "Removed"\n}' == removed.text


def _check_old_client(record: dict[str, Any]) -> None:
    """What the oldest client decodes: two words, and rules as texts."""
    assert ("1", "myjob", "theone", "Submitted") == tuple(record[key] for key in ("job_id", "name", "user", "status"))
    assert record["last_updated"].endswith("Z")
    assert ["image-sampler: cronjob('image-sampler', '* * * * *')"] == record["science_goal"]["sub_goals"][0][
        "science_rules"
    ]


def _check_new_client(record: dict[str, Any]) -> None:
    """What newer clients decode: a state, and rules as objects."""
    assert "Submitted" == record["state"]["last_state"]
    assert [{"rule": "image-sampler: cronjob('image-sampler', '* * * * *')"}] == record["science_goal"]["sub_goals"][0][
        "science_rules"
    ]


def test_s16_the_newer_tutorial(service: Service, theone: Scheduler) -> None:
    """From the ping to the removal by force."""
    assert "0.18.0" == theone.ping().json["version"]
    job = theone.new(SEED)
    assert {"job_id": job, "state": "Submitted"} == theone.submit(job).json
    tell(service, "W023", goal_of(theone, job), News.RECEIVED)
    assert f'{{\n "job_id": "{job}",\n "state": "Removed"\n}}\n' == theone.rm(job, force=True).text


def test_the_record_has_the_order_of_the_original(theone: Scheduler) -> None:
    """Clients print it as it comes; what is ours stands at its end."""
    job = theone.submit_file(SEED).json["job_id"]
    keys = list(json.loads(theone.detail(job).text))
    assert keys == [
        *("name", "job_id", "user", "email", "notification_on", "plugins", "node_tags", "nodes", "science_rules"),
        *("success_criteria", "science_goal", "state", "status", "last_updated", job),
    ]
    plugin = theone.detail(job).json["plugins"][0]
    assert ["name", "plugin_spec", "goal_id"] == list(plugin)
    assert ["image", "args"] == list(plugin["plugin_spec"])


@pytest.mark.slow
def test_the_newest_profile(profiled: Profiled) -> None:
    """A submit of a file names its job, and stores nothing that cannot be served."""
    service, people = profiled(PROFILE="0.28.0")
    theone, other = Scheduler(service, people["theone"].token), Scheduler(service, people["other"].token)
    told = theone.submit_file(SEED)
    assert '{\n "job_id": "1",\n "job_name": "myjob",\n "state": "Submitted"\n}\n' == told.text
    refused = other.submit_file(SEED)
    assert refused.text == (
        "{\n"
        ' "error": "[User other does not have permission for node W023]",\n'
        ' "job_name": "myjob",\n'
        ' "message": "validation failed. Please revise the job and try again."\n'
        "}\n"
    )
    assert ["1"] == list(theone.stat())
    assert {} == other.stat()
    assert 'user "other" is not the owner of job "1"' == other.rm("1").json["error"]
    detail = theone.detail("1").json
    assert "email" not in detail
    assert [("1", "myjob", "theone", "Submitted")] == [one[:4] for one in shown(detail, theone.stat(), "1")]


@pytest.mark.slow
def test_what_is_public_can_be_closed(profiled: Profiled) -> None:
    """Then lists, details, goals and manifests need a token; a node's own will do for what concerns nodes."""
    service, people = profiled(READING="private")
    theone, other, nobody = (
        Scheduler(service, token) for token in (people["theone"].token, people["other"].token, None)
    )
    job = theone.submit_file(SEED).json["job_id"]
    node = json.loads(service.command("node", "token", "W023", "--output", "json").stdout)["token"]
    for path in (f"/api/v1/jobs/{job}/status", "/api/v1/goals/W023", "/manifests/", "/api/v1/goals/W023/stream"):
        assert nobody.ask("GET", path).status in {400, 401}, path
    assert {} == other.stat()
    assert [job] == [goal["job_id"] for goal in Scheduler(service, node).goals("W023").json]
    assert "No token found" == nobody.ask("GET", "/api/v1/jobs/list").json["error"]


@pytest.mark.slow
def test_a_node_whose_token_was_replaced_is_told_nothing_more(profiled: Profiled) -> None:
    """Where goals are closed: its stream, which is open already, ends within seconds."""
    service, people = profiled(READING="private")
    theone = Scheduler(service, people["theone"].token)
    replace = ("node", "token", "W023", "--output", "json")
    headers = {"Authorization": f"Sage {json.loads(service.command(*replace).stdout)['token']}"}
    url = f"{service.url}/api/v1/goals/W023/stream"
    with httpx2.stream("GET", url, headers=headers, timeout=120, trust_env=False) as answer:
        events = (line for line in answer.iter_lines() if line.startswith("data: "))
        assert "data: []" == next(events)
        service.command(*replace)
        wait_until(lambda: theone.submit_file(SEED) and not hears(events))
