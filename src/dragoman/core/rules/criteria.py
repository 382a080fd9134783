"""Success criteria: how long a job is served after it has first run. Pure.

No grammar of them was ever written down; this one takes every spelling that is known to be in use
(docs/dialects/sage.md#success-criteria). What is not understood limits nothing.
"""

import re
from collections.abc import Iterable

from dragoman.core.rules.spans import read_span

_FORM = re.compile(r"\s*wall[\s_-]?(?:clock|time)\s*\(\s*(['\"]?)(.*?)\1\s*\)\s*", re.IGNORECASE)


def lifetime(criteria: Iterable[str]) -> int | None:
    """How many microseconds after its start a job is complete: the shortest of its criteria; None: never."""
    spans = (read_span(match[2]) for text in criteria if (match := _FORM.fullmatch(text[:200])))
    return min((span for span in spans if span is not None), default=None)
