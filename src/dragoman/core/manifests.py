"""The manifests of nodes: what a node consists of, and what is assumed of one that nobody has described. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from dragoman.core.errors import Faults, Invalid, Path

VSN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
NAME = re.compile(r"[0-9A-Fa-f]{12,16}")
_TEXTS = ("name", "phase", "project", "address")
_LISTS = ("computes", "sensors", "resources", "lorawanconnections")

_CAMERAS = (("bottom", "down"), ("bottom_camera", "down"))


def check_vsn(vsn: str) -> str:
    """The VSN, when it can be one. Raises Invalid."""
    if VSN.fullmatch(vsn) is None:
        raise Invalid.field("vsn", why="Use letters, digits, '_' and '-', at most 32, such as W023.")
    return vsn


def assumed_manifest(vsn: str, name: str) -> dict[str, Any]:
    """That of a node nobody has described: one compute for both usual architectures, and simulated cameras."""
    return read_manifest(
        {
            "vsn": vsn,
            "name": name,
            "computes": [
                {
                    "name": "nxcore",
                    "zone": "core",
                    "hardware": {"hardware": "simulated", "capabilities": ["amd64", "arm64"]},
                }
            ],
            "sensors": [
                {
                    "name": camera,
                    "scope": "global",
                    "labels": [facing],
                    "uri": f"simulated://{camera}",
                    "hardware": {"hardware": "camera", "hw_model": "simulated", "capabilities": ["Camera"]},
                }
                for camera, facing in _CAMERAS
            ],
        },
        vsn,
        name,
    )


def read_manifest(value: Any, vsn: str, name: str) -> dict[str, Any]:
    """A manifest as it is kept: with every key that readers expect; others are kept too. Raises Invalid."""
    if not isinstance(value, Mapping):
        raise Invalid.field("manifest", why="A manifest is one object, with keys such as computes, sensors and tags.")
    faults = Faults()
    if str(value.get("vsn", vsn)).lower() != vsn.lower():
        faults.add(("manifest", "vsn"), f"This is the manifest of {value['vsn']}, not of {vsn}.")
    for key in _TEXTS:
        if not isinstance(value.get(key, ""), str):
            faults.add(("manifest", key), "A text is needed here.")
    tags = value.get("tags") or []
    if not _are_texts(tags):
        faults.add(("manifest", "tags"), "A list of texts is needed here.")
    lists = {key: _things(value, key, faults) for key in _LISTS}
    if faults:
        raise Invalid(faults)
    return {
        "vsn": vsn,
        "name": value.get("name") or name,
        "phase": value.get("phase") or "Deployed",
        "project": value.get("project") or "",
        "address": value.get("address") or "",
        "gps_lat": value.get("gps_lat"),
        "gps_lon": value.get("gps_lon"),
        "modem": value.get("modem"),
        "tags": list(tags),
        "computes": [_compute(one) for one in lists["computes"]],
        "sensors": [_sensor(one) for one in lists["sensors"]],
        "resources": lists["resources"],
        "lorawanconnections": lists["lorawanconnections"],
        **{key: item for key, item in value.items() if key not in {*_TEXTS, *_LISTS, "vsn", "tags"}},
    }


def architectures(manifest: Mapping[str, Any]) -> frozenset[str]:
    """What its active computes can run, in its own words: amd64, arm64, armv7, beside other capabilities."""
    computes = [one for one in manifest.get("computes", ()) if one.get("is_active", True)]
    return frozenset(str(word) for one in computes for word in one["hardware"].get("capabilities") or ())


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _things(value: Mapping[str, Any], key: str, faults: Faults) -> list[Mapping[str, Any]]:
    things = value.get(key) or []
    if not isinstance(things, list):
        faults.add(("manifest", key), "A list of objects is needed here.")
        return []
    for place, thing in enumerate(things):
        _check_thing(thing, ("manifest", key, place), faults)
    return things


def _check_thing(thing: Any, path: Path, faults: Faults) -> None:
    if not isinstance(thing, Mapping):
        faults.add(path, "An object is needed here.")
        return
    if path[1] in {"computes", "sensors"} and not (isinstance(thing.get("name"), str) and thing["name"]):
        faults.add((*path, "name"), "Each has a name.")
    hardware = thing.get("hardware") or {}
    if not isinstance(hardware, Mapping):
        faults.add((*path, "hardware"), "An object is needed here.")
    elif not _are_texts(hardware.get("capabilities") or []):
        faults.add((*path, "hardware", "capabilities"), "A list of texts is needed here.")


def _compute(one: Mapping[str, Any]) -> dict[str, Any]:
    usual: dict[str, Any] = {"name": "", "is_active": True, "serial_no": "", "zone": "core"}
    return {**usual, **one, "hardware": _hardware(one)}


def _sensor(one: Mapping[str, Any]) -> dict[str, Any]:
    usual: dict[str, Any] = {"name": "", "is_active": True, "scope": "global", "labels": [], "serial_no": "", "uri": ""}
    return {**usual, **one, "hardware": _hardware(one)}


def _hardware(one: Mapping[str, Any]) -> dict[str, Any]:
    given: Mapping[str, Any] = one.get("hardware") or {}
    usual: dict[str, Any] = {"hardware": "", "hw_model": "", "hw_version": "", "capabilities": []}
    return {**usual, **given}
