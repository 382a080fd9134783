"""Writes systems as this door shows them: never a secret. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dragoman.core.registered import Rights, SystemView
from dragoman.core.things import Verb
from dragoman.dialects.tapis2.links import links, metadata, profile
from dragoman.dialects.tapis2.read_queue import queues_of, write_queue
from dragoman.dialects.tapis2.system_facet import UNLIMITED
from dragoman.dialects.tapis2.system_words import EXECUTION, STORAGE, TWIN
from dragoman.dialects.tapis2.times import iso

Json = dict[str, Any]

SUMMARY = ("id", "name", "type", "description", "status", "public", "lastUpdated", "default")


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A system as this door shows it; one that was registered elsewhere, and executes, has two."""

    view: SystemView
    facet: Mapping[str, Any]
    is_twin: bool = False
    """It is the storage of a system that is shown as an execution system."""

    @property
    def id(self) -> str:
        """Its id at this door."""
        return self.name + (TWIN if self.is_twin else "")

    @property
    def name(self) -> str:
        """Its id in this house."""
        return self.view.system.name

    @property
    def type(self) -> str:
        """STORAGE or EXECUTION."""
        return STORAGE if self.is_twin else str(self.facet["type"])

    @property
    def home(self) -> str:
        """Where relative paths begin, below its root."""
        return str(self.facet["homeDir"])


def faces(view: SystemView, door: str) -> list[Face]:
    """How a system is shown."""
    facet = view.system.facets[door]
    face = Face(view=view, facet=facet)
    has_twin = facet["type"] == EXECUTION and facet.get("twin")
    return [face, Face(view=view, facet=facet, is_twin=True)] if has_twin else [face]


def role_of(rights: Rights, *, is_storage: bool) -> str:
    """The role of somebody with these rights."""
    if rights.is_owner:
        return "OWNER"
    if rights.is_admin:
        return "ADMIN"
    named = role_for(rights.verbs)
    if rights.is_shared and named in {"NONE", "GUEST"}:
        return "USER"
    if rights.is_public and named == "NONE":
        return "GUEST" if is_storage else "USER"
    return named


_ROLES: tuple[tuple[str, frozenset[Verb]], ...] = (
    ("GUEST", frozenset({Verb.READ})),
    ("USER", frozenset({Verb.READ, Verb.RUN})),
    ("PUBLISHER", frozenset({Verb.READ, Verb.RUN, Verb.SCHEDULE})),
    ("ADMIN", frozenset({Verb.READ, Verb.RUN, Verb.SCHEDULE, Verb.CHANGE})),
)
ROLE_VERBS: Mapping[str, frozenset[Verb]] = {"NONE": frozenset(), **dict(_ROLES)}
"""What each role lets one do."""


def role_for(verbs: frozenset[Verb]) -> str:
    """The role that comes with what was granted: the highest whose own verb is among it."""
    own = {"ADMIN": Verb.CHANGE, "PUBLISHER": Verb.SCHEDULE, "USER": Verb.RUN, "GUEST": Verb.READ}
    return next((role for role, verb in own.items() if verb in verbs), "NONE")


def write_system(face: Face, *, base: str, default: bool, global_default: bool) -> Json:
    """All attributes of a system."""
    view, facet = face.view, face.facet
    system = view.system
    shown = {
        "site": facet.get("site"),
        "id": face.id,
        "revision": facet.get("revision", 1),
        "default": default,
        "lastModified": iso(system.updated_at),
        "lastUpdated": iso(system.updated_at),
        "created": iso(system.created_at),
        "status": facet.get("status", "UP"),
        "description": system.description or None,
        "name": facet["name"],
        "owner": view.owner.name,
        "globalDefault": global_default,
        "available": system.enabled if facet.get("status", "UP") == "UP" else facet.get("available", True),
        "uuid": f"{system.uuid}-006",
        "public": view.rights.is_public,
        "type": face.type,
        "storage": _storage(face),
        **(_execution(face) if face.type == EXECUTION else {}),
    }
    return {**shown, "_links": _links(face, base)}


def _storage(face: Face) -> Json:
    system, facet = face.view.system, face.facet
    return {
        "host": system.host,
        "port": system.port,
        "protocol": facet["protocol"],
        "rootDir": system.root,
        "homeDir": facet["homeDir"],
        "mirror": facet.get("mirror", False),
        "publicAppsDir": facet.get("publicAppsDir"),
        "container": facet.get("bucketName") or None,
        "proxy": None,
        "auth": {"type": facet["authType"]},
    }


def _execution(face: Face) -> Json:
    system, facet = face.view.system, face.facet
    return {
        "executionType": facet["executionType"],
        "scheduler": facet["scheduler"],
        "environment": facet.get("environment", ""),
        "startupScript": facet.get("startupScript"),
        "maxSystemJobs": system.slots if system.slots < UNLIMITED else None,
        "maxSystemJobsPerUser": facet.get("maxSystemJobsPerUser"),
        "workDir": facet.get("workDir", ""),
        "scratchDir": facet.get("scratchDir", ""),
        "queues": [write_queue(one) for one in queues_of(facet)],
        "login": {
            "host": system.host,
            "port": system.port,
            "protocol": facet["loginProtocol"],
            "proxy": None,
            "auth": {"type": facet["authType"]},
        },
    }


def _links(face: Face, base: str) -> Json:
    path = f"systems/v2/{face.id}"
    return links(
        base,
        self=path,
        roles=f"{path}/roles",
        owner=profile(face.view.owner.name),
        credentials=f"{path}/credentials",
        history=f"{path}/history",
        metadata=metadata(f"{face.view.system.uuid}-006"),
    )
