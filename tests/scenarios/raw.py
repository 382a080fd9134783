"""Sends bytes that no HTTP library would send."""

import socket
from contextlib import suppress
from urllib.parse import urlsplit


def connected(url: str, *, deadline: float = 120.0) -> socket.socket:
    """A connection to a server, whose reads and writes take at most so many seconds."""
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=deadline)


def exchange(url: str, *pieces: bytes) -> bytes:
    """What a server answers to these bytes until it closes the connection."""
    answer = b""
    with connected(url) as sock:
        with suppress(OSError):
            for piece in pieces:
                sock.sendall(piece)
        with suppress(ConnectionError):
            while got := sock.recv(1 << 16):
                answer += got
    return answer


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
