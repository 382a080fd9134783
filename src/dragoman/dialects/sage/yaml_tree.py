"""YAML (and so JSON) as a tree whose scalars are kept as they were written, with their lines. Pure.

Limits come before meaning: nesting, and what aliases make of a document, are counted while it is read. Complaints have
the words of the original's parser.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

MOST_NODES = 100_000
"""In a document, with all its aliases written out."""
MOST_DEPTH = 100

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"})
_FALSE = frozenset({"n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"})
_INT = re.compile(r"[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|[0-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


class BadYaml(ValueError):
    """A text that is no document, or more of one than anybody means."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text as it was written."""

    text: str
    line: int
    is_plain: bool
    """Without quotes: it may mean something else than text."""

    @property
    def tag(self) -> str:
        """What it means."""
        if not self.is_plain:
            return "!!str"
        if self.text in _NULL:
            return "!!null"
        if self.text in _TRUE or self.text in _FALSE:
            return "!!bool"
        if _INT.fullmatch(self.text):
            return "!!int"
        return "!!float" if _FLOAT.fullmatch(self.text) else "!!str"

    @property
    def truth(self) -> bool | None:
        """Yes or no; None for anything else."""
        return self.text in _TRUE if self.tag == "!!bool" else None


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    line: int
    items: "list[Tree]" = field(default_factory=list)
    tag = "!!seq"


@dataclass(frozen=True, slots=True)
class Pairs:
    """A map, in the order of writing; of a key that is there twice, the last value counts."""

    line: int
    items: "dict[str, Tree]" = field(default_factory=dict)
    tag = "!!map"


Tree: TypeAlias = Scalar | Items | Pairs


def read_yaml(text: bytes) -> Tree | None:
    """The first document of a text; None when there is none. Raises BadYaml."""
    try:
        return _Reader(yaml.parse(text, Loader=yaml.CSafeLoader)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise BadYaml(f"yaml: {where}{error.problem or error.context or 'it cannot be read'}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadYaml("yaml: the document is no UTF-8 text, or has control characters") from error


class _Reader:
    """Makes the tree of parser events."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._anchors: dict[str, tuple[Tree, int]] = {}
        self._nodes = 0

    def document(self) -> Tree | None:
        for event in self._events:
            if isinstance(event, yaml.StreamEndEvent):
                return None
            if not isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
                tree = self._node(event, 0)
                is_empty = isinstance(tree, Scalar) and tree.tag == "!!null"
                for _ in self._events:  # what follows must be well-formed up to the end of this document
                    break
                return None if is_empty else tree
        return None

    def _node(self, event: yaml.Event, depth: int) -> Tree:
        if depth > MOST_DEPTH:
            raise BadYaml(f"yaml: exceeded max depth of {MOST_DEPTH}")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self._nodes
        self._count(1)
        tree = self._open(event, depth)
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = (tree, self._nodes - before)
        return tree

    def _open(self, event: yaml.Event, depth: int) -> Tree:
        line = (event.start_mark.line if event.start_mark else 0) + 1
        if isinstance(event, yaml.ScalarEvent):
            is_plain = not event.style and event.tag in {None, "!"}
            return Scalar(_checked(event.value, line), line, is_plain and bool(event.implicit[0]))
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(line, [self._node(item, depth + 1) for item in self._until(yaml.SequenceEndEvent)])
        return self._pairs(line, depth)

    def _pairs(self, line: int, depth: int) -> Pairs:
        found: dict[str, Tree] = {}
        merged: dict[str, Tree] = {}
        for event in self._until(yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if not isinstance(key, Scalar):
                raise BadYaml(f"yaml: line {line}: invalid map key")
            if key.text == "<<" and key.is_plain:
                merged |= _merged(value)
            else:
                found[key.text] = value
        return Pairs(line, {**merged, **found})

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield event

    def _alias(self, event: yaml.AliasEvent) -> Tree:
        if event.anchor not in self._anchors:
            raise BadYaml(f"yaml: unknown anchor '{event.anchor}' referenced")
        tree, size = self._anchors[event.anchor]
        self._count(size)
        return tree

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            raise BadYaml("yaml: document contains excessive aliasing or too many values")


def _merged(value: Tree) -> dict[str, Tree]:
    sources = reversed(value.items) if isinstance(value, Items) else [value]
    found: dict[str, Tree] = {}
    for source in sources:
        if not isinstance(source, Pairs):
            raise BadYaml("yaml: map merge requires map or sequence of maps as the value")
        found |= source.items
    return found


def _checked(text: str, line: int) -> str:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise BadYaml(f"yaml: line {line}: control characters are not allowed")
    return text
