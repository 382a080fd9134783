"""Reads conditions as people write them after SQL's WHERE, in one or more fragments. Pure.

Known are = <> < <= > >=, LIKE, BETWEEN and IN with or without NOT, AND, OR and parentheses; an attribute stands on the
left, a literal on the right. Everything else of SQL is refused.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dragoman.core.errors import Invalid
from dragoman.core.patterns import Wild, read_pattern
from dragoman.core.search import LIKES, PAIRS, AllOf, AnyOf, Condition, Kind, Op, Query, condition
from dragoman.core.search_words import WHERE, attribute_named

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_$][A-Za-z0-9_$.]*)|(?P<sign><>|!=|<=|>=|[=<>(),]))"
)
_SIGNS = {"=": Op.EQ, "<>": Op.NEQ, "!=": Op.NEQ, "<": Op.LT, "<=": Op.LTE, ">": Op.GT, ">=": Op.GTE}
_WORDS = {"LIKE": Op.LIKE, "BETWEEN": Op.BETWEEN, "IN": Op.IN}
_NEGATED = {Op.LIKE: Op.NLIKE, Op.BETWEEN: Op.NBETWEEN, Op.IN: Op.NIN}
_SHORT = {"NLIKE": Op.NLIKE, "NBETWEEN": Op.NBETWEEN, "NIN": Op.NIN}
_WILD = {"%": Wild.RUN, "_": Wild.ONE}
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str

    def is_word(self, word: str) -> bool:
        return self.kind == "name" and self.text.upper() == word


_END = _Token("end", "the end")


def read_sql(fragments: Sequence[str], kinds: Mapping[str, Kind], *, where: str = WHERE) -> Query:
    """What the fragments, joined by spaces, say together. Raises Invalid."""
    return _Reader(_tokens(" ".join(fragments), where), kinds, where).whole()


def _tokens(text: str, where: str) -> list[_Token]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Invalid.field(where, why=f"This cannot be read: {text[at : at + 40].strip()}")
        tokens.append(_Token(str(match.lastgroup), match[str(match.lastgroup)]))
        at = match.end()
    return tokens


class _Reader:
    """Goes through the tokens once, from left to right."""

    def __init__(self, tokens: Sequence[_Token], kinds: Mapping[str, Kind], where: str) -> None:
        self._tokens, self._kinds, self._where = tokens, kinds, where
        self._at = self._depth = 0

    def whole(self) -> Query:
        query = self._any()
        if self._peek() is not _END:
            raise self._wrong("AND, OR or the end")
        return query

    def _any(self) -> Query:
        parts = [self._all()]
        while self._took("OR"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else AnyOf(parts=tuple(parts))

    def _all(self) -> Query:
        parts = [self._one()]
        while self._took("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else AllOf(parts=tuple(parts))

    def _one(self) -> Query:
        if not self._took("("):
            return self._condition()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Invalid.field(self._where, why=f"Parentheses may be nested {_DEEPEST} deep.")
        inner = self._any()
        self._need(")")
        self._depth -= 1
        return inner

    def _condition(self) -> Condition:
        if self._peek().kind != "name":
            raise self._wrong("the name of an attribute")
        name = self._next().text
        attribute = attribute_named(name, self._kinds, where=self._where)
        op = self._op()
        texts = self._literals(op)
        written = [read_pattern(one, _WILD) for one in texts] if op in LIKES else texts
        return condition(attribute, self._kinds[attribute], op, written, where=self._where)

    def _op(self) -> Op:
        negated = self._took("NOT")
        token = self._next()
        if negated:
            if token.text.upper() in _WORDS and token.kind == "name":
                return _NEGATED[_WORDS[token.text.upper()]]
        elif token.kind == "sign" and token.text in _SIGNS:
            return _SIGNS[token.text]
        elif token.kind == "name" and (op := {**_WORDS, **_SHORT}.get(token.text.upper())):
            return op
        self._at -= 1
        raise self._wrong(
            "LIKE, BETWEEN or IN" if negated else "= <> < <= > >= LIKE BETWEEN IN, or NOT and one of them"
        )

    def _literals(self, op: Op) -> list[str]:
        if op in PAIRS:
            low = self._literal()
            self._need("AND")
            return [low, self._literal()]
        if op not in {Op.IN, Op.NIN}:
            return [self._literal()]
        self._need("(")
        texts = [self._literal()]
        while self._took(","):
            texts.append(self._literal())
        self._need(")")
        return texts

    def _literal(self) -> str:
        token = self._next()
        if token.kind == "text":
            return token.text[1:-1].replace("''", "'")
        if token.kind == "number" or token.is_word("TRUE") or token.is_word("FALSE"):
            return token.text
        self._at -= 1
        raise self._wrong("a text in single quotes, a number, TRUE or FALSE")

    def _peek(self) -> _Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def _next(self) -> _Token:
        token = self._peek()
        self._at += 1
        return token

    def _took(self, word: str) -> bool:
        token = self._peek()
        if token.is_word(word) or (token.kind == "sign" and token.text == word):
            self._at += 1
            return True
        return False

    def _need(self, word: str) -> None:
        if not self._took(word):
            raise self._wrong(word)

    def _wrong(self, needed: str) -> Invalid:
        return Invalid.field(self._where, why=f"Here should stand {needed}, not {self._peek().text}.")
