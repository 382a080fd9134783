"""What a node knows of itself: its names, what plugins can choose it by, what it has, and its sensors. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dragoman.agent.resources import GPU, Need
from dragoman.core.edge import PluginSpec
from dragoman.core.measurements import Measurement

HOSTNAME = "k3s.io/hostname"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """Something that measures or takes pictures, and where it is reached."""

    name: str
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """A node's own view of itself."""

    vsn: str
    name: str = ""
    """The name of its hardware; empty until the centre has told it."""
    host: str = ""
    zone: str = "core"
    labels: Mapping[str, str] = field(default_factory=dict)
    whole: Need = field(default_factory=Need)
    """What plugins may be promised, all together."""
    sensors: Sequence[Sensor] = ()

    @property
    def meta(self) -> dict[str, str]:
        """What every measurement of the node carries."""
        return {"node": self.name, "vsn": self.vsn} if self.name else {"vsn": self.vsn}

    def stamp(self, at: int, name: str, value: Any) -> Measurement:
        """A measurement of the node's own; ``at`` in microseconds."""
        return Measurement(at * 1000, name, value, self.meta)

    def mismatch(self, spec: PluginSpec) -> str:
        """Why a plugin cannot run on this node; empty when it can."""
        wanted = {**spec.selector, **({HOSTNAME: spec.node} if spec.node else {})}
        missing = [f"{key}={value}" for key, value in wanted.items() if self.labels.get(key) != value]
        return f"This node has no compute with {', '.join(missing)}." if missing else ""


def read_plate(vsn: str, manifest: Mapping[str, Any], *, host: str, cpus: float, memory: int, gpus: int = 0) -> Plate:
    """The view that a manifest gives (an empty one, when there is none yet), on a host that has so much."""
    computes = [one for one in _dicts(manifest.get("computes")) if one.get("is_active", True)]
    sensors = [one for one in _dicts(manifest.get("sensors")) if one.get("is_active", True)]
    main = computes[0] if computes else {}
    named = str(main.get("name") or host)
    return Plate(
        vsn=vsn,
        name=str(manifest.get("name") or ""),
        host=named,
        zone=str(main.get("zone") or "core"),
        labels={
            **_labels(named, str(main.get("zone") or "core"), computes, sensors, manifest),
            **({GPU: "true"} if gpus else {}),
        },
        whole=Need(cpu=round(cpus * 1000), memory=memory, gpu=gpus),
        sensors=[Sensor(name=str(one["name"]), uri=str(one.get("uri") or "")) for one in sensors if one.get("name")],
    )


def _labels(
    host: str,
    zone: str,
    computes: Sequence[Mapping[str, Any]],
    sensors: Sequence[Mapping[str, Any]],
    manifest: Mapping[str, Any],
) -> dict[str, str]:
    words = {word for one in computes for word in _capabilities(one)}
    words |= {str(one.get("name") or "") for one in (*sensors, *_dicts(manifest.get("resources")))}
    words |= {str(_dict(one.get("hardware")).get("hardware") or "") for one in sensors}
    own = _dict(manifest.get("labels"))
    labels = {f"resource.{word}": "true" for word in words if word}
    labels |= {str(key): str(value) for key, value in own.items()}
    return {"zone": zone, HOSTNAME: host, **labels}


def _capabilities(compute: Mapping[str, Any]) -> list[str]:
    words = _dict(compute.get("hardware")).get("capabilities")
    return [str(word) for word in words] if isinstance(words, list) else []


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
