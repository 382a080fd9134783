"""Reads the first JSON value of a text, and complains in the words of Go's decoder, which clients know. Pure.

Where ``lenient``, a comma may stand behind the last element of an object or list: the well-known example has one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

_SPACE = " \t\r\n"
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS = {"true": True, "false": False, "null": None}
_HEX = "0123456789abcdefABCDEF"
_DEEPEST = 100


class BadJson(ValueError):
    """A text that is no JSON, or not of the kind that is wanted; says why as Go does."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written: what it may be is for whoever wants it to say."""

    text: str


def quoted(text: str) -> str:
    """A text as Go's %q shows it."""
    shown = []
    for character in text:
        if character in '"\\':
            shown.append(f"\\{character}")
        elif character.isprintable():
            shown.append(character)
        else:
            shown.append(_escaped(character))
    return f'"{"".join(shown)}"'


def _escaped(character: str) -> str:
    plain = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}
    if character in plain:
        return plain[character]
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _named(character: str) -> str:
    """A character in a complaint. Go looks at bytes, so that one which is not ASCII shows as its first byte."""
    if character == "'":
        return r"'\''"
    if character == '"':
        return "'\"'"
    first = chr(character.encode("utf-8", "surrogateescape")[0])
    return f"'{quoted(first)[1:-1]}'"


def first_value(text: str, *, lenient: bool) -> Any:
    """The first value: dict, list, str, bool, None or Number. Raises BadJson."""
    reader = _Reader(text, lenient)
    if reader.peek() == "":
        raise BadJson("EOF")
    return reader.value(0)


class _Reader:
    def __init__(self, text: str, lenient: bool) -> None:
        self._text, self._lenient, self._at = text, lenient, 0

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while self._text[self._at : self._at + 1] and self._text[self._at] in _SPACE:
            self._at += 1
        return self._text[self._at : self._at + 1]

    def value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise BadJson("exceeded max depth")
        sign = self.peek()
        if sign == "{":
            return self._object(depth)
        if sign == "[":
            return self._list(depth)
        if sign == '"':
            return self._string()
        if sign and sign in "-0123456789":
            return self._number()
        word = next((word for word in _WORDS if sign and sign == word[0]), "")
        return self._word(word) if word else self._refuse("looking for beginning of value")

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}

        def member() -> None:
            if self.peek() != '"':
                self._refuse("looking for beginning of object key string")
            key = self._string()
            if self.peek() != ":":
                self._refuse("after object key")
            self._at += 1
            found[key] = self.value(depth + 1)

        self._members("}", member, "after object key:value pair")
        return found

    def _list(self, depth: int) -> list[Any]:
        found: list[Any] = []
        self._members("]", lambda: found.append(self.value(depth + 1)), "after array element")
        return found

    def _members(self, end: str, member: Callable[[], None], behind: str) -> None:
        self._at += 1
        if self.peek() == end:
            self._at += 1
            return
        while True:
            member()
            if self.peek() not in {",", end}:
                self._refuse(behind)
            is_end = self.peek() == end
            self._at += 1
            if not is_end and self._lenient and self.peek() == end:
                self._at += 1
                return
            if is_end:
                return

    def _string(self) -> str:
        self._at += 1
        found = []
        while (sign := self._next()) != '"':
            if sign < " ":
                self._refuse("in string literal")
            self._at += 1
            found.append(self._escape() if sign == "\\" else sign)
        self._at += 1
        # Halves of a pair that were escaped one by one belong together; a lone one stands for nothing.
        return "".join(found).encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _escape(self) -> str:
        sign = self._next()
        if sign in _ESCAPES:
            self._at += 1
            return _ESCAPES[sign]
        if sign != "u":
            self._refuse("in string escape code")
        code = ""
        for _ in range(4):
            self._at += 1
            if self._next() not in _HEX:
                self._refuse("in \\u hexadecimal character escape")
            code += self._next()
        self._at += 1
        return chr(int(code, 16))

    def _number(self) -> Number:
        match = _NUMBER.match(self._text, self._at)
        self._at = match.end() if match else self._at + 1
        after = self._text[self._at : self._at + 1]
        if match is None:
            self._refuse("in numeric literal")
        if after == "." and match[2] is None and match[3] is None:
            self._at += 1
            self._refuse("after decimal point in numeric literal")
        if after and after in "eE" and match[3] is None:
            self._at += 2 if self._text[self._at + 1 : self._at + 2] in {"+", "-"} else 1
            self._refuse("in exponent of numeric literal")
        return Number(match[0])

    def _word(self, word: str) -> bool | None:
        for sign in word:
            if self._next() != sign:
                self._refuse(f"in literal {word} (expecting {_named(sign)})")
            self._at += 1
        return _WORDS[word]

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise BadJson("unexpected EOF")
        return self._text[self._at]

    def _refuse(self, where: str) -> NoReturn:
        raise BadJson(f"invalid character {_named(self._next())} {where}")
