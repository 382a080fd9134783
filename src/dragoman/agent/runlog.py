"""Reads what a plugin without a broker writes down: a line for each measurement, and files beside them.

The times of the lines are local, have no zone, and lose their fraction when it is nothing: plugins run with TZ=UTC.
"""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dragoman.core.measurements import Measurement, meta_fault, name_fault, tidy, time_fault, value_fault

DATA, UPLOADS = "data.ndjson", "uploads"
PIECE = 1 << 20
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{6}))?(\d{3})", re.ASCII)
_FILE = re.compile(r"(\d{18,19})-([^/\x00]{1,255})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A file that is to be uploaded: its name in the folder of uploads, and what goes with it."""

    name: str
    at: int
    meta: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The next whole lines of a log."""

    measurements: list[Measurement]
    uploads: list[Left]
    faults: int
    """Lines that say nothing that could be measured."""
    offset: int
    """Where the next piece begins."""


def read_piece(folder: str, offset: int, *, now: int) -> Piece:
    """What is written behind the offset; nothing, when there is no log. No link is followed."""
    measurements: list[Measurement] = []
    uploads: list[Left] = []
    faults = 0
    with _opened(folder) as file:
        text = os.pread(file, PIECE, offset) if file is not None else b""
    whole = text[: text.rfind(b"\n") + 1]
    if not whole and len(text) == PIECE:
        return Piece(measurements=[], uploads=[], faults=1, offset=offset + PIECE)
    for line in whole.splitlines():
        told = _read(line, now)
        if told is None:
            faults += 1
        elif isinstance(told, Left):
            uploads.append(told)
        else:
            measurements.append(told)
    return Piece(measurements=measurements, uploads=uploads, faults=faults, offset=offset + len(whole))


@contextmanager
def _opened(folder: str) -> Iterator[int | None]:
    try:
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        yield None
        return
    try:
        file = os.open(DATA, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=place)
    except OSError:
        file = None
    finally:
        os.close(place)
    try:
        yield file
    finally:
        if file is not None:
            os.close(file)


def _read(line: bytes, now: int) -> Measurement | Left | None:
    try:
        told: Any = json.loads(line)
        name, value, meta, at = told["name"], told["value"], told.get("meta") or {}, read_time(told["timestamp"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    if name_fault(name) or value_fault(value) or meta_fault(meta) or time_fault(at, now=now):
        return None
    if name == "upload":
        match = _FILE.fullmatch(os.path.basename(str(value)))
        return Left(name=match[0], at=int(match[1]), meta=dict(meta)) if match else None
    try:
        return Measurement(at, name, tidy(value), meta)
    except OverflowError:
        return None


def read_time(text: str) -> int:
    """Nanoseconds since 1970 of a time such as ``2022-08-23T18:27:10.562104123``. Raises ValueError."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:50]} is no time")
    second = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
    return int(second.timestamp()) * 1_000_000_000 + int(match[2] or 0) * 1000 + int(match[3])
