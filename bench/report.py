"""One row for each number: what it is, beside what it was aimed at and beside what the machine can do at best."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A measured number. ``limit`` is the bound it is compared with, ``against`` says which one that is."""

    name: str
    value: float
    unit: str
    aim: str = ""
    limit: float = 0.0
    against: str = ""


def quantile(times: Sequence[float], part: float) -> float:
    """The time within which this part of the times lie."""
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


def show(rows: Iterable[Row]) -> None:
    """Print the rows as a table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("measured", "value", "unit", "aim", "ratio", "of"):
        table.add_column(title, justify="right" if title in ("value", "ratio") else "left")
    for row in rows:
        ratio = f"{row.value / row.limit:.2f}" if row.limit else ""
        against = f"{_number(row.limit)} {row.unit}: {row.against}" if row.limit else row.against
        table.add_row(row.name, _number(row.value), row.unit, row.aim, ratio, against)
    Console(width=150).print(table)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
