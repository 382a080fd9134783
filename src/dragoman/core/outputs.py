"""Which of the files that a run leaves are kept as its outputs. Pure."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from dragoman.core.job import OutputRule
from dragoman.core.ports import Entry


def kept(
    left: Sequence[Entry], before: Mapping[str, tuple[int, int]], rules: Sequence[OutputRule], *, log: str
) -> list[Entry]:
    """The entries to keep, in their order. ``before`` tells (size, time of change) of each staged input by path.

    Without rules everything is kept. Otherwise the last rule that matches a file decides, and a file that no rule
    matches is dropped; the log is always kept.
    """
    if not rules:
        return list(left)
    return [entry for entry in left if entry.path == log or _is_kept(entry, before, rules)]


def _is_kept(entry: Entry, before: Mapping[str, tuple[int, int]], rules: Sequence[OutputRule]) -> bool:
    kind = "input" if before.get(entry.path) == (entry.size, entry.changed) else "generated"
    decisions = [rule.include for rule in rules if _matches(entry.path, kind, rule)]
    return decisions[-1] if decisions else False


def _matches(path: str, kind: str, rule: OutputRule) -> bool:
    if rule.kind != "glob":
        return rule.kind == kind
    if rule.case_sensitive:
        return fnmatchcase(path, rule.pattern)
    return fnmatchcase(path.lower(), rule.pattern.lower())
