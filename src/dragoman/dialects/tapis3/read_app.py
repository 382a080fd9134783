"""Reads apps: requests to drafts, with defaults filled in and everything wrong collected. Pure."""

from collections.abc import Mapping
from typing import Any

from dragoman.core.errors import Conflict
from dragoman.core.registered import ENABLED, LOCKED, AppDraft, AppView
from dragoman.core.things import App
from dragoman.dialects.tapis3.app_fields import HIDDEN_VERSIONS, PATCH, POST, PUT, RESERVED
from dragoman.dialects.tapis3.app_parts import Json, budgets, modern, normal, over
from dragoman.dialects.tapis3.app_rules import check_app
from dragoman.dialects.tapis3.job_fields import Faults, read_shape
from dragoman.dialects.tapis3.sound import faults_in, sound, together
from dragoman.dialects.tapis3.variables import CALLER, filled

_OUTSIDE = frozenset({"id", "version", "owner", "enabled"})
"""What has a column, and is not in the facet."""


def read_new(body: Json, *, caller: str, uuid: str) -> AppDraft:
    """A version of an app. Raises Conflict for an id that nobody may have."""
    faults = Faults()
    all_given = read_shape(modern(body), POST, (), faults)
    found = faults_in(faults)
    given = sound(all_given, found)
    name, version = given.get("id", ""), given.get("version", "")
    if name.lower() in RESERVED:
        raise Conflict(f"APPAPI_APP_EXISTS The id {name} is reserved.", hint="Choose another id.")
    attributes = normal({ENABLED: True, LOCKED: False, **given})
    ruled = Faults()
    if version in HIDDEN_VERSIONS:
        ruled.add(("version",), "Choose another word: this one is part of an address.")
    check_app(attributes, ruled)
    return AppDraft(
        name=name,
        version=version,
        uuid=uuid,
        facet=_facet(attributes),
        budgets=budgets(attributes),
        enabled=given.get("enabled", True),
        owner=filled(given.get("owner", ""), {CALLER: caller}),
        detail=body,
        faults=together(found, ruled),
    )


def read_change(body: Json, view: AppView, *, door: str, whole: bool) -> AppDraft:
    """A version's new form: the whole of it (PUT), or what is there (PATCH)."""
    faults = Faults()
    all_given = read_shape(modern(body), PUT if whole else PATCH, (), faults)
    found = faults_in(faults)
    given, before = sound(all_given, found), attributes_of(view.app, door)
    kept = {word: before[word] for word in (ENABLED, LOCKED)}
    attributes = normal({**kept, **given} if whole else over(before, given))
    ruled = Faults()
    check_app(attributes, ruled)
    return AppDraft(
        name=view.app.name,
        version=view.app.version,
        uuid=view.app.uuid,
        facet=_facet(attributes),
        budgets=budgets(attributes),
        detail=body,
        faults=together(found, ruled),
    )


def attributes_of(app: App, door: str) -> Json:
    """An app's attributes as they are kept, with every default filled in."""
    facet: Mapping[str, Any] = app.facets[door]
    return normal({ENABLED: True, LOCKED: False, **facet})


def _facet(attributes: Json) -> Json:
    return {key: value for key, value in attributes.items() if key not in _OUTSIDE}
