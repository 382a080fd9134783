"""Writes apps as this door shows them. Pure."""

from typing import Any

from dragoman.core.registered import AppView
from dragoman.dialects.tapis3.app_fields import KINDS
from dragoman.dialects.tapis3.read_app import attributes_of
from dragoman.dialects.tapis3.times import iso
from dragoman.dialects.tapis3.write_system import people


def write_app(view: AppView, *, door: str, tenant: str) -> dict[str, Any]:
    """All attributes of one version of an app, for who asks."""
    app, rights = view.app, view.rights
    kept = attributes_of(app, door)
    is_lent = not rights.is_owner and (rights.is_shared or rights.is_public)
    shown = {
        **kept,
        "tenant": tenant,
        "id": app.name,
        "version": app.version,
        "description": kept["description"] or None,
        "owner": view.owner.name,
        "enabled": app.enabled,
        "isPublic": rights.is_public,
        "sharedWithUsers": people(view.shares),
        "sharedAppCtx": view.owner.name if is_lent else None,
        "uuid": app.uuid,
        "deleted": app.deleted_at is not None,
        "created": iso(app.created_at),
        "updated": iso(app.updated_at),
    }
    return {key: shown.get(key) for key in KINDS}
