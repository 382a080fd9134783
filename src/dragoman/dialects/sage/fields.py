"""Values of a job document by their type, and complaints in the words of the original's parser. Pure."""

from collections.abc import Iterator, Mapping

from dragoman.dialects.sage.yaml_tree import Items, Pairs, Scalar, Tree

MOST_FAULTS = 50


class BadDocument(ValueError):
    """A document with values of wrong types; all are told."""


def plain(key: str) -> str:
    """A key in the one spelling in which all its spellings meet: scienceRules, science_rules, sciencerules."""
    return key.replace("_", "").replace("-", "").lower()


class Fields:
    """Reads values, and collects what is wrong with them."""

    def __init__(self) -> None:
        self._faults: list[str] = []

    def finish(self) -> None:
        """Raise BadDocument when anything was wrong."""
        if self._faults:
            raise BadDocument("\n  ".join(["yaml: unmarshal errors:", *self._faults[:MOST_FAULTS]]))

    def refuse(self, tree: Tree, kind: str) -> None:
        """Note that a value is not of a kind."""
        shown = ""
        if isinstance(tree, Scalar):
            shown = f" `{tree.text if len(tree.text) <= 10 else tree.text[:7] + '...'}`"
        self._faults.append(f"line {tree.line}: cannot unmarshal {tree.tag}{shown} into {kind}")

    def pairs(self, tree: Tree | None, kind: str) -> Iterator[tuple[str, Tree]]:
        """The keys and values of a map."""
        there = _given(tree)
        if isinstance(there, Pairs):
            yield from there.items.items()
        elif there is not None:
            self.refuse(there, kind)

    def keys(self, tree: Tree | None, kind: str) -> Mapping[str, Tree]:
        """The values of a map by their keys in plain spelling."""
        return {plain(key): value for key, value in self.pairs(tree, kind)}

    def items(self, tree: Tree | None, kind: str) -> list[Tree] | None:
        """The items of a list; None when there is none."""
        there = _given(tree)
        if isinstance(there, Items):
            return there.items
        if there is not None:
            self.refuse(there, kind)
        return None

    def text(self, tree: Tree | None) -> str:
        """A text; numbers and truths count as they were written."""
        there = _given(tree)
        if isinstance(there, Scalar):
            return there.text
        if there is not None:
            self.refuse(there, "string")
        return ""

    def flag(self, tree: Tree | None) -> bool:
        """A truth."""
        there = _given(tree)
        truth = there.truth if isinstance(there, Scalar) else None
        if there is not None and truth is None:
            self.refuse(there, "bool")
        return bool(truth)

    def texts(self, tree: Tree | None) -> list[str] | None:
        """A list of texts; None when there is none."""
        items = self.items(tree, "[]string")
        return None if items is None else [self.text(item) for item in items]

    def table(self, tree: Tree | None) -> dict[str, str]:
        """A map of texts."""
        return {key: self.text(value) for key, value in self.pairs(tree, "map[string]string")}


def _given(tree: Tree | None) -> Tree | None:
    return None if isinstance(tree, Scalar) and tree.tag == "!!null" else tree
