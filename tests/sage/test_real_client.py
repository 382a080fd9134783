"""Sage's tutorials with the scheduler's own client, unmodified, where ``DRAGOMAN_TEST_SESCTL`` names its program.

It is no published package, so tests cannot fetch it: whoever has it, of whatever version, has it driven here.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.agent.field import Centre, Node, running_centre
from tests.sage.scheduler import OLD_SEED, SAMPLER, SEED
from tests.service import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.client]

PROGRAM = "DRAGOMAN_TEST_SESCTL"
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC"
"""As its language prints times; those of one that was never said begin with the year 1."""
DETAIL = (
    r"\n===== JOB STATUS =====\nJob ID: {job}\nJob Name: myjob\nJob Owner: theone\nJob Status: {state}\n"
    r"(Job Starttime: {time}\n|  Last updated: {time}\n(  (Submitted|Started|Completed): {time}\n)*)"
    r"\n===== SCHEDULING DETAILS =====\nScience Goal ID: [0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}\n"
    r"Total number of nodes 1\n"
)


@dataclass(frozen=True, kw_only=True)
class Sesctl:
    """Somebody's client, in a directory with their files."""

    program: str
    place: Path
    url: str
    token: str

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command as it is typed, with the address and the token in the environment."""
        environment = {"SES_HOST": self.url, "SES_USER_TOKEN": self.token}
        argv = [self.program, *words]
        return subprocess.run(
            argv, cwd=self.place, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    def says(self, *words: str) -> str:
        """What a command prints that goes well."""
        done = self.run(*words)
        assert (0, "") == (done.returncode, done.stderr), words
        return done.stdout

    def refuses(self, *words: str) -> str:
        """The last that a command says on its other output when it fails; it prints nothing then."""
        done = self.run(*words)
        assert (1, "") == (done.returncode, done.stdout), words
        said = re.split(r"^(?=Returned )", done.stderr.rstrip("\n"), flags=re.MULTILINE)[-1]
        return said if said.startswith("Returned ") else said.rsplit("\n", 1)[-1]

    def row(self, *words: str) -> dict[str, list[str]]:
        """The columns of its table by the first."""
        lines = [line.split() for line in self.says("stat", *words).splitlines()]
        assert ["JOB_ID", "NAME", "USER", "STATUS", "AGE"] == lines[0]
        return {line[0]: line for line in lines[1:] if len(line) > 1}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A service, the client of somebody who may schedule on its nodes, and how to register one."""

    centre: Centre
    sesctl: Sesctl
    node: Callable[[str], Node]


@pytest.fixture
def open_stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Opens one in a profile; skips the test where there is no such program."""
    program = os.environ.get(PROGRAM)
    if not program:
        pytest.skip(f"no client of the scheduler here: {PROGRAM} names the program sesctl")
    with ExitStack() as stack:

        def opened(profile: str, document: str) -> Stage:
            settings = {"DRAGOMAN_FIELD_PROFILE": profile}
            centre = stack.enter_context(running_centre(tmp_path, settings))
            (tmp_path / "myjob.yaml").write_text(document)
            url, token = centre.service.url, centre.person.token
            sesctl = Sesctl(program=program, place=tmp_path, url=url, token=token)

            def node(vsn: str) -> Node:
                made = centre.node(tmp_path, vsn)
                stack.callback(lambda: made.stop() if made.is_running() else None)
                return made

            return Stage(centre=centre, sesctl=sesctl, node=node)

        yield opened


@pytest.mark.parametrize(
    ("profile", "document", "vsn", "word"), [("0.16.7", OLD_SEED, "W030", "status"), ("0.18.0", SEED, "W023", "state")]
)
def test_the_tutorials(open_stage: Callable[..., Stage], profile: str, document: str, vsn: str, word: str) -> None:
    """From the ping to the picture and the removal; what the pages show is printed, in the words of their versions."""
    stage = open_stage(profile, document)
    sesctl, node = stage.sesctl, stage.node(vsn)
    assert f'{{\n "id": "Cloud Scheduler (cloudscheduler-sage)",\n "version": "{profile}"\n}}\n' == sesctl.says("ping")
    created = f'{{\n "job_id": "1",\n "job_name": "myjob",\n "{word}": "Created"\n}}\n'
    assert created == sesctl.says("create", "--file-path", "myjob.yaml")
    assert {"1": ["1", "myjob", "theone", "Created", "-"]} == sesctl.row()
    assert f'{{\n "job_id": "1",\n "{word}": "Submitted"\n}}\n' == sesctl.says("submit", "--job-id", "1")
    assert_detail(sesctl, "1", "Submitted")
    node.start()
    wait_until(lambda: sesctl.row()["1"][3] == "Running", 90)
    assert re.fullmatch(r"(\d+[hm])*\d+s", sesctl.row()["1"][4])
    assert_detail(sesctl, "1", "Running")
    assert wait_until(lambda: stage.centre.query("upload", task=SAMPLER, vsn=vsn), 90)
    assert "as it is in running state. Suspend it first" in json.loads(sesctl.says("rm", "1"))["error"]
    assert f'{{\n "job_id": "1",\n "{word}": "Removed"\n}}\n' == sesctl.says("rm", "--force", "1")
    assert {} == sesctl.row()
    assert {"1": ["1", "myjob", "theone", "Removed", "-"]} == sesctl.row("--show-all")


def assert_detail(sesctl: Sesctl, job: str, state: str) -> None:
    """The page that it prints of a job has no empty line and no year 1."""
    text = sesctl.says("stat", "--job-id", job)
    assert re.fullmatch(DETAIL.format(job=job, state=state, time=TIME), text), text
    assert " 0001-" not in text


def test_what_the_tutorials_leave_out(open_stage: Callable[..., Stage]) -> None:
    """By name, from a file at once, dry runs, edits, suspension, a record in a file."""
    stage = open_stage("0.18.0", SEED)
    sesctl, vsn = stage.sesctl, "W023"
    stage.node(vsn)

    def told(*words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(sesctl.says(*words))
        return found

    assert {"job_id": "1", "job_name": "simplejob", "state": "Created"} == told("create", "simplejob")
    assert {"job_id": "1", "state": "Drafted"} == told("edit", "1", "--file-path", "myjob.yaml")
    assert {"dryrun": True, "job_id": "1"} == told("submit", "--job-id", "1", "--dry-run")
    assert {"job_id": "2", "state": "Submitted"} == told("submit", "--file-path", "myjob.yaml")
    assert {"dryrun": True, "job_name": "myjob"} == told("submit", "--file-path", "myjob.yaml", "--dry-run")
    assert {"job_id": "2", "state": "Suspended"} == told("rm", "--suspend", "2")
    assert_detail(sesctl, "2", "Suspended")
    assert {"1": "Drafted", "2": "Suspended"} == {key: row[3] for key, row in sesctl.row().items()}
    assert "" == sesctl.says("stat", "--job-id", "2", "--out", "record.json")
    record = json.loads((sesctl.place / "record.json").read_text())
    assert ("2", "myjob", "theone") == (record["job_id"], record["name"], record["user"])
    assert [vsn] == [part["name"] for part in record["science_goal"]["sub_goals"]]
    assert "WallClock(1d)" in record["success_criteria"]


def test_what_is_refused_is_told(open_stage: Callable[..., Stage]) -> None:
    """With the body of the answer as it came, on the error output, and with the exit code 1."""
    stage = open_stage("0.18.0", SEED)
    sesctl = stage.sesctl
    stage.node("W023")
    files = {
        "node.yaml": SEED.replace("W023", "W999"),
        "rule.yaml": SEED.replace("schedule(image-sampler):", "sleep(image-sampler):"),
        "image.yaml": SEED.replace("imagesampler:0.3.0", "nothing:1"),
        "types.yaml": "name: [1]\n",
        "empty.yaml": "",
    }
    for name, text in files.items():
        (sesctl.place / name).write_text(text)

    def error(*words: str) -> str:
        said = sesctl.refuses(*words)
        assert said.startswith('Returned "400 Bad Request": '), said
        return str(json.loads(said.partition(": ")[2])["error"])

    for words in (("stat", "--job-id", "99"), ("submit", "--job-id", "99"), ("rm", "99")):
        assert 'Job ID "99" does not exist' == error(*words)
    assert 'Job ID "99" does not exist' == error("edit", "99", "--file-path", "myjob.yaml")
    assert "[User theone does not have permission for node W999]" == error("submit", "--file-path", "node.yaml")
    assert "unknown action type" in error("submit", "--file-path", "rule.yaml")
    assert "nothing:1 does not exist in ECR" in error("submit", "--file-path", "image.yaml")
    assert "cannot unmarshal !!seq into string" in error("create", "--file-path", "types.yaml")
    assert "the job document is empty" == error("create", "--file-path", "empty.yaml")
    assert "Authentication failed" in error("--token", "wrong", "stat")
    assert re.fullmatch("(?i)must provide a valid token", replace(sesctl, token="").refuses("ping"))
