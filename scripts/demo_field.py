"""The last act of ``make demo``: a node in the field with a simulated camera and weather, and a job file of Sage's."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

DRAGOMAN = [sys.executable, "-m", "dragoman"]
PATIENCE = 120.0
JOB = """---
name: myjob
plugins:
- name: image-sampler
  pluginSpec:
    image: registry.sagecontinuum.org/theone/imagesampler:0.3.0
    args:
    - -stream
    - bottom_camera
nodes:
  W023:
scienceRules:
- "schedule(image-sampler): cronjob('image-sampler', '* * * * *')"
successcriteria:
- WallClock(1d)
"""
WEATHER = """---
name: weather
plugins:
- name: weather
  pluginSpec:
    image: registry.sagecontinuum.org/dragoman/weather:1.0.0
    args: ["-count", "3"]
nodes:
  W023:
scienceRules:
- "schedule(weather): cronjob('weather', '* * * * *')"
- "publish(env.event.warm): any(v('env.temperature') > -50)"
"""


def walk(url: str, data: Path, token: str, console: Console) -> bool:
    """Register a node, run it, give it two jobs, show what it measures and sees; whether all went well."""
    with node(url, data):
        console.print("   the node W023 is at work; nothing calls it, it calls the service\n")
        for document in (JOB, WEATHER):
            job = call(f"{url}/api/v1/create", token, document)["job_id"]
            state = call(f"{url}/api/v1/submit?dryrun=false&id={job}", token)["state"]
            console.print(f"   job {job}: {state}")
        began = time.monotonic()
        records = wait(url, "env.temperature", began) + wait(url, "env.event.warm", began)
        pictures = wait(url, "upload", began)
        console.print("\n[bold]What it measured[/]")
        for record in records[:6]:
            console.print(f"   {record['timestamp'][:23]}  {record['name']} = {record['value']}", markup=False)
        if not pictures:
            return False
        target = Path(tempfile.gettempdir()) / "dragoman-node.png"
        with urllib.request.urlopen(pictures[0]["value"], timeout=30) as answer:  # noqa: S310
            target.write_bytes(answer.read())
        console.print(f"\n[bold]What it saw[/]: {pictures[0]['value']}\n   The picture is in {target}")
        return bool(records)


@contextlib.contextmanager
def node(url: str, data: Path) -> Iterator[None]:
    """A node at work, on a data directory of its own."""
    words = ["node", "add", "W023", "--allow", "demo", "--data", str(data), "--output", "json"]
    added = subprocess.run([*DRAGOMAN, *words], check=True, capture_output=True, text=True)
    environ = {**os.environ, "DRAGOMAN_NODE_TOKEN": json.loads(added.stdout)["token"]}
    with tempfile.TemporaryDirectory(prefix="dragoman-node-") as place:
        argv = [*DRAGOMAN, "node", "run", "--vsn", "W023", "--server", url, "--data", place]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environ)
        try:
            if not (process.stdout and process.stdout.readline()):
                raise SystemExit("The node did not start; see the messages above.")
            yield
        finally:
            process.terminate()
            process.wait(20)


def call(url: str, token: str, body: str | None = None) -> Any:
    """What sesctl sends; the answer."""
    request = urllib.request.Request(  # noqa: S310
        url, data=body.encode() if body else None, headers={"Authorization": f"Sage {token}"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.loads(answer.read())


def wait(url: str, name: str, began: float) -> list[dict[str, Any]]:
    """The records of that name, as soon as there are some; none when there are none in time."""
    query = json.dumps({"start": "-5m", "filter": {"name": name, "vsn": "W023"}}).encode()
    while time.monotonic() < began + PATIENCE:
        with urllib.request.urlopen(f"{url}/api/v1/query", data=query, timeout=60) as answer:  # noqa: S310
            lines = answer.read().decode().splitlines()
        if lines:
            return [json.loads(line) for line in lines]
        time.sleep(0.5)
    return []
