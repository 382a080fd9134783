"""Writes systems as this door shows them. Pure."""

from collections.abc import Sequence
from typing import Any

from dragoman.core.registered import Share, SystemView
from dragoman.dialects.tapis3.system_fields import KINDS
from dragoman.dialects.tapis3.system_parts import attributes_of
from dragoman.dialects.tapis3.times import iso
from dragoman.dialects.tapis3.variables import CALLER


def write_system(view: SystemView, *, door: str, tenant: str) -> dict[str, Any]:
    """All attributes of a system, for who asks: never a secret."""
    system = view.system
    kept = attributes_of(system, door)
    is_dynamic = kept.get("effectiveUserId", CALLER) == CALLER
    shown = {
        **kept,
        "tenant": tenant,
        "id": system.name,
        "description": system.description or None,
        "bucketName": kept.get("bucketName") or None,
        "owner": view.owner.name,
        "enabled": system.enabled,
        "effectiveUserId": view.login if is_dynamic else kept["effectiveUserId"],
        "uuid": system.uuid,
        "deleted": system.deleted_at is not None,
        "created": iso(system.created_at),
        "updated": iso(system.updated_at),
        "hasCredentials": view.has_credential,
        "isPublic": view.rights.is_public,
        "isDynamicEffectiveUser": is_dynamic,
        "sharedWithUsers": people(view.shares),
    }
    return {key: shown.get(key) for key in KINDS}


def people(shares: Sequence[Share]) -> list[str]:
    """The accounts that something is shared with by name."""
    return [share.name for share in shares if share.name]
