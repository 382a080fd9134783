"""Reads a job request as it was posted into the same words with one spelling each. Pure; knows no app and no system."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dragoman.core.errors import Path
from dragoman.dialects.tapis3.job_fields import NAME, Faults, Json, read_shape
from dragoman.dialects.tapis3.job_shapes import ARG_LISTS, COUNTS, REQUEST, SUBSCRIPTION

LONGEST_TTL = 40_320
"""Minutes, four weeks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for, in the words of the wire, each with one spelling; what is absent is not there."""

    values: Mapping[str, Any]

    def get(self, key: str) -> Any:
        """The value; None when it is absent."""
        return self.values.get(key)

    def listed(self, key: str) -> list[Json]:
        """A list of objects; empty when it is absent."""
        return list(self.values.get(key) or ())

    @property
    def parameters(self) -> Json:
        """The parameter set; empty when it is absent."""
        return dict(self.values.get("parameterSet") or {})


def read_request(body: Mapping[str, Any]) -> Asked:
    """The request. Raises one Invalid with all that is wrong with it by itself."""
    faults = Faults()
    values = read_shape(body, REQUEST, (), faults)
    faults.tell()
    values = {key: value for key, value in values.items() if key not in COUNTS or value > 0}
    for key in ("fileInputs", "fileInputArrays"):
        values[key] = [_named(item) for item in values.get(key, ())]
    values["subscriptions"] = [_subscription(item) for item in values.get("subscriptions", ())]
    parameters = dict(values.get("parameterSet", {}))
    for key in ARG_LISTS:
        parameters[key] = [_named(item) for item in parameters.get(key, ())]
    values["parameterSet"] = parameters
    _check_names(values, faults)
    faults.tell()
    return Asked(values=values)


def read_subscription(body: Mapping[str, Any]) -> Json:
    """A subscription as it is posted for a job that is there already. Raises Invalid."""
    faults = Faults()
    read = read_shape(body, SUBSCRIPTION, (), faults)
    faults.tell()
    return _subscription(read)


def read_app_subscription(item: Mapping[str, Any], faults: Faults) -> Json | None:
    """A subscription as an app has it for all its jobs; None, and complaints noted, when it is none."""
    mine = Faults()
    read = read_shape(dict(item), SUBSCRIPTION, (), mine)
    if not mine:
        return _subscription(read)
    faults.add(("appId",), "A subscription of the app is wrong.")
    return None


def _named(item: Json) -> Json:
    """The item, with the name that older clients put one level deeper, where it can be a name."""
    meta = item.pop("meta", None)
    name = meta.get("name") if isinstance(meta, dict) else None
    if "name" not in item and isinstance(name, str) and len(name) <= 80 and NAME.fullmatch(name):
        item["name"] = name
    return item


def _subscription(item: Json) -> Json:
    minutes = item.get("ttlMinutes", 0)
    return {
        "description": item.get("description"),
        "enabled": item.get("enabled", True),
        "eventCategoryFilter": item["eventCategoryFilter"],
        "deliveryTargets": item["deliveryTargets"],
        "ttlMinutes": min(minutes, LONGEST_TTL) if minutes > 0 else 10_080,
    }


def _check_names(values: Json, faults: Faults) -> None:
    lists: dict[Path, list[Json]] = {("parameterSet", key): values["parameterSet"][key] for key in ARG_LISTS}
    lists |= {("fileInputs",): values["fileInputs"], ("fileInputArrays",): values["fileInputArrays"]}
    for where, items in lists.items():
        seen: set[str] = set()
        for place, item in enumerate(items):
            name = item.get("name")
            if name is None:
                continue
            if where[0] == "parameterSet" and not NAME.fullmatch(name):
                faults.add((*where, place, "name"), f"This must look like {NAME.pattern}.")
            if name in seen:
                faults.add((*where, place, "name"), f"The name {name} is there twice.")
            seen.add(name)
