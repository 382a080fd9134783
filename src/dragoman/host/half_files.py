"""Remembers which files on hosts are being written, so that a start clears away what a killed service left."""

import json
import os
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

Forget = Callable[[], None]
FRESH_SECONDS = 1.0
"""Files that take less are not worth a wait for the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """Files under their temporary names (in an object store: under their own), as the login of an account sees them."""

    system_id: int
    account_id: int
    paths: Sequence[str]
    at: float = 0.0
    """When they were begun, in seconds since 1970; notes of older services do not tell."""


class HalfFiles:
    """Notes in a directory of the service's own: each made before its files are, and gone when they are.

    They outlive the end of the process, at any instruction, and a power cut once ``settle`` has seen them.
    To wait for the disk before each file would cost as much as a small file itself (5 ms).
    """

    def __init__(self, directory: str) -> None:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        self._directory = directory
        self._fresh: dict[str, float] = {}

    def note(self, system_id: int, account_id: int, paths: Sequence[str]) -> Forget:
        """Note that files will be there; what to call once there is none. On a full disk nothing is noted."""
        told = json.dumps(asdict(Half(system_id=system_id, account_id=account_id, paths=paths, at=time.time())))
        name = os.path.join(self._directory, secrets.token_hex(8))
        # What this process already does must go on without room: a half file harms less than an output that is lost.
        with suppress(OSError), open(name, "x", encoding="ascii") as file:
            file.write(told)
            self._fresh[name] = time.monotonic()
        return partial(self._forget, name)

    def settle(self, age: float = FRESH_SECONDS) -> None:
        """Bring the notes of files that have been in hand for so many seconds to the disk. Blocks."""
        long_ago = time.monotonic() - age
        names = [name for name, at in list(self._fresh.items()) if at <= long_ago]
        for name in names:
            self._fresh.pop(name, None)
            _sync(name)
        if names:
            _sync(self._directory)

    def left(self) -> list[tuple[Half, Forget]]:
        """What is noted. Right after the start that is what an earlier service had in hand when it was killed."""
        found: list[tuple[Half, Forget]] = []
        for name in sorted(os.listdir(self._directory)):
            path = os.path.join(self._directory, name)
            with suppress(FileNotFoundError):
                try:
                    with open(path, encoding="ascii") as file:
                        half = _read(json.load(file))
                except (ValueError, TypeError):  # killed while it was noted: there is no such file yet
                    _remove(path)
                    continue
                found.append((half, partial(_remove, path)))
        return found

    def _forget(self, name: str) -> None:
        self._fresh.pop(name, None)
        _remove(name)


def _sync(path: str) -> None:
    with suppress(OSError):  # it is forgotten meanwhile, or the disk is full: nobody waits for it
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _read(told: dict[str, Any]) -> Half:
    # A note of a service before this one may be of a single file.
    return Half(**told) if "paths" in told else Half(paths=[told.pop("path", "")], **told)


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
