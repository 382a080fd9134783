"""Brings the settings together: command line over environment over file over default.

Everything wrong is told at once, by the place it stands in, with what would be right.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dragoman.config.settings import OPTIONS, SECTIONS, Option, Settings
from dragoman.config.values import Value, from_text, typed
from dragoman.core.errors import Invalid, Path

FILE_NAME = "dragoman.toml"
"""The settings file that is read from the data directory when no other is named."""
_PREFIX = "DRAGOMAN_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One setting as ``config show`` tells it: its value (masked when secret) and where that came from."""

    name: str
    value: Value
    source: str


@dataclass(slots=True)
class _Gathered:
    values: dict[str, tuple[Value, str]] = field(default_factory=dict)
    complaints: dict[Path, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    def take(self, option: Option, source: str, value: object) -> None:
        """A value that has its type already."""
        try:
            self.values[option.name] = (typed(option, value), source)
        except ValueError as wrong:
            self.complain(option.name, source, str(wrong))

    def take_text(self, option: Option, source: str, text: str) -> None:
        """A value that is still text; empty counts as not given."""
        try:
            if text:
                self.values[option.name] = (from_text(option, text), source)
        except ValueError as wrong:
            self.complain(option.name, source, str(wrong))

    def complain(self, name: str, source: str, why: str) -> None:
        self.complaints.setdefault(tuple(part for part in name.split(".") if part), []).append(f"({source}) {why}")


def load(flags: Mapping[str, object], environ: Mapping[str, str], file: str | None = None) -> Settings:
    """The settings in force.

    ``flags`` maps names (``server.port``) to what the command line gave; None means not given. ``file`` is the
    settings file; without one, DATA/dragoman.toml is read when it is there. ``server.data`` comes back absolute.
    Raises Invalid that names every wrong setting, where it stands and what is allowed.
    """
    found = _gather(flags, environ, file)
    values = {name: value for name, (value, _) in found.values.items()}
    sections = {
        section: form(**{o.key: values[o.name] for o in OPTIONS.values() if o.section == section})
        for section, form in SECTIONS.items()
    }
    return Settings(**sections, files=tuple(found.files))


def origins(flags: Mapping[str, object], environ: Mapping[str, str], file: str | None = None) -> list[Origin]:
    """Every setting with its value and where that came from, in the order of the documentation. Raises as ``load``."""
    found = _gather(flags, environ, file).values
    return [
        Origin(
            name=name, value="********" if option.secret and found[name][0] else found[name][0], source=found[name][1]
        )
        for name, option in OPTIONS.items()
    ]


def _gather(flags: Mapping[str, object], environ: Mapping[str, str], file: str | None) -> _Gathered:
    """Each setting's value and source, the strongest layer last, and the files that were read."""
    found = _Gathered()
    for option in OPTIONS.values():
        found.values[option.name] = (option.default, "default")
    over = _Gathered()
    _take_environment(over, environ)
    for name, value in flags.items():
        if value is not None:
            over.take(OPTIONS[name], "command line", value)
    data, _ = over.values.get("server.data", found.values["server.data"])
    _take_file(found, file, str(data))
    found.values.update(over.values)
    found.files += over.files
    complaints = {**found.complaints, **over.complaints}
    if complaints:
        raise Invalid(complaints, hint="See docs/configuration.md.")
    data, source = found.values["server.data"]
    found.values["server.data"] = (os.path.abspath(str(data)), source)
    return found


def _take_file(found: _Gathered, file: str | None, data: str) -> None:
    """Take the named file, or the one in the data directory when it is there."""
    own = os.path.join(data, FILE_NAME)
    path = file or own
    if not file and not os.path.exists(own):
        return
    found.files.append(os.path.abspath(path))
    for section, keys in _parsed(path).items():
        if section not in SECTIONS:
            found.complain(section, path, f"There is no such section.{_nearest(section, SECTIONS)}")
        elif not isinstance(keys, dict):
            found.complain(section, path, f"This is a section: write [{section}] on a line of its own.")
        else:
            _take_section(found, path, section, keys)
    if not file and found.values["server.data"][1] == path:
        found.complain("server.data", path, "This file is found by way of the data directory and cannot move it.")


def _take_section(found: _Gathered, path: str, section: str, keys: Mapping[str, object]) -> None:
    known = [option.key for option in OPTIONS.values() if option.section == section]
    for key, value in keys.items():
        if key in known:
            found.take(OPTIONS[f"{section}.{key}"], path, value)
        else:
            found.complain(f"{section}.{key}", path, f"There is no such setting.{_nearest(key, known)}")


def _parsed(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as text:
            return tomllib.load(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise Invalid.field(path, why=f"This is not TOML: {wrong}.") from wrong
    except OSError as wrong:
        raise Invalid.field(path, why=f"The settings file cannot be read: {wrong.strerror}.") from wrong


def _take_environment(found: _Gathered, environ: Mapping[str, str]) -> None:
    """Take every twin; a variable that is nearly one, or has a section's prefix, is a slip and is told."""
    twins = {option.twin: option for option in OPTIONS.values()}
    files = {f"{twin}_FILE": option for twin, option in twins.items() if option.secret}
    for name in sorted(name for name in environ if name.startswith(_PREFIX)):
        if name in twins:
            found.take_text(twins[name], f"${name}", environ[name])
        elif name in files:
            _take_secret(found, files[name], name, environ)
        elif _is_slip(name, (*twins, *files)):
            found.complain(name, "environment", f"There is no such setting.{_nearest(name, (*twins, *files))}")


def _take_secret(found: _Gathered, option: Option, name: str, environ: Mapping[str, str]) -> None:
    if environ.get(option.twin):
        found.complain(option.name, f"${name}", f"${option.twin} is set too; keep one of them.")
        return
    found.files.append(os.path.abspath(environ[name]))
    try:
        with open(environ[name], encoding="utf-8") as text:
            found.take_text(option, f"${name}", text.read().strip())
    except (OSError, UnicodeDecodeError) as wrong:
        why = wrong.strerror if isinstance(wrong, OSError) else "this is no UTF-8 text"
        found.complain(option.name, f"${name}", f"{environ[name]} cannot be read: {why}.")


def _is_slip(name: str, known: Iterable[str]) -> bool:
    prefixes = tuple(f"{_PREFIX}{section}_".upper() for section in SECTIONS)
    return name.startswith(prefixes) or bool(difflib.get_close_matches(name, list(known), 1, 0.9))


def _nearest(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(name, names, 1)
    return f" Did you mean {close[0]}?" if close else f" There is: {', '.join(names)}."
