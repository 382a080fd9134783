"""Science rules, ``action(object, key=value): condition``: read, compiled once, evaluated wherever their values are.

Pure: no I/O and no clock; what a rule may know of the world is given to it (``Lookup``). Facts, sources and the choices
that differ from the original are in docs/dialects/sage.md#rules.
"""

from dragoman.core.rules.condition import Condition, Verdict, compile_condition
from dragoman.core.rules.criteria import lifetime
from dragoman.core.rules.fault import RuleFault
from dragoman.core.rules.head import Action, Rule, read_rule
from dragoman.core.rules.lookup import Lookup, Point

__all__ = [
    "Action",
    "Condition",
    "Lookup",
    "Point",
    "Rule",
    "RuleFault",
    "Verdict",
    "compile_condition",
    "lifetime",
    "read_rule",
]
