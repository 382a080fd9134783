"""A node whose line is cut, that is killed, or whose centre is: it works on, and tells everything once afterwards."""

import hashlib
import json
import os
import re
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.agent.field import Centre, Node, job, running_centre, started
from tests.agent.net import cable
from tests.service import wait_until

pytestmark = pytest.mark.slow

COUNT = """
import hashlib, os, socket, sys, time
from pathlib import Path
from waggle.plugin import Plugin
guard = socket.socket(socket.AF_UNIX)
run = os.environ["WAGGLE_APP_ID"]
with Plugin() as plugin:
    try:
        guard.bind("\\0dragoman-test-" + sys.argv[1])
    except OSError:
        plugin.publish("test.overlap", 1)
        raise
    for number in range(3):
        plugin.publish("test.count", number, meta={"run": run})
    Path("file.txt").write_text(run * 100)
    plugin.upload_file("file.txt", meta={"run": run})
    end = time.monotonic() + 5
    while not plugin.send.empty() and time.monotonic() < end:  # its end waits for no connection that is not made yet
        time.sleep(0.01)
    time.sleep(float(sys.argv[2]))
"""
EVERY_TWO = "schedule(count): cronjob('count', '* * * * * */2')"


def rows(node: Node, query: str) -> list[sqlite3.Row]:
    """What the node's database says."""
    with closing(sqlite3.connect(f"file:{node.data}/node.db?mode=ro", uri=True, timeout=120)) as conn:
        conn.row_factory = sqlite3.Row
        return conn.execute(query).fetchall()


def firings(node: Node, outcome: str) -> list[str]:
    """The app ids of executions that ended so."""
    return [row["app"] for row in rows(node, f"SELECT app FROM edge_firing WHERE outcome = '{outcome}'")]


def begun(node: Node) -> set[str]:
    """The app ids of all executions: what one of them publishes as its node ends, nobody hears."""
    return {row["app"] for row in rows(node, "SELECT app FROM edge_firing")}


def is_told(node: Node) -> bool:
    """Whether nothing waits for the centre."""
    waits = "SELECT (SELECT count(*) FROM edge_outbox) + (SELECT count(*) FROM edge_parcel) AS many"
    return bool(rows(node, waits)[0]["many"] == 0)


def counted(centre: Centre) -> dict[str, list[int]]:
    """What each run has counted, as the centre knows it."""
    found: dict[str, list[int]] = {}
    for record in centre.query("test.count"):
        found.setdefault(record["meta"]["run"], []).append(record["value"])
    return found


def check_uploads(centre: Centre, runs: list[str]) -> None:
    """One file of each run, with its content."""

    def uploads() -> list[dict[str, Any]]:
        return centre.query("upload", filename="file.txt")

    wait_until(lambda: set(runs) <= {record["meta"]["run"] for record in uploads()})
    by_run = {record["meta"]["run"]: record["value"] for record in uploads()}
    assert len(by_run) == len(uploads())
    for run in runs:
        answer = httpx2.get(by_run[run], trust_env=False, timeout=120)
        assert hashlib.sha1((run * 100).encode()).hexdigest() == hashlib.sha1(answer.content).hexdigest()


def check_lives(centre: Centre, vsn: str = "W023") -> None:
    """Each execution was launched once at the most, and ended once."""
    lives = {kind: centre.events(kind, vsn) for kind in ("queued", "launched", "complete", "failed")}
    pods = {kind: [one["pluginruntime_pod_instance"] for one in events] for kind, events in lives.items()}
    for kind, some in pods.items():
        assert len(set(some)) == len(some), kind
    ended = pods["complete"] + pods["failed"]
    assert len(set(ended)) == len(ended)
    assert set(ended) <= set(pods["queued"])
    assert set(pods["launched"]) <= set(ended) | set(pods["queued"])


def quiet(centre: Centre, node: Node, job_id: str) -> None:
    """The job is withdrawn, everything has ended, and everything is told."""
    centre.remove(job_id)
    wait_until(lambda: not rows(node, "SELECT 1 FROM edge_goal"))
    wait_until(lambda: not rows(node, "SELECT 1 FROM edge_firing WHERE state != 'ended'"))
    wait_until(lambda: not os.listdir(node.data / "runs"))  # what was left there is taken when it is removed
    wait_until(lambda: is_told(node))


def test_a_node_works_on_while_the_line_is_cut(tmp_path: Path) -> None:
    """In each of the three ways; afterwards everything is there once, with the times at which it happened."""
    with cable() as line, running_centre(tmp_path, {"DRAGOMAN_SERVER_HOST": line.centre}) as centre:
        node = centre.node(tmp_path, "W023")
        node.before = line.inside
        image = node.plugin("count", COUNT)
        with started(node):
            job_id = centre.submit(job("count", image, EVERY_TWO, args=[f"cut-{os.getpid()}", "0"]))
            wait_until(lambda: counted(centre))
            spans = [alone(centre, node, line, how) for how in ("no route", "black hole", "refused")]
            quiet(centre, node, job_id)
            done = firings(node, "FINISHED")
            assert {run: [0, 1, 2] for run in done} == {run: counted(centre).get(run) for run in done}
            check_uploads(centre, done)
            check_lives(centre)
            times = [stamp(record) for record in centre.query("test.count")]
            assert all(any(begin < at < end for at in times) for begin, end in spans)
            assert [] == centre.query("test.overlap")


def alone(centre: Centre, node: Node, line: Any, how: str) -> tuple[float, float]:
    """Cut the line until at least three runs more have ended well; from when to when it was cut."""
    before, begin = len(firings(node, "FINISHED")), time.time()
    line.cut(how)
    wait_until(lambda: len(firings(node, "FINISHED")) >= before + 3, 120)
    assert not is_told(node)
    end = time.time()
    line.mend()
    assert node.is_running()
    return begin, end


def stamp(record: dict[str, Any]) -> float:
    """A record's time."""
    whole, _, part = record["timestamp"].rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{part or 0}")


def test_a_node_that_is_killed_runs_nothing_twice_at_once(tmp_path: Path) -> None:
    """Goals survive; what ran is found again; each execution ends once."""
    with running_centre(tmp_path) as centre:
        node = centre.node(tmp_path, "W023")
        image = node.plugin("count", COUNT)
        with started(node):
            job_id = centre.submit(job("count", image, EVERY_TWO, args=[f"kill-{os.getpid()}", "1.5"]))
            wait_until(lambda: centre.events("launched", "W023"))
            for number in range(6):
                ended = len(firings(node, "FINISHED"))
                wait_until(lambda: number % 2 or len(firings(node, "FINISHED")) > ended)  # noqa: B023 - asked at once
                node.kill()
                node.start()
            wait_until(lambda: len(firings(node, "FINISHED")) > 4)
            assert not firings(node, "FAILED")  # one that waits when the job is withdrawn fails, and may
            quiet(centre, node, job_id)
            check_lives(centre)
            assert [] == centre.query("test.overlap")


def test_a_node_that_comes_back_from_a_backup_is_heard(tmp_path: Path) -> None:
    """What it tells then is kept, though its database gives numbers that the centre knows; and nothing twice."""
    backup = tmp_path / "backup"
    with running_centre(tmp_path) as centre:
        node = centre.node(tmp_path, "W023")
        image = node.plugin("count", COUNT)

        def work() -> list[str]:
            with started(node):
                before = set(firings(node, "FINISHED"))
                job_id = centre.submit(job("count", image, EVERY_TWO, args=["restored", "0"]))
                wait_until(lambda: len(set(firings(node, "FINISHED")) - before) >= 2)
                quiet(centre, node, job_id)
            return [run for run in firings(node, "FINISHED") if run not in before]

        first = work()
        shutil.copytree(node.data, backup)
        second = work() + work()
        shutil.rmtree(node.data)
        shutil.move(backup, node.data)
        third = work()
        done = [*first, *second, *third]
        assert {run: [0, 1, 2] for run in done} == {run: counted(centre).get(run) for run in done}
        check_uploads(centre, done)
        check_lives(centre)


def test_a_node_that_starts_alone_knows_its_goals(tmp_path: Path) -> None:
    """The centre is gone; the rules of its last list go on."""
    with running_centre(tmp_path) as centre:
        node = centre.node(tmp_path, "W023")
        image = node.plugin("count", COUNT)
        with started(node):
            centre.submit(job("count", image, EVERY_TWO, args=[f"start-{os.getpid()}", "0"]))
            wait_until(lambda: centre.events("complete", "W023"))
            node.stop()
            centre.service.stop()
            before = begun(node)
            node.start()
            wait_until(lambda: len(set(firings(node, "FINISHED")) - before) >= 2)
            alone = set(firings(node, "FINISHED")) - before
            centre.service.restart()
            wait_until(lambda: alone <= set(counted(centre)))


def test_a_node_says_why_it_is_alone(tmp_path: Path) -> None:
    """With a token that does not count, and with a centre that is not there: from the start on, and once."""
    with running_centre(tmp_path) as centre:
        centre.node(tmp_path, "W023")
        stranger = Node(tmp_path, "W023", centre.service.url, "0" * 40, {})
        with started(stranger):
            wait_until(lambda: "Invalid token." in stranger.told())
            assert "working on alone: " in stranger.told()
            assert "tells what is to be done" not in stranger.told()
            centre.service.stop()
            wait_until(lambda: "cannot be reached" in stranger.told())
            # A centre that is about to end may say something else in between.
            reasons = re.findall("working on alone: (.*)\n", stranger.told())
            assert 1 == sum("Invalid token." in reason for reason in reasons)
            assert len(set(reasons)) == len(reasons)


def test_a_centre_that_is_killed_gets_everything_once(tmp_path: Path) -> None:
    """While batches and files are on their way."""
    with running_centre(tmp_path) as centre:
        node = centre.node(tmp_path, "W023")
        image = node.plugin("count", COUNT)
        with started(node):
            job_id = centre.submit(job("count", image, EVERY_TWO, args=[f"centre-{os.getpid()}", "0"]))
            wait_until(lambda: centre.events("complete", "W023"))
            for _ in range(3):
                ended = len(firings(node, "FINISHED"))
                wait_until(lambda: len(firings(node, "FINISHED")) > ended)  # noqa: B023 - asked at once
                centre.service.kill()
                wait_until(lambda: len(firings(node, "FINISHED")) > ended + 1)  # noqa: B023
                centre.service.restart()
            quiet(centre, node, job_id)
            done = firings(node, "FINISHED")
            assert {run: [0, 1, 2] for run in done} == {run: counted(centre).get(run) for run in done}
            check_uploads(centre, done)
            check_lives(centre)


def test_a_wrong_token_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    """A node whose token counts no more works on by the goals it has; with the right one everything comes through."""
    with running_centre(tmp_path) as centre:
        node = centre.node(tmp_path, "W023")
        wrong = Node(tmp_path, "W023", centre.service.url, "0" * 40, {})
        image = node.plugin("count", COUNT)
        centre.submit(job("count", image, EVERY_TWO, args=[f"token-{os.getpid()}", "0"]))
        with started(node):
            wait_until(lambda: firings(node, "FINISHED"))
        before = begun(node)
        with started(wrong):
            wait_until(lambda: len(set(firings(wrong, "FINISHED")) - before) > 1)
            wait_until(lambda: "working on alone: " in wrong.told())
            assert "Invalid token." in wrong.told()
        waiting = set(firings(node, "FINISHED")) - before
        assert not waiting & set(counted(centre))
        with started(node):
            wait_until(lambda: waiting <= set(counted(centre)))
            assert json.loads(centre.query("sys.scheduler.status.goal.received")[0]["value"])["goal_name"] == "count"
