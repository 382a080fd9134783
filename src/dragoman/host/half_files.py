"""Remembers which files on hosts are being written, so that a start clears away what a killed service left."""

import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial

Forget = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfFile:
    """A file under its temporary name, as the login of an account on a system sees it."""

    system_id: int
    account_id: int
    path: str


class HalfFiles:
    """Notes in a directory of the service's own, one for each file: made before the file is, gone when that is.

    They are for the end of the process, at any instruction; a power cut may take the last of them along.
    """

    def __init__(self, directory: str) -> None:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        self._directory = directory

    def note(self, system_id: int, account_id: int, path: str) -> Forget:
        """Note that a file will be there; what to call once it is no more. On a full disk nothing is noted."""
        told = json.dumps(asdict(HalfFile(system_id=system_id, account_id=account_id, path=path)))
        name = os.path.join(self._directory, secrets.token_hex(8))
        # What this process already does must go on without room: a half file harms less than an output that is lost.
        with suppress(OSError), open(name, "x", encoding="ascii") as file:
            file.write(told)
        return partial(_remove, name)

    def left(self) -> list[tuple[HalfFile, Forget]]:
        """What is noted. Right after the start that is what an earlier service had in hand when it was killed."""
        found: list[tuple[HalfFile, Forget]] = []
        for name in sorted(os.listdir(self._directory)):
            path = os.path.join(self._directory, name)
            with suppress(FileNotFoundError):
                try:
                    with open(path, encoding="ascii") as file:
                        half = HalfFile(**json.load(file))
                except (ValueError, TypeError):  # killed while it was noted: there is no such file yet
                    _remove(path)
                    continue
                found.append((half, partial(_remove, path)))
        return found


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
