"""Reads the words of a shell command without a shell, and writes words so that a shell reads exactly them. Pure."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<gap>\ +)
    | '(?P<single>[^']*)'
    | "(?P<double>(?:[^"\\]|\\.)*)"
    | \\(?P<escaped>.)
    | (?P<plain>[A-Za-z0-9_@%+=:,./-]+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_SAFE = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ESCAPE = re.compile(r'\\([$`"\\])')
_VARIABLE = re.compile(r"\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})")
_SEPARATORS = "&|;<>()"
BASH = ("/bin/bash", "-c", 'eval "$(cat)"')
"""Does a program that comes by standard input. Bash itself would ask for every byte of it one by one."""


class Unsafe(ValueError):
    """Text that must not get near a shell; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of a text."""

    words: tuple[str, ...]
    text: str
    """What a shell reads as exactly these words: the text as it was written, wherever that is already so."""
    is_plain: bool
    """It is as it was written: nothing in it would have been expanded."""


def read_words(text: str) -> Words:
    """The words of a text by the quoting rules of a shell, with nothing expanded: ``$``, ``*``, ``~`` are themselves.

    Raises Unsafe for what could be a command of its own (a backquote, ``$(``, a line break, an unquoted separator), and
    for a quote without its end.
    """
    check(text)
    found: list[tuple[str, str, bool]] = []
    word: _Word | None = None
    end = 0
    for token in _TOKEN.finditer(text):
        if token["gap"] is None:
            word = word or _Word()
            word.add(token)
            end = token.end()
        elif word:
            found.append(word.end())
            word = None
    if word:
        found.append(word.end())
    is_plain = all(plain for _, _, plain in found)
    # A blank at the end can belong to the last word: "a\\ ".
    written = (
        text[:end].lstrip(" ") if is_plain else " ".join(raw if plain else quote(value) for raw, value, plain in found)
    )
    return Words(words=tuple(value for _, value, _ in found), text=written, is_plain=is_plain)


def check(text: str) -> None:
    """Raise Unsafe for what is never let through, quoted or not."""
    if CONTROL.search(text):
        raise Unsafe("line breaks and other control characters are not allowed")
    if "`" in text or "$(" in text:
        raise Unsafe("command substitution (a backquote or $( ) is not allowed, not even quoted")


class _Word:
    """One word while it is read."""

    def __init__(self) -> None:
        self._raw, self._value, self._plain = "", "", True

    def add(self, token: re.Match[str]) -> None:
        self._raw += token[0]
        if token["double"] is not None:
            self._value += _ESCAPE.sub(r"\1", token["double"])
            self._plain = self._plain and "$" not in _ESCAPE.sub("", token["double"])
        elif token["other"] is not None:
            self._add_other(token)
        else:
            self._value += token[token.lastgroup or 0]

    def _add_other(self, token: re.Match[str]) -> None:
        character, after = token["other"], token.string[token.end() : token.end() + 1]
        if character in _SEPARATORS:
            raise Unsafe(f"an unquoted {character} is not allowed: put it between quotes")
        if character in "'\"\\":
            raise Unsafe(f"a {character} is never closed")
        if character == "$" and after in ("'", '"'):
            raise Unsafe(f"${after} is not understood: use plain quotes")
        self._value += character
        self._plain = False

    def end(self) -> tuple[str, str, bool]:
        return self._raw, self._value, self._plain


def read_prefix(text: str) -> str:
    """Text that stands before a command: plain words in which only ``$NAME`` and ``${NAME}`` are expanded.

    Raises Unsafe for anything else.
    """
    if not read_words(_VARIABLE.sub("x", text)).is_plain:
        raise Unsafe("only plain words, quotes, $NAME and ${NAME} are allowed")
    return text


def quote(text: str) -> str:
    """The text as one word for a shell, between single quotes where that is needed."""
    return text if _SAFE.fullmatch(text) else always_quote(text)


def always_quote(text: str) -> str:
    """The text as one word for a shell, between single quotes."""
    return "'" + text.replace("'", "'\\''") + "'"


def double_quote(text: str) -> str:
    """The text as one word for a shell, between double quotes, with nothing in it expanded."""
    return '"' + re.sub(r'([$`"\\])', r"\\\1", text) + '"'


def is_safe(text: str) -> bool:
    """Whether a shell reads the text as one word that is the text itself."""
    return _SAFE.fullmatch(text) is not None
