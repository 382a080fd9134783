"""Users who do not give up: jobs of several kinds, submitted over the Rescale door while the service comes and goes."""

import http.client
import io
import json
import queue
import random
import tarfile
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from tests.chaos.history import MARK

BASE = "/api/v2"
ONCE = f"echo ran >> {MARK}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of job, and how it may end: the allowed pairs of outcome and exit code."""

    name: str
    command: str
    ends: frozenset[tuple[str, int | None]] = frozenset({("FINISHED", 0)})
    with_input: bool = False
    stopped: bool = False
    """A user asks for its end some time after the submit."""


TRIVIAL = Kind(name="trivial", command=ONCE)
FAILING = Kind(name="failing", command=f"{ONCE}; exit 3", ends=frozenset({("FAILED", 3)}))
STAGED = Kind(name="staged", command=f"grep -q 'number 39' many/39 && {ONCE}", with_input=True)
CLEARED = Kind(name="cleared", command=f"rm -r many && {ONCE}", with_input=True)

WAITING = Kind(name="waiting", command=f"until [ -e go ]; do sleep 0.05; done; rm go; {ONCE}")
"""It waits for a file in its directory."""


def sleeping(seconds: float) -> Kind:
    """A job that takes its time."""
    return Kind(name="sleeping", command=f"sleep {seconds:.2f}; {ONCE}")


def stopped(seconds: float) -> Kind:
    """A job that somebody stops: before it begins, while it runs, or too late."""
    ends = {("CANCELLED", None), ("CANCELLED", 143), ("FINISHED", 0)}
    return Kind(name="stopped", command=f"{ONCE}; sleep {seconds:.2f}", ends=frozenset(ends), stopped=True)


def mixture(random: random.Random, count: int) -> list[Kind]:
    """Mostly trivial jobs, and some of each other kind."""
    others = [FAILING, STAGED, STAGED]
    timed = [lambda: sleeping(random.uniform(0.1, 1.0)), lambda: stopped(random.uniform(0.1, 2.0))]
    return [
        TRIVIAL if random.random() < 0.6 else random.choice([*others, random.choice(timed)(), random.choice(timed)()])
        for _ in range(count)
    ]


def archive(files: int, size: int = 1000) -> bytes:
    """An input that takes a moment to unpack: the more files, the longer."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for number in range(files):
            content = f"number {number}\n".encode().ljust(size, b".")
            member = tarfile.TarInfo(f"many/{number}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return raw.getvalue()


class User:
    """One connection of one account. Every call insists: when the connection is lost, it is made again."""

    def __init__(self, url: str, token: str, *, patience: float = 240.0) -> None:
        self._place = urlsplit(url).netloc
        self._headers = {"Authorization": f"Token {token}"}
        self._patience = patience
        self._line: http.client.HTTPConnection | None = None
        self.lost = 0
        """Answers that never came."""

    def ask(self, method: str, path: str, body: Any = None, *, expect: Iterable[int]) -> tuple[int, Any]:
        """The answer's status and body; the request is made again and again until there is one."""
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        kind = "multipart/form-data; boundary=xx" if isinstance(body, bytes) else "application/json"
        end = time.monotonic() + self._patience
        while True:
            try:
                status, raw = self._once(method, BASE + path, content, kind)
                break
            except (OSError, http.client.HTTPException):
                self.lost += 1
                self._line = None
                assert time.monotonic() < end, f"no answer to {method} {path} for {self._patience} s"
                time.sleep(0.05)
        assert status in expect, f"{method} {path}: {status} {raw[:300]!r}"
        return status, json.loads(raw) if raw.strip() else None

    def _once(self, method: str, path: str, content: bytes | None, kind: str) -> tuple[int, bytes]:
        if self._line is None:
            self._line = http.client.HTTPConnection(self._place, timeout=60)
        self._line.request(method, path, content, {**self._headers, "Content-Type": kind})
        answer = self._line.getresponse()
        return answer.status, answer.read()

    def upload(self, name: str, content: bytes) -> str:
        """The id of a new file."""
        head = f'--xx\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        _, file = self.ask("POST", "/files/contents/", head + content + b"\r\n--xx--\r\n", expect=[201])
        return str(file["id"])

    def submit(self, kind: Kind, input_id: str) -> str:
        """The id of a new job that was submitted once, whichever answers were lost."""
        _, job = self.ask("POST", "/jobs/", _wanted(kind, input_id), expect=[201])
        before = self.lost
        status, told = self.ask("POST", f"/jobs/{job['id']}/submit/", expect=[200, 400])
        assert status == 200 or (self.lost > before and "already" in str(told)), f"submit {job['id']}: {told}"
        return str(job["id"])

    def stop(self, job_id: str) -> None:
        """Ask for a job's end."""
        self.ask("POST", f"/jobs/{job_id}/stop/", expect=[202])

    def words(self) -> dict[str, str]:
        """The latest word for each of the account's jobs."""
        _, page = self.ask("GET", "/jobs/?page_size=10000", expect=[200])
        return {job["id"]: job["jobStatus"]["content"] for job in page["results"]}

    def statuses(self, job_id: str) -> list[tuple[str, str | None]]:
        """A job's statuses with their reasons, newest first."""
        _, page = self.ask("GET", f"/jobs/{job_id}/statuses/?page_size=100", expect=[200])
        return [(status["status"], status["statusReason"]) for status in page["results"]]


def _wanted(kind: Kind, input_id: str) -> Mapping[str, Any]:
    analysis = {
        "command": kind.command,
        "analysis": {"code": "user_included", "version": "0"},
        "hardware": {"coreType": "standard-plus", "coresPerSlot": 1, "slots": 1},
        "inputFiles": [{"id": input_id}] if kind.with_input else [],
    }
    return {"name": kind.name, "jobanalyses": [analysis]}


class Crowd:
    """Several users of one account who submit at the same time, until the context is left.

    ``jobs`` maps each submitted job to its kind.
    """

    def __init__(self, url: str, token: str, *, users: int = 4, seed: int = 0, files: int = 60) -> None:
        self.jobs: dict[str, Kind] = {}
        self._input = User(url, token).upload("many.tar.gz", archive(files))
        self._wanted: queue.SimpleQueue[Kind | None] = queue.SimpleQueue()
        self._threads = ThreadPoolExecutor(users)
        self._work = [
            self._threads.submit(self._submit_all, User(url, token), random.Random(seed + number))
            for number in range(users)
        ]

    def want(self, kinds: Iterable[Kind]) -> None:
        """Have these jobs submitted as soon as may be."""
        for kind in kinds:
            self._wanted.put(kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Everything that was wanted is submitted by now; raises what went wrong."""
        for _user in self._work:
            self._wanted.put(None)
        self._threads.shutdown()
        for user in self._work:
            user.result()

    def _submit_all(self, user: User, random: random.Random) -> None:
        while kind := self._wanted.get():
            job_id = user.submit(kind, self._input)
            self.jobs[job_id] = kind
            if kind.stopped:
                self._stop(user, job_id, early=random.random() < 0.5)

    def _stop(self, user: User, job_id: str, *, early: bool) -> None:
        while not early and user.statuses(job_id)[0][0] not in ("Executing", "Completed"):
            time.sleep(0.05)
        user.stop(job_id)
