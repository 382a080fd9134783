"""The commands beside a running service and without one, and ``serve`` itself, each as a process of its own."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.test_doctor import THINGS
from tests.service import PASSWORD, PROGRAM, READY, Service, running_service, wait_until

pytestmark = pytest.mark.slow


def answers(service: Service, token: str) -> int:
    """The status of a request with this token."""
    with service.client(token) as http:
        return http.get("users/me/").status_code


def more(service: Service, *words: str) -> str:
    """Another token for ada."""
    told = service.command("token", "add", "ada", *words, "--output", "json")
    return str(json.loads(told.stdout)["token"])


def test_commands_work_with_the_service_running_or_not(tmp_path: Path) -> None:
    """What was added beforehand is known to the service, and what is added beside it at once."""
    service = Service(tmp_path, {})
    before = service.account("ada").token
    with running_service(tmp_path) as service:
        beside = service.account("grace").token
        tokens = [before, beside, more(service)]
        assert [200, 200, 200, 401] == [answers(service, token) for token in (*tokens, "0" * 40)]
        assert THINGS == [one["thing"] for one in json.loads(service.command("doctor", "--output", "json").stdout)]
        settings = json.loads(service.command("config", "show", "--output", "json").stdout)
        assert str(service.data) in [one["value"] for one in settings]
        again = service.command("account", "add", "ada", "--email", "a@b.c", "--password", "x", check=False)
        assert (1, "") == (again.returncode, again.stdout)
        service.stop()
        tokens.append(more(service))
        service.restart()
        assert [200] * 4 == [answers(service, token) for token in tokens]


def test_a_token_that_expires_ends_the_access(tmp_path: Path) -> None:
    """In the middle of its use, while the account's other token goes on."""
    with running_service(tmp_path) as service:
        first, short = service.account("ada").token, more(service, "--expires", "15s")
        assert 200 == answers(service, short)
        wait_until(lambda: answers(service, short) == 401)
        assert [200, 401] == [answers(service, token) for token in (first, short)]


@pytest.mark.parametrize(("typed", "code"), [(f"{PASSWORD}\n{PASSWORD}\n", 0), (f"{PASSWORD}\nother\n", 1), ("", 1)])
def test_the_password_is_asked_for(tmp_path: Path, typed: str, code: int) -> None:
    """Twice, on the error output, so that the result is still JSON alone; without an answer nobody is added."""
    data = str(tmp_path / "data")
    argv = [str(PROGRAM), "account", "add", "ada", "--email", "ada@example.com", "--data", data, "--output", "json"]
    done = subprocess.run(
        argv, input=typed, capture_output=True, text=True, timeout=120, check=False, start_new_session=True
    )
    assert code == done.returncode
    assert "Password" in done.stderr
    assert PASSWORD not in done.stderr
    assert "Traceback" not in done.stderr
    assert os.path.exists(data) == (code == 0)
    if code == 0:
        assert {"name", "email", "token"} == set(json.loads(done.stdout))
    else:
        assert "" == done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_makes_its_directory_and_ends_when_asked(tmp_path: Path, number: signal.Signals) -> None:
    """It prints one line when it is ready, logs moves only with -v and to the error output, and ends with 0."""
    data = tmp_path / "new" / "data"
    argv = [str(PROGRAM), "serve", "--data", str(data), "--host", "127.0.0.1", "--port", "0", "-v"]
    out, err = tmp_path / "out", tmp_path / "err"
    with out.open("wb") as to, err.open("wb") as errors, subprocess.Popen(argv, stdout=to, stderr=errors) as process:
        try:
            wait_until(lambda: READY.search(out.read_text()) or process.poll() is not None)
            assert (data / "dragoman.db").is_file()
        finally:
            process.send_signal(number)
        assert 0 == process.wait(120)
    assert re.fullmatch(READY.pattern, out.read_text(), re.MULTILINE)
    assert "Traceback" not in err.read_text()
