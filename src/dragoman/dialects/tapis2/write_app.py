"""Writes apps as this door shows them. Pure."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from dragoman.core.registered import AppView
from dragoman.dialects.tapis2.links import links, metadata, profile
from dragoman.dialects.tapis2.times import iso

Json = dict[str, Any]

SUMMARY = (
    *("id", "name", "version", "revision", "executionSystem", "shortDescription", "isPublic", "label"),
    "lastModified",
)
_KEPT_BEFORE = (
    *("parallelism", "defaultProcessorsPerNode", "defaultMemoryPerNode", "defaultNodeCount", "defaultMaxRunTime"),
    *("defaultQueue", "version"),
)
_TEXTS = ("shortDescription", "longDescription", "tags", "ontology", "executionType", "executionSystem")
_ASSETS = ("deploymentPath", "deploymentSystem", "templatePath", "testPath", "checkpointable")


def write_app(view: AppView, *, door: str, base: str) -> Json:
    """All attributes of an app."""
    app = view.app
    facet: Mapping[str, Any] = app.facets[door]
    path, uuid = f"apps/v2/{quote(app.name, safe='')}", f"{app.uuid}-005"
    return {
        "id": app.name,
        "name": facet["name"],
        "icon": facet["icon"],
        "uuid": uuid,
        **{key: facet[key] for key in _KEPT_BEFORE},
        "revision": facet.get("revision", 1),
        "isPublic": view.rights.is_public,
        "helpURI": facet["helpURI"],
        "label": facet["label"],
        "owner": view.owner.name,
        **{key: facet[key] for key in (*_TEXTS, *_ASSETS)},
        "lastModified": iso(app.updated_at),
        "created": iso(app.created_at),
        "modules": facet["modules"],
        "available": app.enabled,
        "inputs": [_shown(one) for one in facet["inputs"]],
        "parameters": [_shown(one) for one in facet["parameters"]],
        "outputs": [_shown(one) for one in facet["outputs"]],
        "_links": links(
            base,
            self=path,
            executionSystem=f"systems/v2/{facet['executionSystem']}",
            storageSystem=f"systems/v2/{facet['deploymentSystem']}",
            history=f"{path}/history",
            metadata=metadata(uuid),
            owner=profile(view.owner.name),
            permissions=f"{path}/pems",
        ),
    }


def _shown(one: Json) -> Json:
    """A default is plain where there can only be one."""
    default, most = one["value"]["default"], one["semantics"]["maxCardinality"]
    if most == 1 and isinstance(default, list):
        default = default[0] if default else None
    elif most != 1 and default is not None and not isinstance(default, list):
        default = [default]
    return {**one, "value": {**one["value"], "default": default}}
