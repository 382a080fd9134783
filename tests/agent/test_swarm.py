"""Many nodes on one centre: nodes and centre are killed, their line is cut, and in the end everything is there, once.

``make test`` has a minute of it, ``make soak`` ten.
"""

import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import cycle
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import pytest

from dragoman.agent.prepare import open_database
from dragoman.config import load
from dragoman.core.manifests import assumed_manifest
from dragoman.core.things import Verb
from dragoman.host.clock import HostClock
from dragoman.server.database import database
from dragoman.store import Connection, accounts, nodes
from dragoman.trust import tokens
from tests.agent.field import Centre, running_centre
from tests.agent.net import Cable, cable
from tests.service import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.serial]

NODES = int(os.environ.get("DRAGOMAN_TEST_NODES", "50"))
SECONDS = float(os.environ.get("DRAGOMAN_TEST_SECONDS", "40"))
CUTS = ((10, 20, "black hole"), (40, 120, "no route"), (30, 20, "refused"))
"""Seconds that the line holds, seconds that it is cut, and how; over and over."""
AT_ONCE = 10
"""Nodes of one process."""
SLOT = 10
"""Seconds between two ticks."""
IMAGE = "registry.example.org/test/emit:1.0.0"
PICTURE = 20_000
"""Bytes of the file that each run uploads: its own name over and over."""
EMIT = f"""
mkdir -p "$PYWAGGLE_LOG_DIR/uploads"
picture="$(date -u +%s%N)-picture.txt"
yes "$WAGGLE_APP_ID" | head -c {PICTURE} > "$PYWAGGLE_LOG_DIR/uploads/$picture"
printf '{{"meta":{{"run":"%s","filename":"picture.txt"}},"name":"upload","timestamp":"%s","value":"%s"}}\\n' \
    "$WAGGLE_APP_ID" "$(date -u +%Y-%m-%dT%H:%M:%S.%N)" "$PYWAGGLE_LOG_DIR/uploads/$picture" \
    >> "$PYWAGGLE_LOG_DIR/data.ndjson"
for n in 0 1 2 3 4; do
    printf '{{"meta":{{"run":"%s"}},"name":"test.emit","timestamp":"%s","value":%s}}\\n' \
        "$WAGGLE_APP_ID" "$(date -u +%Y-%m-%dT%H:%M:%S.%N)" "$n"
done >> "$PYWAGGLE_LOG_DIR/data.ndjson"
"""
CATALOGUE = """
[[app]]
namespace = "test"
name = "emit"
[app.facets.node]
bare = "bash {catalog}/emit.sh"
[[app.versions]]
version = "1.0.0"
"""


def register(centre: Centre, folder: Path) -> list[str]:
    """Add the nodes, with all that they need; VSN=TOKEN of each."""
    template = folder / "template"
    template.mkdir(parents=True)
    open_database(str(template), readers=1).close()
    (template / "catalog").mkdir()
    (template / "catalog" / "emit.sh").write_text(EMIT)
    (template / "catalog" / "emit.toml").write_text(CATALOGUE)
    members = {f"N{number:03}": tokens.mint() for number in range(NODES)}

    def add(conn: Connection, at: int) -> None:
        person = accounts.find_account(conn, name=centre.person.name)
        for number, (vsn, token) in enumerate(members.items()):
            name = f"{number:016x}"
            about: dict[str, Any] = {
                "name": name,
                "manifest": assumed_manifest(vsn, name),
                "key_digest": tokens.digest(token),
            }
            node = nodes.add_node(conn, vsn=vsn, **about, at=at)
            accounts.add_grant(conn, kind=nodes.KIND, ref=node.id, account_id=person.id, verb=Verb.SCHEDULE, at=at)

    with database(load({"server.data": str(centre.service.data)}, {}, None)) as db:
        db.write_now(add, HostClock().now())
    for vsn in members:
        shutil.copytree(template, folder / vsn)
    return [f"{vsn}={token}" for vsn, token in members.items()]


class Swarm:
    """Processes that are some nodes each, all at the far end of one line."""

    def __init__(self, line: Cable, url: str, folder: Path, members: list[str]) -> None:
        self.line, self._url, self._folder = line, url, folder
        self._parts = [members[start : start + AT_ONCE] for start in range(0, len(members), AT_ONCE)]
        self._running: list[subprocess.Popen[bytes] | None] = [None] * len(self._parts)

    def start(self, part: int) -> None:
        program = [*self.line.inside, sys.executable, "-m", "tests.agent.swarm"]
        argv = [*program, self._url, str(self._folder), *self._parts[part]]
        with open(self._folder / f"part-{part}.log", "ab") as log:
            self._running[part] = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=Path(__file__).parents[2]
            )

    def kill(self, part: int) -> None:
        running = self._running[part]
        if running is not None:
            running.kill()
            running.wait()
            self._running[part] = None

    @property
    def parts(self) -> range:
        return range(len(self._parts))

    def check_running(self) -> None:
        for part in self.parts:
            running = self._running[part]
            assert running is None or running.poll() is None, (self._folder / f"part-{part}.log").read_text()[-3000:]


@contextmanager
def swarm(line: Cable, url: str, folder: Path, members: list[str]) -> Iterator[Swarm]:
    made = Swarm(line, url, folder, members)
    try:
        for part in made.parts:
            made.start(part)
        yield made
    finally:
        for part in made.parts:
            made.kill(part)


def ask(folder: Path, vsn: str, query: str) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(f"file:{folder / vsn}/node.db?mode=ro", uri=True, timeout=120)) as conn:
        conn.row_factory = sqlite3.Row
        return conn.execute(query).fetchall()


def ended_well(folder: Path, vsn: str) -> int:
    """How many runs of a node have."""
    return len(ask(folder, vsn, "SELECT 1 FROM edge_firing WHERE outcome = 'FINISHED'"))


QUIET = """SELECT (SELECT count(*) FROM edge_outbox) + (SELECT count(*) FROM edge_parcel)
    + (SELECT count(*) FROM edge_goal)
    + (SELECT count(*) FROM edge_firing WHERE state != 'ended') AS many"""


@pytest.mark.timeout(900 + SECONDS)
def test_many_nodes_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """Every run that ended well is told with all it has measured and uploaded, and no tick was served twice."""
    chance, folder = random.Random(4), tmp_path / "field"
    with cable() as line, running_centre(tmp_path, {"DRAGOMAN_SERVER_HOST": line.centre}) as centre:
        members = register(centre, folder)
        vsns = [member.partition("=")[0] for member in members]
        document = {
            "name": "emit",
            "plugins": [{"name": "emit", "pluginSpec": {"image": IMAGE}}],
            "nodes": dict.fromkeys(vsns),
            "scienceRules": [f"schedule(emit): cronjob('emit', '* * * * * */{SLOT}')"],
        }
        with swarm(line, centre.service.url, folder, members) as nodes_:
            job_id = centre.submit(document)
            wait_until(lambda: all(ask(folder, vsn, "SELECT 1 FROM edge_firing") for vsn in vsns), 240)
            with cutting(line):
                unrest(centre, nodes_, chance)
            wait_until(lambda: sum(ended_well(folder, vsn) for vsn in vsns) >= 2 * len(vsns), 240)
            centre.remove(job_id)
            wait_until(lambda: all(0 == ask(folder, vsn, QUIET)[0]["many"] for vsn in vsns), 240)
            # What runs have left is taken when their directories go, and may then have to be told.
            wait_until(lambda: not any(os.listdir(folder / vsn / "runs") for vsn in vsns), 240)
            wait_until(lambda: all(0 == ask(folder, vsn, QUIET)[0]["many"] for vsn in vsns), 240)
            wait_until(lambda: not any(os.listdir(folder / vsn / "spool") for vsn in vsns), 240)
            nodes_.check_running()
        check(centre, folder, vsns)


@contextmanager
def cutting(line: Cable) -> Iterator[None]:
    """The line is cut now and then until the context ends; then it is whole."""
    over = Event()

    def cut() -> None:
        for whole, gone, how in cycle(CUTS):
            if over.wait(whole):
                return
            line.cut(how)
            over.wait(gone)
            line.mend()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(cut)
        try:
            yield
        finally:
            over.set()
        done.result()


def unrest(centre: Centre, nodes_: Swarm, chance: random.Random) -> None:
    """For a while now one, now the other is killed; the centre stays away for some time."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        part = chance.choice(nodes_.parts)
        nodes_.kill(part)
        if chance.random() < 0.4:
            centre.service.kill()
            # How long they are away is what is tried here, so there is nothing to wait for.
            time.sleep(chance.uniform(1, 8))
            centre.service.restart()
        time.sleep(chance.uniform(0, 4))
        nodes_.start(part)
        time.sleep(chance.uniform(2, 8))
        nodes_.check_running()


def uploaded(centre: Centre) -> dict[str, str]:
    """By run, whether the file that it uploaded is whole; each is told once and kept once."""
    records = centre.query("upload")
    runs = {record["meta"]["run"]: record["value"] for record in records}
    with closing(sqlite3.connect(f"file:{centre.service.data}/dragoman.db?mode=ro", uri=True, timeout=120)) as conn:
        kept = dict(conn.execute("SELECT alias, sha512 FROM file WHERE door = 'field'").fetchall())
        count = conn.execute("SELECT count(*) FROM file").fetchone()[0]
    assert len(records) == len(runs) == len(kept)
    blobs = centre.service.data / "blobs"
    assert count == sum(len(names) for _, _, names in os.walk(blobs)), "bytes that no file has"
    found = {}
    with httpx2.Client(timeout=120, trust_env=False) as client:
        for run, url in runs.items():
            content, meant = client.get(url).content, (f"{run}\n".encode() * PICTURE)[:PICTURE]
            digests = {hashlib.sha512(some).hexdigest() for some in (content, meant)}
            is_whole = digests == {kept[url.rpartition("/api/v1/data/")[2]]}
            found[run] = "whole" if is_whole else f"{len(content)} other bytes"
    return found


def check(centre: Centre, folder: Path, vsns: list[str]) -> None:
    """What the nodes know against what the centre knows."""
    told: dict[str, list[int]] = {}
    for record in centre.query("test.emit"):
        told.setdefault(record["meta"]["run"], []).append(record["value"])
    done, pictures = 0, uploaded(centre)
    for vsn in vsns:
        rows = ask(folder, vsn, "SELECT app, pod, outcome, queued_at FROM edge_firing ORDER BY id")
        slots = [row["queued_at"] // (SLOT * 1_000_000) for row in rows]
        assert len(set(slots)) == len(slots), vsn
        runs = [row["app"] for row in rows if row["outcome"] == "FINISHED"]
        assert {run: [0, 1, 2, 3, 4] for run in runs} == {run: told.get(run) for run in runs}, vsn
        assert dict.fromkeys(runs, "whole") == {run: pictures.get(run) for run in runs}, vsn
        assert [] == os.listdir(folder / vsn / "spool"), vsn
        pods = sorted(row["pod"] for row in rows)
        ends = centre.events("complete", vsn) + centre.events("failed", vsn)
        assert pods == sorted(event["pluginruntime_pod_instance"] for event in ends), vsn
        done += len(runs)
    assert done >= 2 * len(vsns)
