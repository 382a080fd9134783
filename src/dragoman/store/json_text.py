"""JSON as both databases keep it, without blanks between its parts, and as text within queries."""

import json
from functools import partial
from typing import Any

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

to_json_text = partial(json.dumps, separators=(",", ":"))
"""Writes what a column of JSON is to hold."""

# Rows that were written with blanks are read letter by letter, which takes long: so only they are. OFFSET has the
# text read out of its row once.
_FOR_POSTGRESQL = r"""(SELECT CASE WHEN strpos(t, ': ') + strpos(t, ', ') = 0 THEN t
ELSE regexp_replace(t, '("(?:[^"\\]|\\.)*")|\s+', '\1', 'g') END FROM (SELECT {} AS t OFFSET 0) AS written)"""


class WithoutBlanks(FunctionElement[str]):
    """The JSON text that an expression has, without the blanks between its parts."""

    type = Text()
    inherit_cache = True


@compiles(WithoutBlanks, "sqlite")
def _on_sqlite(text: WithoutBlanks, compiler: SQLCompiler, **how: Any) -> str:
    return compiler.process(text.clauses, **how)  # which leaves them out by itself


@compiles(WithoutBlanks, "postgresql")
def _on_postgresql(text: WithoutBlanks, compiler: SQLCompiler, **how: Any) -> str:
    return _FOR_POSTGRESQL.format(compiler.process(text.clauses, **how))
