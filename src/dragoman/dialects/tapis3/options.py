"""Reads the options that people give to containers and schedulers: which are allowed, and their long names. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dragoman.core.shellwords import Unsafe, check, read_words


class Refused(ValueError):
    """An option that nobody may give; says why."""


class Unfit(Refused):
    """An option that is allowed, but that the execution system cannot keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option."""

    name: str
    """Without its hyphens, long or short."""
    value: str | None = None
    """None: it has none."""


def words(*texts: str) -> frozenset[str]:
    """The words of the texts."""
    return frozenset(" ".join(texts).split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The options that a program takes."""

    program: str
    valued: frozenset[str]
    flags: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    """May have a value, which is then joined to it."""
    short: Mapping[str, str]
    """Short names for long ones."""
    refused: Mapping[str, str]
    """Options that only the service gives, with what to use instead."""


def read_option(arg: str) -> Option:
    """One option as it is written: ``--name value``, ``--name=value`` or ``--name``. Raises Refused."""
    text = arg.strip()
    try:
        check(text)
    except Unsafe as fault:
        raise Refused(f"The option {text[:80]!r}: {fault}.") from fault
    head, _, rest = text.partition(" ")
    name, equals, joined = head.partition("=")
    if not name.startswith("-") or not name.strip("-").replace("-", "").isalnum() or not name.isascii():
        raise Refused(f"{text[:80]!r} is no option: write --name value, --name=value or --name.")
    value = f"{joined} {rest}".strip() if equals else rest.strip()
    return Option(name=name.strip("-"), value=_plain(value) if value or equals else None)


def _plain(value: str) -> str:
    """The value without its quotes; one that is no text for a shell stays as it is, for it never gets near one."""
    try:
        words = read_words(value).words
    except Unsafe:
        return value
    if any(word.startswith("-") and len(word) > 1 for word in words[1:]):
        raise Refused(f"{value[:80]!r} holds another option: give each option by itself.")
    return " ".join(words)


def allowed(args: Iterable[str], known: Known) -> list[Option]:
    """The options by their long names, in their order. Raises Refused for one that is not allowed."""
    return [_allowed(read_option(arg), known) for arg in args]


def _allowed(option: Option, known: Known) -> Option:
    name = known.short.get(option.name, option.name)
    if name in known.refused:
        raise Refused(f"The {known.program} option --{name} is given by the service itself: {known.refused[name]}.")
    if name in known.valued and not option.value:
        raise Refused(f"The {known.program} option --{name} needs a value.")
    if name in known.flags and option.value is not None:
        raise Refused(f"The {known.program} option --{name} takes no value.")
    if name not in known.valued | known.flags | known.optional:
        raise Refused(f"The {known.program} option --{name} is not supported here.")
    return Option(name=name, value=option.value)
