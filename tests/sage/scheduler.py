"""The scheduler as its own client asks it: each method is a command of that client, with its path, query and headers.

Answers are kept as they come: that client shows people the bodies of errors word for word.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from scripts.demo_field import JOB

from tests.service import Service

SAMPLER = "image-sampler"
SEED = JOB
"""The job file of the newer tutorial, which ``make demo`` runs."""
OLD_SEED = (
    SEED.replace("bottom_camera", "bottom").replace("W023", "W030").replace("schedule(image-sampler)", "image-sampler")
)
"""The job file of the older tutorial."""


NEVER = "0001-01-01T00:00:00Z"
"""How a time that there is not looks when the client has written it to a file."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    text: str
    headers: httpx2.Headers

    @property
    def json(self) -> Any:
        """The JSON of the body, of exactly the one content type that the client takes."""
        assert "application/json" == self.headers["content-type"]
        return json.loads(self.text)


class Scheduler:
    """Somebody's client."""

    def __init__(self, service: Service, token: str | None) -> None:
        headers = {"Accept": "applications/json", "User-Agent": "Go-http-client/1.1"}
        if token is not None:
            headers["Authorization"] = f"Sage {token}"
        self._http = httpx2.Client(base_url=service.url, headers=headers, timeout=120, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, path: str, *, body: str | bytes | None = None, **query: str) -> Answer:
        """One request."""
        kind = {"Content-Type": "application/yaml" if body is not None else "application/json"}
        content = body.encode() if isinstance(body, str) else body
        found = self._http.request(method, path, params=dict(sorted(query.items())), content=content, headers=kind)
        return Answer(found.status_code, found.text, found.headers)

    def ping(self) -> Answer:
        return self.ask("GET", "/")

    def create(self, name: str) -> Answer:
        return self.ask("GET", "/api/v1/create", name=name)

    def create_file(self, text: str | bytes) -> Answer:
        return self.ask("POST", "/api/v1/create", body=text)

    def edit_file(self, job: str, text: str, **query: str) -> Answer:
        return self.ask("POST", "/api/v1/edit", body=text, id=job, **query)

    def submit(self, job: str, *, dryrun: str = "false", **query: str) -> Answer:
        return self.ask("GET", "/api/v1/submit", id=job, dryrun=dryrun, **query)

    def submit_file(self, text: str | bytes, *, dryrun: str = "false") -> Answer:
        return self.ask("POST", "/api/v1/submit", body=text, dryrun=dryrun)

    def stat(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", "/api/v1/jobs/list").json
        return found

    def detail(self, job: str) -> Answer:
        return self.ask("GET", f"/api/v1/jobs/{job}/status")

    def state(self, job: str) -> str:
        found: str = self.detail(job).json["state"]["last_state"]
        return found

    def rm(self, job: str, *, suspend: bool = False, force: bool = False, **query: str) -> Answer:
        words = {"suspend": str(suspend).lower(), "force": str(force).lower()}
        return self.ask("GET", f"/api/v1/jobs/{job}/rm", **words, **query)

    def goals(self, node: str) -> Answer:
        return self.ask("GET", f"/api/v1/goals/{node}")

    def new(self, text: str = SEED) -> str:
        """A job made of a file; its id."""
        found: str = self.create_file(text).json["job_id"]
        return found


def table(jobs: Mapping[str, Mapping[str, Any]]) -> str:
    """What ``stat -A`` of the client up to 0.22 prints; its columns are cut and filled as they were recorded."""
    lines = [_row("JOB_ID", "NAME", "USER", "STATUS") + "AGE".ljust(8), "=" * 68]
    for number, one in jobs.items():
        name = one["name"] if len(one["name"]) <= 26 else f"{one['name'][:25]}..."
        lines.append(_row(number, name, one["user"], one["state"]["last_state"]) + _age(one["state"]).ljust(5))
    return "\n".join(lines) + "\n"


def _row(number: str, name: str, user: str, state: str) -> str:
    return number.ljust(8) + name.ljust(29) + user.ljust(11) + state.ljust(11)


def _age(state: Mapping[str, Any]) -> str:
    if state["last_state"] not in {"Running", "Completed"}:
        return "-"
    since = datetime.now(UTC) - datetime.fromisoformat(state["last_updated"])
    return f"{round(since / timedelta(seconds=1))}s"


def saved(record: Mapping[str, Any]) -> str:
    """What ``stat -j ID -o FILE`` writes: its own structure of the record, where every time is one."""
    times = {key: NEVER if value is None else value for key, value in record["state"].items() if key != "last_state"}
    return json.dumps({**record, "state": {"last_state": record["state"]["last_state"], **times}}, indent=2)
