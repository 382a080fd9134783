"""Expands ``${NAME}`` in texts, also where a name stands for text with names in it. Pure."""

import re
from collections.abc import Mapping

ROUNDS = 16
"""How deep names may stand for texts with names in them."""
LONGEST = 65_536
"""How long a text may grow."""

_MACRO = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class MacroFault(ValueError):
    """A text that cannot be expanded; says why."""


def names_in(text: str) -> list[str]:
    """The names in a text, in their order."""
    return _MACRO.findall(text)


def expand(text: str, values: Mapping[str, str], *, strict: bool = False) -> str:
    """The text with every known name replaced by what it stands for; an unknown name stays as it is.

    Raises MacroFault for a circle, for nesting too deep, for a text that grows too long, and when ``strict`` for an
    unknown name.
    """
    return _Expansion(values, strict=strict).of(text, ())


class _Expansion:
    def __init__(self, values: Mapping[str, str], *, strict: bool) -> None:
        self._values, self._strict = values, strict
        self._known: dict[str, str] = {}

    def of(self, text: str, via: tuple[str, ...]) -> str:
        if "${" not in text:
            return text
        result = _MACRO.sub(lambda match: self._named(match[1], via), text)
        if len(result) > LONGEST:
            raise MacroFault(f"it grows beyond {LONGEST} characters when its macros are expanded")
        return result

    def _named(self, name: str, via: tuple[str, ...]) -> str:
        if name in via:
            raise MacroFault(f"its macros go in a circle: {' -> '.join((*via, name))}")
        if len(via) == ROUNDS:
            raise MacroFault(f"its macros are nested more than {ROUNDS} deep")
        if name not in self._known:
            self._known[name] = self._new(name, via)
        return self._known[name]

    def _new(self, name: str, via: tuple[str, ...]) -> str:
        if name not in self._values:
            if self._strict:
                raise MacroFault(f"there is no macro ${{{name}}}")
            return f"${{{name}}}"
        return self.of(self._values[name], (*via, name))
