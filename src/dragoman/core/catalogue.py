"""The catalogue's grammar: what a parsed catalogue file may say, and the apps and systems that it names. Pure.

Facets belong to the doors and are passed on as they are; here they only have to be tables of plain values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from dragoman.core.errors import Invalid, Path

_APP = ("namespace", "name", "requires", "links", "environment", "facets", "versions")
_VERSION = ("version", "facets")
_SYSTEM = ("name", "description", "queues", "facets")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueApp:
    """One version of an app, as the catalogue describes it."""

    name: str
    version: str
    namespace: str = ""
    """Of an app that is found under a namespace and a name, not by its name alone."""
    requires: tuple[str, ...] = ()
    """Programs or absolute paths that must be there, else the app is left out."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Links to make below the catalogue directory: relative path to absolute target."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables its runs get; ``{catalog}`` stands for the catalogue directory."""
    facets: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueSystem:
    """A system, as the catalogue describes it; the service adds how to reach it."""

    name: str
    description: str
    queues: tuple[str, ...]
    facets: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything that the catalogue files say, in the order in which they say it."""

    apps: tuple[CatalogueApp, ...]
    systems: tuple[CatalogueSystem, ...]


def read_catalogue(files: Mapping[str, Mapping[str, Any]]) -> Catalogue:
    """The catalogue that parsed files make together; ``files`` maps their names to their content.

    Raises Invalid that names the file, the entry and the key of everything wrong.
    """
    reader = _Reader()
    apps: list[CatalogueApp] = []
    systems: list[CatalogueSystem] = []
    for name, content in files.items():
        reader.only(content, (name,), ("app", "system"))
        apps += chain.from_iterable(
            _apps(reader, table, path) for path, table in reader.tables(content, (name,), "app")
        )
        systems += [_system(reader, table, path) for path, table in reader.tables(content, (name,), "system")]
    reader.unique([tuple(filter(None, (app.namespace, app.name, app.version))) for app in apps], "app")
    reader.unique([(system.name,) for system in systems], "system")
    reader.finish()
    return Catalogue(apps=tuple(apps), systems=tuple(systems))


def _apps(reader: "_Reader", table: Mapping[str, Any], path: Path) -> list[CatalogueApp]:
    """One app for each of its versions; a version's facets go over those that all versions share."""
    reader.only(table, path, _APP)
    shared = reader.facets(table, path)
    versions = reader.tables(table, path, "versions")
    if not versions:
        reader.complain((*path, "versions"), "At least one [[app.versions]] is needed.")
    for below, version in versions:
        reader.only(version, below, _VERSION)
    return [
        CatalogueApp(
            namespace=reader.text(table, path, "namespace", needed=False),
            name=reader.text(table, path, "name"),
            version=reader.text(version, below, "version"),
            requires=reader.texts(table, path, "requires"),
            links=reader.links(table, path, "links"),
            environment=reader.variables(table, path, "environment"),
            facets=_over(shared, reader.facets(version, below)),
        )
        for below, version in versions
    ]


def _system(reader: "_Reader", table: Mapping[str, Any], path: Path) -> CatalogueSystem:
    reader.only(table, path, _SYSTEM)
    queues = reader.texts(table, path, "queues")
    if not queues:
        reader.complain((*path, "queues"), 'At least one queue is needed: queues = ["default"].')
    return CatalogueSystem(
        name=reader.text(table, path, "name"),
        description=reader.text(table, path, "description", needed=False),
        queues=queues,
        facets=reader.facets(table, path),
    )


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    return {door: {**below.get(door, {}), **above.get(door, {})} for door in {**below, **above}}


class _Reader:
    """Reads values of the expected type and collects a complaint for each that has another."""

    def __init__(self) -> None:
        self._complaints: dict[Path, list[str]] = {}

    def complain(self, path: Path, why: str) -> None:
        said = self._complaints.setdefault(path, [])
        if why not in said:
            said.append(why)

    def finish(self) -> None:
        if self._complaints:
            raise Invalid(self._complaints, hint="Mend the catalogue file, or delete it to get the shipped one back.")

    def only(self, table: Mapping[str, Any], path: Path, keys: tuple[str, ...]) -> None:
        for key in table:
            if key not in keys:
                self.complain((*path, key), f"There is no such key here. There is: {', '.join(keys)}.")

    def unique(self, names: list[tuple[str, ...]], kind: str) -> None:
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            self.complain((kind, *name), "It is in the catalogue more than once.")

    def text(self, table: Mapping[str, Any], path: Path, key: str, *, needed: bool = True) -> str:
        value = table.get(key, "")
        if not isinstance(value, str) or (needed and not value):
            self.complain((*path, key), "A text is needed here.")
            return ""
        return value

    def texts(self, table: Mapping[str, Any], path: Path, key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.complain((*path, key), "A list of texts is needed here.")
            return ()
        return tuple(value)

    def tables(self, table: Mapping[str, Any], path: Path, key: str) -> list[tuple[Path, Mapping[str, Any]]]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.complain((*path, key), "Double brackets are needed here: [[…]].")
            return []
        return [((*path, key, place), item) for place, item in enumerate(value)]

    def variables(self, table: Mapping[str, Any], path: Path, key: str) -> dict[str, str]:
        value = table.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            self.complain((*path, key), "A table of texts is needed here.")
            return {}
        return dict(value)

    def links(self, table: Mapping[str, Any], path: Path, key: str) -> dict[str, str]:
        found = self.variables(table, path, key)
        for name, target in found.items():
            if name.startswith("/") or not {"", ".", ".."}.isdisjoint(name.split("/")) or not target.startswith("/"):
                self.complain((*path, key, name), "A link goes from a path below the catalogue to an absolute path.")
        return found

    def facets(self, table: Mapping[str, Any], path: Path) -> dict[str, dict[str, Any]]:
        value = table.get("facets", {})
        if not isinstance(value, dict) or not all(isinstance(facet, dict) for facet in value.values()):
            self.complain((*path, "facets"), "A table for each door is needed here.")
            return {}
        if not _is_plain(value):
            self.complain((*path, "facets"), "Only texts, numbers, true, false, lists and tables can stand here.")
        return dict(value)


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(_is_plain(item) for item in value.values())
    if isinstance(value, list):
        return all(_is_plain(item) for item in value)
    return isinstance(value, str | int | float)
