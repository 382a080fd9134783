"""The scenarios of the scheduler, as they were recorded with its own client against the original."""

import json
import re
from collections.abc import Callable

import pytest

from tests.sage.scheduler import NEVER, SEED, Scheduler, saved, table

T = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
G = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

Client = Callable[[str | None], Scheduler]


def test_s1_ping(theone: Scheduler, client: Client) -> None:
    """Nobody has to say who they are; the body has one more line end than others."""
    body = '{\n "id": "Cloud Scheduler (cloudscheduler-sage)",\n "version": "0.18.0"\n}\n\n'
    assert (200, body) == (theone.ping().status, theone.ping().text)
    assert body == client("bad").ping().text
    assert "application/json" == theone.ping().headers["content-type"]
    assert "*" == theone.ping().headers["access-control-allow-origin"]


def test_s2_create(theone: Scheduler) -> None:
    """By file and by name; ids count up."""
    first = theone.create_file(SEED)
    job = int(first.json["job_id"])
    assert (200, f'{{\n "job_id": "{job}",\n "job_name": "myjob",\n "state": "Created"\n}}\n') == (
        first.status,
        first.text,
    )
    second = theone.create("simplejob")
    assert {"job_id": str(job + 1), "job_name": "simplejob", "state": "Created"} == second.json
    assert "" == theone.create("").json["job_name"]


def test_s3_list(theone: Scheduler) -> None:
    """What a row of the client's table is made of."""
    job = theone.new()
    row = theone.stat()[job]
    assert ("myjob", "theone", "Created") == (row["name"], row["user"], row["state"]["last_state"])


def test_pages_of_the_list(client: Callable[[str | None], Scheduler]) -> None:
    """Newest first, as many as are asked for; without being asked for, all of them as ever."""
    mine = client("builder")
    made = [mine.new() for _ in range(3)]

    def listed(**query: str) -> list[str]:
        found: dict[str, object] = mine.ask("GET", "/api/v1/jobs/list", **query).json
        return sorted(found, key=int)

    assert made == listed()[-3:]
    assert (made[1:], made[:1]) == (listed(limit="2"), listed(limit="1", offset="2"))
    assert [] == listed(offset="1000000")
    assert listed() == listed(offset="0")
    for query, why in (
        ({"limit": "x"}, "limit must be a whole number"),
        ({"limit": "0"}, "limit must be at least 1"),
        ({"offset": "-1"}, "offset must be a whole number"),
        ({"offset": "9" * 19}, "offset must be a whole number"),
    ):
        told = mine.ask("GET", "/api/v1/jobs/list", **query)
        assert (400, {"error": why}) == (told.status, told.json)


def test_s4_detail_before_submit(theone: Scheduler) -> None:
    """Only the time of the last update is known, and there is no goal."""
    record = theone.detail(theone.new()).json
    assert "science_goal" not in record
    assert "theone" == record["user"]
    assert T.fullmatch(record["state"]["last_updated"])
    assert [None, None, None] == [record["state"][f"last_{word}"] for word in ("submitted", "started", "completed")]


def test_s5_submit(theone: Scheduler) -> None:
    """The record has a goal of one node, as a random UUID."""
    job = theone.new()
    told = theone.submit(job)
    assert (200, f'{{\n "job_id": "{job}",\n "state": "Submitted"\n}}\n') == (told.status, told.text)
    record = theone.detail(job).json
    assert "Submitted" == record["state"]["last_state"]
    assert record["state"]["last_submitted"] == record["state"]["last_updated"]
    assert G.fullmatch(record["science_goal"]["id"])
    assert ["W023"] == [goal["name"] for goal in record["science_goal"]["sub_goals"]]
    assert record["science_goal"]["id"] == record["plugins"][0]["goal_id"]


def test_s6_nothing_selected(theone: Scheduler) -> None:
    """The body is shown to people as it is."""
    told = theone.submit(theone.create("simplejob").json["job_id"])
    assert (400, '{\n "error": "[Node is not selected]"\n}\n') == (told.status, told.text)


def test_s7_edit_dry_run_and_resubmit(theone: Scheduler) -> None:
    """A dry run changes nothing; the goal is withdrawn by the edit."""
    job = theone.new()
    theone.submit(job)
    assert f'{{\n "job_id": "{job}",\n "state": "Drafted"\n}}\n' == theone.edit_file(job, SEED).text
    drafted = theone.detail(job).text
    assert f'{{\n "dryrun": true,\n "job_id": "{job}"\n}}\n' == theone.submit(job, dryrun="true").text
    assert drafted == theone.detail(job).text
    assert "Submitted" == theone.submit(job).json["state"]


def test_s8_suspend_and_resume(theone: Scheduler) -> None:
    """The goal of a suspended job is withdrawn, and another submit makes a new one."""
    job = theone.new()
    theone.submit(job)
    before = theone.detail(job).json["science_goal"]["id"]
    assert before in theone.goals("W023").text
    assert f'{{\n "job_id": "{job}",\n "state": "Suspended"\n}}\n' == theone.rm(job, suspend=True).text
    assert ("Suspended", False) == (theone.state(job), before in theone.goals("W023").text)
    assert "Submitted" == theone.submit(job).json["state"]
    after = theone.detail(job).json["science_goal"]["id"]
    assert (False, True) == (before == after, after in theone.goals("W023").text)


def test_s9_remove(theone: Scheduler) -> None:
    """It stays in lists, as removed; removing it again works, and so does submitting it again."""
    job = theone.new()
    assert f'{{\n "job_id": "{job}",\n "state": "Removed"\n}}\n' == theone.rm(job).text
    assert "Removed" == theone.stat()[job]["state"]["last_state"]
    assert "Removed" == theone.rm(job, force=True).json["state"]
    assert theone.detail(job).json["state"]["last_completed"] is not None
    assert "Submitted" == theone.submit(job).json["state"]


def test_s11_submit_from_file(theone: Scheduler, other: Scheduler) -> None:
    """What may not be scheduled is stored as a draft all the same, in this profile."""
    told = theone.submit_file(SEED)
    job = told.json["job_id"]
    assert (200, f'{{\n "job_id": "{job}",\n "state": "Submitted"\n}}\n') == (told.status, told.text)
    refused = other.submit_file(SEED)
    assert 400 == refused.status
    assert refused.text == (
        "{\n"
        ' "error": "[User other does not have permission for node W023]",\n'
        f' "job_id": "{int(job) + 1}",\n'
        ' "message": "job is added, but failed to be validated. Please edit the job and try again."\n'
        "}\n"
    )
    assert "Created" == other.state(str(int(job) + 1))
    assert '{\n "dryrun": true,\n "job_name": "myjob"\n}\n' == theone.submit_file(SEED, dryrun="true").text


def test_s12_who_asks_and_whose_it_is(theone: Scheduler, other: Scheduler, client: Client, nobody: Scheduler) -> None:
    """All failures are of status 400."""
    bad = client("bad").create("x")
    why = 'Authentication failed: Returned \\"401 UNAUTHORIZED\\": {\\"detail\\":\\"Invalid token.\\"}\\n'
    assert (400, f'{{\n "error": "{why}"\n}}\n') == (bad.status, bad.text)
    job = theone.new()
    assert job not in other.stat()
    assert job in nobody.stat()
    assert "theone" == other.detail(job).json["user"]
    refused = other.rm(job)
    assert (400, f"User other does not have permission to remove the job {job}") == (
        refused.status,
        refused.json["error"],
    )
    assert (400, "No token found") == (nobody.create("x").status, nobody.create("x").json["error"])


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("Bearer x", "Token is not a Sage token"),
        ("Token x", "Token is not a Sage token"),
        ("sage x", "Token is not a Sage token"),
        ("Sage", "Token not found"),
    ],
)
def test_s12_other_headers(nobody: Scheduler, header: str, told: str) -> None:
    """The word is compared as it is written."""
    nobody._http.headers["Authorization"] = header
    assert (400, {"error": told}) == (nobody.create("x").status, nobody.create("x").json)


def test_s13_unknown_ids(theone: Scheduler) -> None:
    """With quotes around the id."""
    text = '{\n "error": "Job ID \\"9999\\" does not exist"\n}\n'
    for told in (theone.detail("9999"), theone.rm("9999"), theone.submit("9999"), theone.edit_file("9999", SEED)):
        assert (400, text) == (told.status, told.text)
    assert {"error": "job_id is required"} == theone.ask("GET", "/api/v1/submit").json
    assert {"error": "job_id is required"} == theone.ask("POST", "/api/v1/edit", body=SEED).json
    assert {"error": "name field is required"} == theone.ask("GET", "/api/v1/create").json


def test_s14_save_record(theone: Scheduler) -> None:
    """The client can make of each time of a record one of its own, and a file of the whole."""
    job = theone.new()
    theone.submit(job)
    kept = json.loads(saved(theone.detail(job).json))
    times = {key: value for key, value in kept["state"].items() if key != "last_state"}
    assert ["last_updated", "last_submitted", "last_started", "last_completed"] == list(times)
    assert [NEVER, NEVER] == [times["last_started"], times["last_completed"]]
    assert all(T.fullmatch(value) for value in times.values())
    assert (job, "myjob", "theone") == (kept["job_id"], kept["name"], kept["user"])
    theone.rm(job)


def test_s30_a_script_that_takes_the_table_apart(theone: Scheduler) -> None:
    """Of five columns, none of which is empty, and then submits and suspends by the first of them."""
    new = theone.new()
    assert [new, "myjob", "theone", "Created", "-"] == found(theone, "myjob", new)
    assert "Submitted" == theone.submit(new).json["state"]
    assert [new, "myjob", "theone", "Submitted", "-"] == found(theone, "myjob", new)
    assert "Suspended" == theone.rm(new, suspend=True).json["state"]
    assert [new, "myjob", "theone", "Suspended", "-"] == found(theone, "myjob", new)


def test_s30_a_script_that_changes_its_job_at_once(theone: Scheduler) -> None:
    """Suspend, edit, submit without a pause in between, again and again, for the job of the first line."""
    job = theone.submit_file(SEED).json["job_id"]
    goals = set()
    for argument in ("top_camera", "left_camera", "bottom_camera"):
        assert "Suspended" == theone.rm(job, suspend=True).json["state"]
        assert "Drafted" == theone.edit_file(job, SEED.replace("bottom_camera", argument)).json["state"]
        assert "Submitted" == theone.submit(job).json["state"]
        (goal,) = (goal for goal in theone.goals("W023").json if goal["job_id"] == job)
        assert ["-stream", argument] == goal["sub_goals"][0]["plugins"][0]["plugin_spec"]["args"]
        goals.add(goal["id"])
    assert 3 == len(goals)
    theone.rm(job)


def test_s30_a_script_whose_keys_are_in_snake_case(theone: Scheduler) -> None:
    """It looks for the word in what the client prints; its rules are not lost here."""
    text = SEED.replace("pluginSpec", "plugin_spec").replace("scienceRules", "science_rules")
    told = theone.submit_file(text.replace("successcriteria", "success_criteria"))
    assert '"job_id"' in told.text
    record = theone.detail(told.json["job_id"]).json
    assert ["schedule(image-sampler): cronjob('image-sampler', '* * * * *')"] == record["science_rules"]
    assert ["WallClock(1d)"] == record["success_criteria"]
    theone.rm(told.json["job_id"])


def found(client: Scheduler, name: str, job: str) -> list[str]:
    """The columns of the row of a job, below the two lines of the head."""
    (row,) = (row for line in table(client.stat()).splitlines()[2:] if (row := line.split())[:2] == [job, name])
    return row


def test_edit_and_submit_of_others(theone: Scheduler, other: Scheduler, client: Client) -> None:
    """Only their owner may, and an admin who says so; the owner stays."""
    job = theone.new()
    for told in (other.edit_file(job, SEED), other.submit(job)):
        assert {"error": "User other does not have access to the job"} == told.json
    for told in (other.edit_file(job, SEED, override="true"), other.submit(job, override="true")):
        assert {"error": "User other does not have permission to override to the job"} == told.json
    root = client("root")
    assert {"error": "User root does not have access to the job"} == root.edit_file(job, SEED).json
    assert "Drafted" == root.edit_file(job, SEED, override="true").json["state"]
    assert "theone" == theone.detail(job).json["user"]
    assert "[User root does not have permission for node W023]" == root.submit(job, override="true").json["error"]


def test_a_word_that_is_no_truth(theone: Scheduler) -> None:
    """In the words of the original's language."""
    told = theone.submit("1", dryrun="maybe")
    assert (400, 'strconv.ParseBool: parsing "maybe": invalid syntax') == (told.status, told.json["error"])


def test_s29_what_the_portal_asks(theone: Scheduler, nobody: Scheduler) -> None:
    """Lists without a token, the file of a job, and what browsers ask first."""
    job = theone.new()
    assert job in nobody.stat()
    file = nobody.ask("GET", f"/api/v1/jobs/{job}/template")
    assert "application/json" == file.headers["content-type"]
    assert file.text == (
        "name: myjob\n"
        "plugins:\n"
        "- name: image-sampler\n"
        "  pluginSpec:\n"
        "    image: registry.sagecontinuum.org/theone/imagesampler:0.3.0\n"
        "    args:\n"
        "    - -stream\n"
        "    - bottom_camera\n"
        "    volume: {}\n"
        "nodeTags: []\n"
        "nodes:\n"
        "  W023: null\n"
        "scienceRules:\n"
        '- \'schedule(image-sampler): cronjob("image-sampler", "* * * * *")\'\n'
        "successCriteria:\n"
        "- WallClock(1d)\n"
    )
    assert 200 == theone.submit_file(file.text).status
    nobody._http.headers["Origin"] = "http://portal.example"
    asked = nobody.ask("OPTIONS", "/api/v1/create")
    assert (200, "true", "*") == (
        asked.status,
        asked.headers["access-control-allow-credentials"],
        asked.headers["access-control-allow-origin"],
    )
    assert "Authorization" in asked.headers["access-control-allow-headers"]


def test_paths_that_are_none(theone: Scheduler) -> None:
    """404 in plain text; a method that a path has not is 405, without a body."""
    none = theone.ask("GET", "/api/v1/nothing")
    assert (404, "404 page not found\n", "text/plain; charset=utf-8") == (
        none.status,
        none.text,
        none.headers["content-type"],
    )
    assert "404 page not found\n" == theone.ask("GET", "/api/v1/%2e%2e/%2e%2e/livez").text
    wrong = theone.ask("PUT", "/api/v1/create")
    assert (405, "") == (wrong.status, wrong.text)
    assert 405 == theone.ask("GET", "/api/v1/edit").status
