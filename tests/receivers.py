"""Receivers of notices: a real HTTP server that answers as a test wants, and a real, small mail server."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def kind(self) -> str:
        """The type of the event it tells of."""
        return str(self.body["event"]["type"])


class Receiver:
    """Takes notices on 127.0.0.1. ``answer(posted, earlier)`` says with which status; None: never.

    ``earlier`` is how many there were before.
    """

    def __init__(self, answer: Callable[[Posted, int], int | None]) -> None:
        self._answer, self._ending = answer, threading.Event()
        self.tried: list[Posted] = []
        """Every request, in the order of coming."""
        self.taken: list[Posted] = []
        """Those that were answered with 2xx."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = outer.take(Posted(path=self.path, headers=headers, body=json.loads(content)))
                if status is None:
                    outer.hang()
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def take(self, posted: Posted) -> int | None:
        """Note a request; how to answer it."""
        with self._lock:
            status = self._answer(posted, len(self.tried))
            self.tried.append(posted)
            if status is not None and 200 <= status < 300:
                self.taken.append(posted)
            return status

    def hang(self) -> None:
        """Keep the sender waiting."""
        self._ending.wait(120)

    def close(self) -> None:
        """Let go of everybody."""
        self._ending.set()
        self.server.shutdown()
        self.server.server_close()

    def kinds(self) -> list[str]:
        """The types of the events that were taken, in order."""
        return [posted.kind for posted in self.taken]


@contextmanager
def receiver(answer: Callable[[Posted, int], int | None] = lambda *_: 200) -> Iterator[Receiver]:
    """A receiver that listens."""
    made = Receiver(answer)
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """A mail as it came."""

    sender: str
    recipients: list[str]
    message: EmailMessage

    @property
    def text(self) -> str:
        """What it says in plain text."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """What it says as HTML."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert isinstance(part, EmailMessage), f"There is no {kind} text."
        return str(part.get_content())


class Mailbox(socketserver.ThreadingTCPServer):
    """A mail server on 127.0.0.1 that takes everything but mail for ``nobody@…``."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails: list[Mailed] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Session(socketserver.StreamRequestHandler):
    """One conversation in SMTP (RFC 5321)."""

    def handle(self) -> None:
        self._say("220 mail ready")
        sender, recipients = "", list[str]()
        while line := self.rfile.readline(2_000):
            verb, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            match verb.upper():
                case "EHLO" | "HELO":
                    self._say("250 mail")
                case "MAIL":
                    sender, recipients = _address(rest), []
                    self._say("250 ok")
                case "RCPT" if _address(rest).startswith("nobody@"):
                    self._say("550 no such mailbox")
                case "RCPT":
                    recipients.append(_address(rest))
                    self._say("250 ok")
                case "DATA":
                    self._say("354 go on")
                    self._take(sender, recipients)
                    self._say("250 taken")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def _take(self, sender: str, recipients: list[str]) -> None:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        server = cast("Mailbox", self.server)
        server.mails.append(Mailed(sender=sender, recipients=recipients, message=message))

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


def _address(words: str) -> str:
    return words.partition("<")[2].partition(">")[0]


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A mail server that listens."""
    made = Mailbox()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        made.shutdown()
        made.server_close()
        thread.join()
