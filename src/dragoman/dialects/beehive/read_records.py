"""Reads what nodes hand in: batches of records, and what goes with an upload. Pure. See docs/dialects/beehive.md.

A batch that is none is refused whole. A record that cannot be kept is left out and told: were the batch refused for it,
the node would send it for ever and nothing after it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dragoman.core.errors import Faults, Invalid
from dragoman.core.field import Node
from dragoman.core.measurements import Batch, Measurement, meta_fault, name_fault, tidy, time_fault, value_fault
from dragoman.core.uploads import UPLOAD, Upload, own_meta, read_object

MOST_RECORDS = 5_000
MOST_NUMBER = (1 << 63) - 1
FIELDS = ("number", "timestamp", "name", "value", "meta")

_WORDS = {"outbox": re.compile(r"[A-Za-z0-9-]{1,64}"), "stream": re.compile(r"[a-z]{1,32}")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A batch, and why some of its records are not in it, by number."""

    batch: Batch
    refused: Mapping[int, str]


def read_batch(body: Any, node: Node, *, now: int) -> Read:
    """The batch that a body stands for. Raises Invalid for what is no batch of this node."""
    faults = Faults()
    if not isinstance(body, dict):
        raise Invalid({(): ["Send an object with outbox, stream and records."]})
    for name, form in _WORDS.items():
        if not (isinstance(body.get(name), str) and form.fullmatch(body[name])):
            faults.add((name,), f"This must be a text of the form {form.pattern}.")
    records = body.get("records")
    if not isinstance(records, list) or not 1 <= len(records) <= MOST_RECORDS:
        faults.add(("records",), f"This must be a list of 1 to {MOST_RECORDS} records.")
    for name in body.keys() - {*_WORDS, "records"}:
        faults.add((name,), "A batch has no such field.")
    if faults:
        raise Invalid(faults)
    return _records(body, _numbers(body["records"]), node, now)


def _numbers(records: list[Any]) -> list[int]:
    numbers, last = [], 0
    for place, record in enumerate(records):
        number = record.get("number") if isinstance(record, dict) else None
        if isinstance(number, bool) or not isinstance(number, int) or not last < number <= MOST_NUMBER:
            raise Invalid.field("records", place, "number", why="Numbers are integers from 1 on, and rise.")
        numbers.append(number)
        last = number
    return numbers


def _records(body: dict[str, Any], numbers: list[int], node: Node, now: int) -> Read:
    kept, refused = [], {}
    metas: dict[tuple[Any, ...], tuple[Mapping[str, str], str]] = {}
    for number, record in zip(numbers, body["records"], strict=True):
        meta, why = _meta(record.get("meta", {}), node, metas)
        if why := why or _fault(record, now):
            refused[number] = why
        else:
            kept.append((number, Measurement(record["timestamp"], record["name"], tidy(record["value"]), meta)))
    known = {"node": node.vsn, "outbox": body["outbox"], "stream": body["stream"]}
    batch = Batch(**known, highest=numbers[-1], taken_at=now, measurements=kept)
    return Read(batch=batch, refused=refused)


def _meta(
    meta: Any, node: Node, known: dict[tuple[Any, ...], tuple[Mapping[str, str], str]]
) -> tuple[Mapping[str, str], str]:
    """The meta with the node's own names, and why it cannot be. Most records of a batch share theirs with others."""
    if isinstance(meta, dict) and all(isinstance(value, str) for value in meta.values()):
        key = tuple(meta.items())
        if key not in known:
            known[key] = _checked(meta, node)
        return known[key]
    return {}, meta_fault(meta)


def _checked(meta: dict[str, str], node: Node) -> tuple[Mapping[str, str], str]:
    if why := meta_fault(meta):
        return {}, why
    try:
        return own_meta(meta, node), ""
    except Invalid as problem:
        return {}, str(problem)


def _fault(record: dict[str, Any], now: int) -> str:
    if unknown := record.keys() - set(FIELDS):
        return f"A record has no field {min(unknown)[:100]}."
    if record.get("name") == UPLOAD:
        return f"The name {UPLOAD} is for uploads: send the file itself."
    why = name_fault(record.get("name")) or time_fault(record.get("timestamp"), now=now)
    return why or value_fault(record.get("value"))


def read_upload(name: str, meta: Any, node: Node, *, now: int) -> Upload:
    """The upload of that name (``TIME-NAME``), with the meta of the measurement about it. Raises Invalid."""
    at, filename = read_object(name)
    if why := time_fault(at, now=now):
        raise Invalid.field("upload", why=why)
    if why := meta_fault(meta):
        raise Invalid.field("meta", why=why)
    if meta.get("filename", filename) != filename:
        raise Invalid.field("meta", "filename", why=f"The upload is called {filename}.")
    return Upload(at=at, filename=filename, meta=own_meta({**meta, "filename": filename}, node))
