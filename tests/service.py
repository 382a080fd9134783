"""A real service as a process of its own, for tests that speak to it as its users do. Knows no dialect."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx2
from click.testing import CliRunner

from dragoman.cli import program

T = TypeVar("T")

PROGRAM = Path(sys.executable).with_name("dragoman")
READY = re.compile(r"^Dragoman is ready at (http://\S+:(\d+))\s*$", re.MULTILINE)
PASSWORD = "correct horse battery staple"


def wait_until(condition: Callable[[], T], deadline: float = 120.0) -> T:
    """What ``condition`` answers, as soon as that is true; fails with its last answer after ``deadline`` seconds."""
    end = time.monotonic() + deadline
    while not (answer := condition()):
        assert time.monotonic() < end, f"still {answer!r} after {deadline} s"
        time.sleep(0.02)
    return answer


def hears(events: Iterator[object]) -> bool:
    """Whether whoever listens hears one event more, or the service hangs up on them."""
    try:
        return next(events, None) is not None
    except httpx2.RemoteProtocolError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may use the service."""

    name: str
    email: str
    token: str


class Service:
    """A service on a data directory of its own. Its output goes to ``log``, beside the data directory."""

    def __init__(self, place: Path, settings: Mapping[str, str]) -> None:
        self.data = place / "data"
        self.log = place / "service.log"
        self.program: Sequence[str | Path] = (PROGRAM,)
        """How ``serve`` is started; a test may put another program in front."""
        self._environment = {key: value for key, value in os.environ.items() if not key.startswith("DRAGOMAN_")}
        self._environment.update(settings)
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self.url = ""

    @property
    def pid(self) -> int:
        """The process id of the service."""
        assert self._process is not None
        return self._process.pid

    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self, deadline: float = 120.0) -> None:
        """Start, and wait until it says that it is ready. Fails with its output when that does not happen."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            argv = [*self.program, "serve", "--data", self.data, "--port", str(self._port)]
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=self._environment
            )
        end = time.monotonic() + deadline
        while not (ready := READY.search(self.told())):
            if not self.is_running() or time.monotonic() > end:
                self.stop()
                raise AssertionError(f"The service did not get ready:\n{self.told()}")
            time.sleep(0.02)
        self.url, self._port = ready[1], int(ready[2])

    def told(self) -> str:
        """What the service has printed since its last start."""
        return self.log.read_text(errors="replace")

    def stop(self, deadline: float = 120.0) -> int:
        """End it with SIGTERM, and with SIGKILL when it does not obey in time; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(deadline)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"The service ignored SIGTERM for {deadline} s:\n{self.told()}") from None

    def kill(self) -> None:
        """End it with SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """Start it again on the same port; it must have ended."""
        assert not self.is_running()
        self.start()

    def command(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the ``dragoman`` command on the same data directory and settings."""
        argv = [str(PROGRAM), *words, "--data", str(self.data)]
        done = subprocess.run(argv, env=self._environment, capture_output=True, text=True, timeout=120, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done

    def account(self, name: str, email: str = "", *options: str) -> Account:
        """Add an account as an operator does."""
        email = email or f"{name}@example.com"
        words = ("account", "add", name, "--email", email, "--password", PASSWORD, "--output", "json")
        return Account(**json.loads(self._told_in_here(*words, *options)))

    def _told_in_here(self, *words: str) -> str:
        """What a command prints, in this process: most of what it takes is to start one."""
        away = {key: None for key in os.environ if key.startswith("DRAGOMAN_")}
        runner = CliRunner(env={**away, **self._settings})
        done = runner.invoke(program, [*words, "--data", str(self.data)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    def client(self, token: str = "") -> httpx2.Client:
        """An HTTP client below /api/v2/, with a key or without; it follows no redirect and heeds no proxy."""
        headers = {"Authorization": f"Token {token}"} if token else {}
        return httpx2.Client(base_url=f"{self.url}/api/v2/", headers=headers, timeout=120, trust_env=False)


@contextmanager
def running_service(place: Path, settings: Mapping[str, str] | None = None) -> Iterator[Service]:
    """A service with these settings (environment variables) that ends with the context."""
    service = Service(place, settings or {})
    service.start()
    try:
        yield service
    finally:
        if service.is_running():
            service.stop()
