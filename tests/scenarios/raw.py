"""Sends bytes that no HTTP library would send."""

import socket
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit


def exchange(url: str, pieces: Iterable[bytes], *, deadline: float = 20.0) -> bytes:
    """What a server answers to these bytes until it closes the connection, or until it stays silent for so long."""
    address = urlsplit(url)
    answer = b""
    with socket.create_connection((address.hostname, address.port), timeout=deadline) as sock:
        with suppress(OSError):
            for piece in pieces:
                sock.sendall(piece)
        with suppress(OSError):
            while got := sock.recv(1 << 16):
                answer += got
    return answer


def cut_off(url: str, pieces: Iterable[bytes]) -> None:
    """Send these bytes and hang up."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as sock:
        for piece in pieces:
            sock.sendall(piece)


def head(method: str, path: str, token: str = "", **headers: str) -> bytes:
    """The head of a request that asks for the connection to be closed afterwards."""
    named = {"Host": "localhost", "Connection": "close", **{key.replace("_", "-"): headers[key] for key in headers}}
    if token:
        named["Authorization"] = f"Token {token}"
    lines = [f"{method} {path} HTTP/1.1", *(f"{key}: {value}" for key, value in named.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def status(answer: bytes) -> int:
    """The status of an answer; 0 when the connection was closed without one."""
    return int(answer.split()[1]) if answer.startswith(b"HTTP/1.1 ") else 0
