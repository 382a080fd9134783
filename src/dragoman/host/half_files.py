"""Remembers which files on hosts are being written, so that a start clears away what a killed service left."""

import json
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

Forget = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """Files under their temporary names, as the login of an account on a system sees them."""

    system_id: int
    account_id: int
    paths: Sequence[str]


class HalfFiles:
    """Notes in a directory of the service's own: each made before its files are, and gone when they are.

    They are for the end of the process, at any instruction; a power cut may take the last of them along.
    """

    def __init__(self, directory: str) -> None:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        self._directory = directory

    def note(self, system_id: int, account_id: int, paths: Sequence[str]) -> Forget:
        """Note that files will be there; what to call once there is none. On a full disk nothing is noted."""
        told = json.dumps(asdict(Half(system_id=system_id, account_id=account_id, paths=paths)))
        name = os.path.join(self._directory, secrets.token_hex(8))
        # What this process already does must go on without room: a half file harms less than an output that is lost.
        with suppress(OSError), open(name, "x", encoding="ascii") as file:
            file.write(told)
        return partial(_remove, name)

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


def _read(told: dict[str, Any]) -> Half:
    # A note of a service before this one may be of a single file.
    return Half(**told) if "paths" in told else Half(paths=[told.pop("path", "")], **told)


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
