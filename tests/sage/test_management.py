"""The scheduler's management port: what it counts and knows, to whoever reaches it, and nothing is changed there."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from tests.hosts.parts import free_ports
from tests.sage.scheduler import SEED, Scheduler
from tests.service import Account, Service, running_service

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def managed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Account, httpx2.Client]]:
    """A service with a management port, somebody who may schedule on a node, and a client of that port."""
    (port,) = free_ports(1)
    settings = {"DRAGOMAN_FIELD_MANAGEMENT_PORT": str(port), "DRAGOMAN_FIELD_IMAGES": "^registry.example.org/"}
    with running_service(tmp_path_factory.mktemp("managed"), settings) as service:
        theone = service.account("theone")
        service.command("node", "add", "W023", "--allow", "theone")
        base = f"http://127.0.0.1:{port}/api/v1/"
        with httpx2.Client(base_url=base, trust_env=False, timeout=120) as client:
            yield service, theone, client


def counts(client: httpx2.Client) -> dict[str, int]:
    """The counts of jobs, as Prometheus reads them."""
    got = client.get("system/metrics")
    assert (200, "text/plain; version=0.0.4; charset=utf-8") == (got.status_code, got.headers["content-type"])
    lines = (line for line in got.text.splitlines() if not line.startswith("#"))
    return {name: int(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_jobs_are_counted_by_status(managed: tuple[Service, Account, httpx2.Client]) -> None:
    """Drafts and suspended ones are submitted, removed ones completed, as the original counts them."""
    service, theone, client = managed
    before = counts(client)
    with closing(Scheduler(service, theone.token)) as scheduler:
        scheduler.create("draft")
        _, suspended, removed = (scheduler.submit_file(SEED).json["job_id"] for _ in range(3))
        scheduler.rm(suspended, suspend=True)
        scheduler.rm(removed, force=True)
    more = {name: value - before[name] for name, value in counts(client).items()}
    assert 4 == more.pop("scheduler_jobs_total")
    by_status = {"submitted": 3, "running": 0, "completed": 1}
    assert {f'scheduler_jobs_count{{status="{status}"}}': count for status, count in by_status.items()} == more


def test_what_it_knows(managed: tuple[Service, Account, httpx2.Client]) -> None:
    """A job's record, the apps of everybody, the expressions for images; nodes need no loading."""
    service, theone, client = managed
    with closing(Scheduler(service, theone.token)) as scheduler:
        job = scheduler.submit_file(SEED).json["job_id"]
        assert scheduler.detail(job).json == client.get("data/jobs", params={"id": job}).json()
    assert "theone/imagesampler:0.3.0" in client.get("data/plugins").json()["plugins"]
    assert {"whitelist": ["^registry.example.org/"]} == client.get("data/plugins/whitelist").json()
    assert [(200, b"")] * 2 == [
        (got.status_code, got.content)
        for got in (client.get(f"data/{what}", params={"reload": "true"}) for what in ("nodes", "plugins"))
    ]


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "data/jobs", 400, "No id is specified"),
        ("GET", "data/jobs?id=999999", 400, 'Job ID "999999" does not exist'),
        ("GET", "data/jobs?id=x", 400, 'Job ID "x" does not exist'),
        ("GET", "data/nodes", 400, "the reload query must be reload=true"),
        ("GET", "db", 501, "Not implemented"),
        ("POST", "data/jobs?id=1", 501, "Not implemented"),
        ("DELETE", "data/plugins/whitelist", 501, "Not implemented"),
        ("GET", "nothing", 404, "404 page not found"),
        ("GET", "jobs/list", 404, "404 page not found"),
    ],
)
def test_what_is_refused(
    managed: tuple[Service, Account, httpx2.Client], method: str, path: str, status: int, text: str
) -> None:
    """In plain text."""
    got = managed[2].request(method, path)
    assert (status, True) == (got.status_code, got.text.startswith(text)), got.text


def test_it_is_not_on_the_service_port(managed: tuple[Service, Account, httpx2.Client]) -> None:
    """Whoever reaches the service reaches none of it."""
    for path in ("system/metrics", "db", "data/plugins"):
        assert 200 != httpx2.get(f"{managed[0].url}/api/v1/{path}", trust_env=False, timeout=120).status_code


def test_jobs_are_closed_where_reading_is_private(tmp_path: Path) -> None:
    """Counts are no secret."""
    (port,) = free_ports(1)
    settings = {"DRAGOMAN_FIELD_MANAGEMENT_PORT": str(port), "DRAGOMAN_FIELD_READING": "private"}
    with (
        running_service(tmp_path, settings),
        httpx2.Client(base_url=f"http://127.0.0.1:{port}/api/v1/", trust_env=False, timeout=120) as client,
    ):
        assert 401 == client.get("data/jobs", params={"id": "1"}).status_code
        assert 0 == counts(client)["scheduler_jobs_total"]


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    """By the name of its setting, before anything is served."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AssertionError, match=r"Choose another field\.management_port"):
            Service(tmp_path, {"DRAGOMAN_FIELD_MANAGEMENT_PORT": str(port)}).start()
