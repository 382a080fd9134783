"""What this door offers: core types, drawn from the systems' facets, and analyses, drawn from the apps'. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dragoman.core.things import App, System

FACET = "rescale"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreType:
    """A kind of node to choose: a queue of a system, under the code that clients know."""

    code: str
    system: str
    queue: str
    cores: tuple[int, ...]
    """The sizes of a part of one node; more nodes come as multiples of the largest."""
    memory: int
    """Megabytes for each core."""
    walltime_required: bool
    is_active: bool
    facet: Mapping[str, Any]

    def offers(self, cores: int) -> bool:
        """Whether one run may have so many cores."""
        return cores in self.cores or cores % self.cores[-1] == 0

    def gpus(self, cores: int) -> int:
        """How many GPUs come with a part of a node of this size."""
        counts = self.facet.get("gpuCounts") or ()
        place = self.cores.index(cores) if cores in self.cores else len(self.cores) - 1
        return int(counts[place]) if place < len(counts) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of an analysis: an app, under the code that clients know."""

    code: str
    name: str
    environment: Mapping[str, str]
    core_types: tuple[str, ...]
    """Codes of the core types it may run on."""
    facet: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A piece of software to choose, with its versions, the newest first."""

    code: str
    name: str
    versions: tuple[Version, ...]
    facet: Mapping[str, Any]
    """That of the newest version."""

    def version(self, wanted: str) -> Version | None:
        """The version with this code, or with this display name when it is the only one; the newest for no wish."""
        if not wanted:
            return self.versions[0]
        exact = [one for one in self.versions if one.code == wanted]
        named = [one for one in self.versions if one.name == wanted]
        return exact[0] if exact else named[0] if len(named) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """All that can be chosen, by code."""

    core_types: Mapping[str, CoreType]
    analyses: Mapping[str, Analysis]

    def usable_core_types(self) -> tuple[str, ...]:
        """The codes of the core types that take new jobs."""
        return tuple(code for code, one in self.core_types.items() if one.is_active)


def read_offers(apps: Sequence[App], systems: Sequence[System]) -> Offers:
    """What apps (newest versions first) and systems offer; of two core types with one code the first counts."""
    core_types: dict[str, CoreType] = {}
    for system in systems:
        for facet in system.facets[FACET].get("coretypes", ()):
            core_types.setdefault(facet["code"], _core_type(system, facet))
    grouped: dict[str, list[App]] = {}
    for app in apps:
        grouped.setdefault(app.facets[FACET]["code"], []).append(app)
    everywhere = tuple(core_types)
    analyses = {code: _analysis(code, versions, everywhere) for code, versions in grouped.items()}
    return Offers(core_types=core_types, analyses=analyses)


class Shelf:
    """Remembers what the same apps and systems came to, for they hardly ever change."""

    def __init__(self) -> None:
        self._apps: Sequence[App] = ()
        self._systems: Sequence[System] = ()
        self._offers = read_offers((), ())

    def offers(self, apps: Sequence[App], systems: Sequence[System]) -> Offers:
        """What they offer."""
        if apps != self._apps or systems != self._systems:
            self._apps, self._systems, self._offers = apps, systems, read_offers(apps, systems)
        return self._offers


def _core_type(system: System, facet: Mapping[str, Any]) -> CoreType:
    return CoreType(
        code=facet["code"],
        system=system.name,
        queue=facet.get("queue", ""),
        cores=tuple(sorted(facet.get("cores") or (1, 2, 4, 8))),
        memory=int(facet.get("memory", 3750)),
        walltime_required=bool(facet.get("walltimeRequired", False)),
        is_active=bool(facet.get("isActive", True)) and not facet.get("isDeprecated", False),
        facet=facet,
    )


def _analysis(code: str, apps: Sequence[App], everywhere: tuple[str, ...]) -> Analysis:
    facets = [app.facets[FACET] for app in apps]
    versions = tuple(
        Version(
            code=str(facet.get("versionCode", app.version)),
            name=str(facet.get("versionName", app.version)),
            environment=app.environment,
            core_types=tuple(facet["allowedCoreTypes"]) if "allowedCoreTypes" in facet else everywhere,
            facet=facet,
        )
        for app, facet in zip(apps, facets, strict=True)
    )
    return Analysis(code=code, name=str(facets[0].get("name", apps[0].name)), versions=versions, facet=facets[0])
