"""A real service and a real node, each a process of its own, for tests that speak to them as people and plugins do."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.service import PROGRAM, Account, Service, wait_until

READY = "is ready; AMQP port"
FAST = {"DRAGOMAN_NODE_TICK_SECONDS": "0.5"}


class Node:
    """``dragoman node run`` on a data directory of its own."""

    def __init__(self, place: Path, vsn: str, url: str, token: str, settings: Mapping[str, str]) -> None:
        self.data, self.log = place / f"node-{vsn}", place / f"node-{vsn}.log"
        self._argv: list[str | Path] = [
            PROGRAM,
            "node",
            "run",
            "--vsn",
            vsn,
            "--server",
            url,
            "--data",
            self.data,
            "-v",
        ]
        kept = {key: value for key, value in os.environ.items() if not key.startswith("DRAGOMAN_")}
        self._environment = {**kept, **FAST, "DRAGOMAN_NODE_TOKEN": token, **settings}
        self._process: subprocess.Popen[bytes] | None = None
        self.before: Sequence[str] = ()
        """What is put in front of the program."""

    def plugin(self, name: str, program: str) -> str:
        """Have a plain command in the node's catalogue that runs this Python program; the image that stands for it."""
        folder = self.data / "catalog"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.py").write_text(program)
        (folder / f"{name}.toml").write_text(
            f'[[app]]\nnamespace = "test"\nname = "{name}"\n'
            f'[app.facets.node]\nbare = "{{python}} {{catalog}}/{name}.py"\n[[app.versions]]\nversion = "1.0.0"\n'
        )
        return f"registry.example.org/test/{name}:1.0.0"

    def start(self) -> None:
        """Start, and wait until it serves plugins."""
        with self.log.open("ab") as log:
            start = log.tell()
            argv = [*self.before, *self._argv]
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=self._environment
            )
        wait_until(lambda: READY in self._told_since(start) or not self.is_running())
        assert READY in self._told_since(start), self.told()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def told(self) -> str:
        """Everything that it has printed."""
        return self.log.read_text(errors="replace")

    def _told_since(self, place: int) -> str:
        return self.log.read_bytes()[place:].decode(errors="replace")

    def kill(self) -> None:
        """End it with SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """End it with SIGTERM; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(120)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None


@dataclass(kw_only=True)
class Centre:
    """A service as the people of a field know it."""

    service: Service
    person: Account

    def node(self, place: Path, vsn: str, settings: Mapping[str, str] | None = None) -> Node:
        """Register a node, which is not started."""
        words = ("node", "add", vsn, "--allow", self.person.name, "--output", "json")
        token = json.loads(self.service.command(*words).stdout)["token"]
        return Node(place, vsn, self.service.url, token, settings or {})

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """What an address answers with 200, as JSON where it is."""
        headers = {"Authorization": f"Sage {self.person.token}"}
        answer = httpx2.request(
            method, f"{self.service.url}{path}", headers=headers, timeout=120, trust_env=False, **more
        )
        assert 200 == answer.status_code, answer.text
        return answer.json()

    def submit(self, job: Mapping[str, Any]) -> str:
        """Serve a job; its id."""
        return str(self.ask("POST", "/api/v1/submit?dryrun=false", content=json.dumps(job).encode())["job_id"])

    def remove(self, job_id: str) -> None:
        """Serve it no longer."""
        self.ask("GET", f"/api/v1/jobs/{job_id}/rm?force=true&suspend=false")

    def state(self, job_id: str) -> str:
        """The job's state, as it is shown."""
        return str(self.ask("GET", f"/api/v1/jobs/{job_id}/status")["state"]["last_state"])

    def query(self, name: str, **more: str) -> list[dict[str, Any]]:
        """The records of that name of the last hour, oldest first."""
        body = {"start": "-1h", "filter": {"name": name, **more}}
        answer = httpx2.post(
            f"{self.service.url}/api/v1/query",
            content=json.dumps(body).encode(),
            headers={"Authorization": f"Sage {self.person.token}"},
            timeout=120,
            trust_env=False,
        )
        assert 200 == answer.status_code, answer.text
        return sorted((json.loads(line) for line in answer.text.splitlines()), key=lambda one: one["timestamp"])

    def events(self, kind: str, vsn: str) -> list[dict[str, Any]]:
        """What plugins of a node have gone through, of one kind, oldest first."""
        found = self.query(f"sys.scheduler.status.plugin.{kind}", vsn=vsn)
        return [json.loads(one["value"]) for one in found]


def job(name: str, image: str, rule: str, vsns: Sequence[str] = ("W023",), **spec: Any) -> dict[str, Any]:
    """A job of one plugin, named as the job."""
    return {
        "name": name,
        "plugins": [{"name": name, "pluginSpec": {"image": image, **spec}}],
        "nodes": dict.fromkeys(vsns),
        "scienceRules": [rule],
    }


@contextmanager
def running_centre(place: Path, settings: Mapping[str, str] | None = None) -> Iterator[Centre]:
    """A service that takes any image, with one person who may schedule on the nodes of the test."""
    service = Service(place, {"DRAGOMAN_FIELD_IMAGES": "^registry.example.org/", **(settings or {})})
    service.start()
    try:
        yield Centre(service=service, person=service.account("theone"))
    finally:
        if service.is_running():
            service.stop()


@contextmanager
def started(node: Node) -> Iterator[Node]:
    """A node that runs until the context ends."""
    node.start()
    try:
        yield node
    finally:
        if node.is_running():
            node.stop()
