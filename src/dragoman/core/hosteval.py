"""``HOST_EVAL($VARIABLE, default)`` at the start of a directory: what only the host can tell. Pure."""

import re
from dataclasses import dataclass

from dragoman.core.errors import Invalid

BEGINNING = "HOST_EVAL("
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FORM = re.compile(r"HOST_EVAL\(\s*\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?\s*(?:,\s*([^()]*?)\s*)?\)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostEval:
    """A directory whose beginning an environment variable of the host tells."""

    variable: str
    default: str
    """Used when the variable is not set there; empty: there is none."""
    rest: str
    """What follows in the path."""

    def path(self, value: str) -> str:
        """The whole path, given what the variable holds; empty when that is nothing and there is no default."""
        start = value.strip() or self.default
        return f"{start.rstrip('/')}/{self.rest.lstrip('/')}".rstrip("/") if start else ""


def read_host_eval(text: str, *, where: str) -> HostEval | None:
    """What such a text says; None for any other. Raises Invalid when it begins like one, or has one further on."""
    if BEGINNING not in text:
        return None
    match = _FORM.fullmatch(text)
    if match is None or BEGINNING in match[3]:
        why = "Write HOST_EVAL($VARIABLE) or HOST_EVAL($VARIABLE, default), once and at the start."
        raise Invalid.field(where, why=why)
    return HostEval(variable=match[1], default=match[2] or "", rest=match[3])
