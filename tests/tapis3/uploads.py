"""Somebody whose upload is under way, and stays so."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import httpx2

from tests.tapis3.people import Person


@contextmanager
def half_an_upload(who: Person, system: str, path: str, size: int = 8 << 20) -> Iterator[None]:
    """Somebody who has sent some of a file, and sends the rest only after the end of this."""
    told = b'--X\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    go_on = Event()

    def body() -> Iterator[bytes]:
        yield told + bytes(size)
        go_on.wait()

    def send() -> None:
        with suppress(httpx2.HTTPError):
            kind = {"Content-Type": "multipart/form-data; boundary=X"}
            who.http.post(f"files/ops/{system}{path}", content=body(), headers=kind)

    sender = Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        go_on.set()
        sender.join()
