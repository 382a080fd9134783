"""A job as a file from which it can be made again. Pure. See docs/dialects/sage.md#templates."""

from typing import Any

import yaml

from dragoman.dialects.sage.document import Document, Spec

_WIDE = 1 << 20
"""Characters in a line: none is broken."""


def template(document: Document) -> str:
    """The file. Rules have double quotes where they had single ones, as the original writes them."""
    whole: dict[str, Any] = {
        "name": document.name,
        "plugins": [{"name": plugin.name, "pluginSpec": _spec(plugin.spec)} for plugin in document.plugins],
        "nodeTags": list(document.node_tags or ()),
        "nodes": dict(document.nodes or {}),
        "scienceRules": [rule.replace("'", '"') for rule in document.rules or ()],
        "successCriteria": list(document.criteria or ()),
    }
    if document.notification_on:
        whole |= {"email": document.email, "notificationOn": list(document.notification_on)}
    return yaml.safe_dump(whole, sort_keys=False, default_flow_style=False, allow_unicode=True, width=_WIDE)


def _spec(spec: Spec) -> dict[str, Any]:
    given = {key: value for key, value in spec.items() if value and key != "volume"}
    return {**given, "volume": dict(spec.get("volume") or {})}
