"""A service that tells receivers on this host of jobs after short pauses, and what is asked of it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.receivers import Mailbox, mailbox
from tests.service import Service, running_service
from tests.tapis3.envelopes import told
from tests.tapis3.local_jobs import add_app
from tests.tapis3.people import Person, newcomer

FINISHED = [
    *("PENDING", "PROCESSING_INPUTS", "STAGING_INPUTS", "STAGING_JOB", "SUBMITTING_JOB", "QUEUED", "RUNNING"),
    *("ARCHIVING", "FINISHED"),
]
SETTINGS = {
    "DRAGOMAN_OUTBOUND_ALLOW": "127.0.0.1",
    "DRAGOMAN_OUTBOUND_SECONDS": "6",
    "DRAGOMAN_NOTIFY_TRIES": "3",
    "DRAGOMAN_NOTIFY_PAUSE_SECONDS": "0.3",
    "DRAGOMAN_NOTIFY_LATER_TRIES": "4",
    "DRAGOMAN_NOTIFY_LATER_SECONDS": "0.5",
    "DRAGOMAN_MAIL_SERVER": "127.0.0.1",
    "DRAGOMAN_MAIL_SENDER": "jobs@example.com",
    "DRAGOMAN_MAIL_STARTTLS": "off",
    "DRAGOMAN_LOCAL_SLOTS": "8",
}


@pytest.fixture(scope="module")
def post() -> Iterator[Mailbox]:
    """The mail server of the service."""
    with mailbox() as made:
        yield made


@pytest.fixture(scope="module")
def settings(post: Mailbox) -> dict[str, str]:
    """Short pauses, and this host allowed."""
    return {**SETTINGS, "DRAGOMAN_MAIL_PORT": str(post.port)}


@pytest.fixture(scope="module")
def notifier(settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service that most of these tests share."""
    with running_service(tmp_path_factory.mktemp("notices"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def ada(notifier: Service) -> Person:
    """Somebody with the app that sleeps."""
    who = newcomer(notifier, "ada")
    add_app(who)
    return who


@pytest.fixture(scope="module")
def eve(notifier: Service) -> Person:
    """Somebody else."""
    return newcomer(notifier, "eve")


def wanted(url: str, kind: str = "JOB_NEW_STATUS", method: str = "WEBHOOK", **more: Any) -> dict[str, Any]:
    """A subscription as it is asked for."""
    target = {"deliveryMethod": method, "deliveryAddress": url}
    return {"eventCategoryFilter": kind, "deliveryTargets": [target], **more}


def subscribe(who: Person, job: str, url: str, **more: Any) -> str:
    """Subscribe to a job; the id of the subscription."""
    result = told(who.http.post(f"jobs/subscribe/{job}", json=wanted(url, **more)))
    return str(result["url"]).rpartition("/")[2]


def statuses(words: list[str]) -> list[str]:
    """The types of the events that tell of these statuses."""
    return [f"jobs.JOB_NEW_STATUS.{word}" for word in words]


def deliveries(notifier: Service, job: str) -> list[tuple[str, int, str]]:
    """State, tries and last error of the deliveries of a job, in order."""
    query = "SELECT d.state, attempts, last_error FROM delivery d JOIN job j ON j.id = d.job_id WHERE alias = ?"
    with closing(sqlite3.connect(f"file:{notifier.data / 'dragoman.db'}?mode=ro", uri=True)) as db:
        rows: list[tuple[str, int, str]] = db.execute(f"{query} ORDER BY d.id", (job,)).fetchall()
    return rows
