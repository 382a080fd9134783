"""What tests of jobs do: start them, wait for their end, look at what they leave."""

from typing import Any

from tests.service import wait_until
from tests.tapis2.people import Person

ENDS = {"FINISHED", "FAILED", "STOPPED"}
IMAGE = "https://texassports.com/images/2015/10/16/bevo_1000.jpg"
SEED: dict[str, Any] = {
    "name": "joe.app.imageclassify",
    "appId": "liz.app.imageclassify-1.0",
    "archive": True,
    "archiveSystem": "local.storage",
    "memoryPerNode": "1",
    "parameters": {"imagefile": IMAGE},
}
"""The job of the tutorial, as it is written there: a required parameter and the archive path are left out."""


def submit(person: Person, **more: Any) -> str:
    """Start a job, the tutorial's with other values; its id."""
    return str(person.post("/jobs/v2/?pretty=true", 201, json={**SEED, **more})["id"])


def status(person: Person, job: str) -> str:
    return str(person.get(f"/jobs/v2/{job}/status?pretty=true")["status"])


def ended(person: Person, job: str, deadline: float = 240) -> dict[str, Any]:
    """The job, once it has ended."""
    wait_until(lambda: status(person, job) in ENDS, deadline)
    found: dict[str, Any] = person.get(f"/jobs/v2/{job}")
    return found


def statuses(person: Person, job: str) -> list[str]:
    return [one["status"] for one in person.get(f"/jobs/v2/{job}/history")]


def names(person: Person, job: str, path: str = "") -> list[str]:
    return [one["name"] for one in person.get(f"/jobs/v2/{job}/outputs/listings/{path}")]


def text(person: Person, job: str, path: str) -> str:
    answer = person.http.get(f"/jobs/v2/{job}/outputs/media/{path}")
    assert 200 == answer.status_code, answer.text
    return answer.text
