"""Starts that must not happen, and those that must: a second service, a busy port, a bad setting, a restart."""

import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.scenarios.rescale import FINISHED, Rescale
from tests.service import Service, running_service, wait_until


def refusal(service: Service, *words: str) -> str:
    """What ``serve`` says when it refuses to start on the service's directory."""
    done = service.command("serve", *words, check=False)
    assert (1, "") == (done.returncode, done.stdout)
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.slow
def test_a_second_service_is_refused(service: Service, api: Rescale) -> None:
    """It names the directory and the process that has it; the first goes on."""
    told = refusal(service, "--port", "0")
    assert str(service.data) in told
    assert str(service.pid) in told
    assert ["alive"] == api.said(api.run("echo alive"))


@pytest.mark.slow
def test_a_busy_port_is_refused(tmp_path: Path) -> None:
    """It names the port and says what to do."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        told = refusal(Service(tmp_path, {}), "--port", port)
    assert port in told
    assert "--port" in told


def test_a_bad_setting_is_refused(tmp_path: Path) -> None:
    """It names the setting, also when it is none at all."""
    assert "local.slots" in refusal(Service(tmp_path, {"DRAGOMAN_LOCAL_SLOTS": "many"}), "--port", "0")
    assert "DRAGOMAN_LOCAL_COLOUR" in refusal(Service(tmp_path, {"DRAGOMAN_LOCAL_COLOUR": "red"}), "--port", "0")


@pytest.mark.slow
def test_an_account_is_added_once(service: Service, api: Rescale) -> None:
    """A name that is taken is refused, and so is an address that is none."""
    words = ("account", "add", "demouser", "--password", "x", "--email")
    taken = service.command(*words, "demouser@example.com", check=False)
    assert 1 == taken.returncode
    assert "demouser" in taken.stderr
    assert "Traceback" not in taken.stderr
    assert 1 == service.command("account", "add", "x y", "--password", "x", "--email", "x@y", check=False).returncode


@pytest.mark.slow
def test_a_service_that_was_stopped_starts_again(own_service: Callable[..., Service]) -> None:
    """SIGTERM ends it with 0 within seconds; on the same directory and port everything is there again."""
    service = own_service()
    with service.client(service.account("ada").token) as http:
        api = Rescale(http)
        job, file = api.run("echo done"), api.upload(b"kept")
        running = api.submit("for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; sleep 0.2; done")
        api.wait(running, "Executing")
        assert 0 == service.stop()
        service.restart()
        assert ["done"] == api.said(job)
        assert b"kept" == api.content(file)
        api.wait(running, "Completed")
        assert FINISHED == api.end(running)
        assert [str(number) for number in range(1, 11)] == api.said(running)


@pytest.mark.slow
def test_a_service_that_was_killed_starts_again(tmp_path: Path) -> None:
    """Runs go on meanwhile; each ends once, with all of its output."""
    with running_service(tmp_path) as service, service.client(service.account("ada").token) as http:
        api = Rescale(http)
        running = api.submit("for i in 1 2 3 4 5; do echo $i; sleep 0.2; done")
        api.wait(running, "Executing")
        service.kill()
        service.restart()
        wait_until(lambda: "Completed" in api.words(running))
        assert FINISHED == api.end(running)
        assert list("12345") == api.said(running)
        assert 1 == api.json(f"jobs/{running}/runs/")["count"]
