"""Reads conditions as they stand in an address: ``(attr.op.value)~(attr.op.value)``, or ``attr.op=value``. Pure."""

import re
from collections.abc import Iterable, Mapping

from dragoman.core.errors import Invalid
from dragoman.core.patterns import Pattern, Wild, read_pattern
from dragoman.core.search import LIKES, LISTS, AllOf, Condition, Kind, Op, condition

WHERE = "search"
_PART = re.compile(r"(?:\\.|[^~\\])+|\\", re.DOTALL)
_VALUE = re.compile(r"(?:\\.|[^,\\])+|\\", re.DOTALL)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SNAKE = re.compile(r"_+([A-Za-z0-9])")
_BARE = re.compile(r"(?:\\.|[^~,()\\]|\\$)*", re.DOTALL)
_ESCAPED = re.compile(r"\\([~,() ])")
_WILD = {"*": Wild.RUN, "!": Wild.ONE}


def read_search(text: str, kinds: Mapping[str, Kind]) -> AllOf:
    """The conditions of a ``search=``, which must all hold. Raises Invalid."""
    parts = _PART.findall(text.strip())
    if len(parts) == 1 and not (parts[0].startswith("(") and _is_closed(parts[0])):
        parts = [f"({parts[0]})"]
    bare = []
    for part in parts:
        if not (part.startswith("(") and _is_closed(part)):
            raise _wrong(part, "Each condition stands in parentheses: (attr.op.value)~(attr.op.value).")
        bare.append(part[1:-1])
    return AllOf(parts=tuple(_read(one, kinds) for one in bare if one.strip()))


def read_parameters(pairs: Iterable[tuple[str, str]], kinds: Mapping[str, Kind]) -> AllOf:
    """The conditions of query parameters ``attr.op=value``, which must all hold. Raises Invalid."""
    return AllOf(parts=tuple(_read(f"{name}.{value}", kinds) for name, value in pairs))


def attribute_named(name: str, kinds: Mapping[str, Kind], *, where: str = WHERE) -> str:
    """The attribute of that name, in camelCase or snake_case. Raises Invalid."""
    camel = _SNAKE.sub(lambda match: match[1].upper(), name)
    for one in (name, camel):
        if one in kinds:
            return one
    raise Invalid.field(where, why=f'There is no attribute "{name}" here. There is: {", ".join(sorted(kinds))}.')


def _is_closed(part: str) -> bool:
    """Whether it ends in a parenthesis that no backslash escapes."""
    body = part[:-1]
    return part.endswith(")") and (len(body) - len(body.rstrip("\\"))) % 2 == 0


def _wrong(text: str, why: str) -> Invalid:
    return Invalid.field(WHERE, why=f"{why} This is wrong: {text}")


def _read(text: str, kinds: Mapping[str, Kind]) -> Condition:
    name, _, rest = text.strip().partition(".")
    word, dot, value = rest.partition(".")
    if not _NAME.fullmatch(name) or not dot or not value.strip():
        raise _wrong(text, "A condition is an attribute, a comparison and a value: attr.op.value.")
    attribute = attribute_named(name, kinds)
    try:
        op = Op(word.lower())
    except ValueError:
        raise _wrong(text, f'There is no comparison "{word}". There is: {", ".join(Op)}.') from None
    return condition(attribute, kinds[attribute], op, _values(op, value, text), where=WHERE)


def _values(op: Op, value: str, text: str) -> list[str | Pattern]:
    written = _VALUE.findall(value) if op in LISTS else [value]
    for one in written:
        if not _BARE.fullmatch(one):
            raise _wrong(text, r"In a value, put a backslash before each of ~ , ( and ).")
    if op in LISTS and len(written) != _commas(value) + 1:
        raise _wrong(text, "A value in the list is empty.")
    return [read_pattern(one, _WILD) if op in LIKES else _ESCAPED.sub(r"\1", one) for one in written]


def _commas(value: str) -> int:
    return re.sub(r"\\.", "", value, flags=re.DOTALL).count(",")
