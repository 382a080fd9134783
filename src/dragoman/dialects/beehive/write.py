"""Writes measurements as lines: JSON as Go writes it, or CSV. Pure.

Both writers take rows in bunches and give text; what is the same for all rows of a series is made once.
"""

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from dragoman.core.instants import write_instant
from dragoman.core.measurements import Series, Value
from dragoman.core.uploads import UPLOAD
from dragoman.dialects.beehive.aggregates import Bunch, Row

OBJECTS = "/api/v1/data/"
"""Where uploads are read; a value that begins so is told with the address of this service in front."""

_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_SPECIAL = re.compile("[<>&\u2028\u2029]")


def quoted(value: object) -> str:
    """JSON as Go's encoder has it: compact, and safe inside HTML."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _SPECIAL.sub(lambda match: _ESCAPED[match[0]], text)


def number(value: float) -> str:
    """A number as Go's encoder has it: the shortest digits, an exponent only for the very small and the very large."""
    size = abs(value)
    if not math.isfinite(value):
        return "null"
    if size and (size < 1e-6 or size >= 1e21):
        digits, _, exponent = f"{value!r}".partition("e")
        return f"{digits.removesuffix('.0')}e{exponent[0]}{exponent[1:].lstrip('0')}"
    text = repr(value)
    return (format(Decimal(text), "f") if "e" in text else text).removesuffix(".0")


def write_value(name: str, value: Value | None, origin: str) -> str:
    """A value in JSON."""
    if isinstance(value, float):
        return number(value)
    if name == UPLOAD and isinstance(value, str) and value.startswith(OBJECTS):
        value = f"{origin}{value}"
    return quoted(value)


def record(name: str, at: int, value: Value | None, meta: Mapping[str, str], origin: str) -> str:
    """One measurement for listeners."""
    told, shown = quoted(dict(sorted(meta.items()))), write_value(name, value, origin)
    return f'{{"name":{quoted(name)},"timestamp":"{write_instant(at)}","value":{shown},"meta":{told}}}'


class Lines:
    """One JSON object on each line."""

    content_type = "text/plain; charset=utf-8"
    ending = "ndjson"
    head = ""

    def __init__(self, origin: str) -> None:
        self._origin = origin

    def rows(self, bunch: Bunch) -> str:
        """The lines of a bunch of rows."""
        return "".join(self._lines(series, rows) for series, rows in bunch)

    def _lines(self, series: Series, rows: Sequence[Row]) -> str:
        name, origin = series.name, self._origin
        before = '{"timestamp":"'
        between = f'","name":{quoted(name)},"value":'
        after = f',"meta":{quoted(dict(sorted(series.meta.items())))}}}\n'
        return "".join(
            [f"{before}{write_instant(at)}{between}{write_value(name, value, origin)}{after}" for at, value in rows]
        )


class Table:
    """Comma-separated values: a column for each key of meta that any of the series has."""

    content_type = "text/csv; charset=utf-8"
    ending = "csv"

    def __init__(self, origin: str, series: Sequence[Series]) -> None:
        self._origin = origin
        self._keys = sorted({key for one in series for key in one.meta})
        self.head = self._text([["timestamp", "name", "value", *(f"meta.{key}" for key in self._keys)]])

    def rows(self, bunch: Bunch) -> str:
        """The lines of a bunch of rows."""
        return self._text(
            [write_instant(at), series.name, self._value(series.name, value), *metas]
            for series, rows in bunch
            for metas in ([series.meta.get(key, "") for key in self._keys],)
            for at, value in rows
        )

    def _value(self, name: str, value: Value | None) -> str:
        if isinstance(value, str):
            return str(json.loads(write_value(name, value, self._origin)))
        return "" if value is None else write_value(name, value, self._origin)

    @staticmethod
    def _text(rows: Iterable[Sequence[str]]) -> str:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        return text.getvalue()
