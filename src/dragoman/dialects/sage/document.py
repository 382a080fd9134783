"""The job document as its owner means it, whatever the spelling of its keys, and how it is kept with the job. Pure.

See docs/dialects/sage.md#the-job-document.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

Spec = Mapping[str, Any]
"""The values of a ``pluginSpec`` that were given, by their names on the wire, in the order of SPEC."""

SPEC = ("image", "args", "privileged", "node", "job", "selector", "entrypoint", "env", "develop", "resource", "volume")
"""The names of its values, in the order in which records show them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One workload of a job."""

    name: str
    spec: Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is to run where and when. None is a list that was not given."""

    name: str = ""
    email: str = ""
    notification_on: Sequence[str] | None = None
    plugins: Sequence[Plugin] = ()
    node_tags: Sequence[str] | None = None
    nodes: Mapping[str, Any] | None = None
    """By VSN, the value that was given: nothing that counts, or what plugins have otherwise there, by their names."""
    rules: Sequence[str] | None = None
    criteria: Sequence[str] | None = None
    unknown: Sequence[str] = field(default=())
    """Keys that mean nothing."""

    def overrides(self, vsn: str) -> Mapping[str, Spec]:
        """What plugins have otherwise on a node, by their names."""
        given = (self.nodes or {}).get(vsn)
        return given if isinstance(given, Mapping) else {}


def as_notes(document: Document, *, is_edited: bool) -> dict[str, Any]:
    """What is kept with the job: plain JSON values."""
    return {"document": asdict(document), "edited": is_edited}


def from_notes(notes: Mapping[str, Any]) -> Document:
    """The inverse of ``as_notes``."""
    kept = dict(notes["document"])
    kept["plugins"] = tuple(Plugin(**plugin) for plugin in kept["plugins"])
    return Document(**kept)
