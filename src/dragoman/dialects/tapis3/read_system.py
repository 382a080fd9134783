"""Reads systems: requests to drafts, with defaults filled in and everything wrong collected. Pure."""

from typing import Any

from dragoman.core.errors import Conflict, Invalid
from dragoman.core.registered import PARENT, SystemDraft, SystemView
from dragoman.core.things import Credential
from dragoman.dialects.tapis3.job_fields import Faults, read_shape
from dragoman.dialects.tapis3.read_credential import METHODS, read_credential
from dragoman.dialects.tapis3.retelling import telling
from dragoman.dialects.tapis3.sound import Found, faults_in, sound, together
from dragoman.dialects.tapis3.system_fields import CHILD, PATCH, POST, PUT, RESERVED
from dragoman.dialects.tapis3.system_parts import DEFAULTS, SHELLS, Json, attributes_of, columns, facet, normal, tidy
from dragoman.dialects.tapis3.system_rules import check_system
from dragoman.dialects.tapis3.variables import CALLER, filled, variables


def read_new(body: Json, *, caller: str, tenant: str, uuid: str) -> SystemDraft:
    """A system to register. Raises Conflict for an id that nobody may have."""
    faults = Faults()
    all_given = read_shape(body, POST, (), faults)
    found = faults_in(faults)
    given = sound(all_given, found)
    owner = filled(given.get("owner") or CALLER, {CALLER: caller})
    known = variables(caller=caller, owner=owner, tenant=tenant)
    attributes = {"effectiveUserId": CALLER, "systemType": "", **DEFAULTS, **given}
    if "canRunBatch" not in given and given.get("batchScheduler") and given.get("batchLogicalQueues"):
        attributes["canRunBatch"] = True  # scripts of old said so under a name that newer clients drop
    for key in ("rootDir", "bucketName"):
        attributes[key] = filled(attributes.get(key) or "", known)
    kind = attributes["systemType"]
    place = {"kind": kind.lower(), "shell": SHELLS.get(kind, ""), "root": tidy(attributes["rootDir"])}
    values = {**place, "enabled": given.get("enabled", True), "uuid": uuid}
    name = _free(given.get("id", ""))
    return _draft(normal(attributes, known), found, name=name, owner=owner, values=values, detail=_told(body))


def read_change(body: Json, view: SystemView, *, door: str, tenant: str, whole: bool) -> SystemDraft:
    """A system's new form: the whole of it (PUT), or what is there (PATCH). Raises Invalid for a child's."""
    faults = Faults()
    all_given = read_shape(body, PUT if whole else PATCH, (), faults)
    before = attributes_of(view.system, door)
    if PARENT in before and (whole or set(all_given) - {"effectiveUserId"}):
        why = "Only the effectiveUserId of a child can be changed, with PATCH; all else is its parent's."
        raise Invalid.field(PARENT, why=why)
    found = faults_in(faults)
    attributes = {**before, **(DEFAULTS if whole else {}), **sound(all_given, found)}
    known = variables(caller=view.owner.name, owner=view.owner.name, tenant=tenant)
    return _draft(normal(attributes, known), found, name=view.system.name, detail=_told(body))


def read_child(body: Json, parent: SystemView, *, door: str, caller: str, tenant: str, uuid: str) -> SystemDraft:
    """A child of a system. Raises Conflict for an id that nobody may have."""
    faults = Faults()
    all_given = read_shape(body, CHILD, (), faults)
    found = faults_in(faults)
    given = sound(all_given, found)
    known = variables(caller=caller, owner=caller, tenant=tenant)
    root = filled(given.get("rootDir", ""), known)
    own = {"effectiveUserId": CALLER, "allowChildren": False, **given, "rootDir": root, PARENT: parent.system.name}
    place = {"kind": parent.system.kind, "shell": parent.system.shell, "root": tidy(root)}
    values = {**place, "enabled": True, "uuid": uuid}
    name = _free(given.get("id") or f"{parent.system.name}-{caller}")
    attributes = normal({**attributes_of(parent.system, door), **own}, known)
    return _draft(attributes, found, name=name, values=values, detail=_told(body))


def _free(name: str) -> str:
    """The id, unless it is reserved."""
    if name.lower() in RESERVED:
        raise Conflict(f"SYSAPI_SYS_EXISTS The id {name} is reserved.", hint="Choose another id.")
    return name


def _draft(
    attributes: Json, found: Found, *, name: str, detail: Json, owner: str = "", values: Json | None = None
) -> SystemDraft:
    ruled = Faults()
    check_system(attributes, ruled)
    credential = _credential(attributes, ruled)
    return SystemDraft(
        name=name,
        values={**columns(attributes), "budgets": telling(attributes).budgets, **(values or {})},
        facet=facet(attributes),
        login="" if attributes["effectiveUserId"] == CALLER else attributes["effectiveUserId"],
        credential=credential,
        owner=owner,
        transfer_node=attributes["dtnSystemId"] or "",
        profile=attributes["batchSchedulerProfile"] or "",
        detail=detail,
        faults=together(found, ruled),
    )


def _credential(attributes: Json, faults: Faults) -> Credential | None:
    given: dict[str, Any] | None = attributes.get("authnCredential")
    if not given:
        return None
    return read_credential(given, METHODS.get(attributes.get("defaultAuthnMethod", ""), ""), faults, "authnCredential")


def _told(body: Json) -> Json:
    return {key: value for key, value in body.items() if key != "authnCredential"}
