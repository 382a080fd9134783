"""What stands in the way of a submit, in the original's words and order, and the goal that it makes. Pure.

See docs/dialects/sage.md#validation. The complaints about conditions and about plugins that a rule or a node names in
vain are ours.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from dragoman.config import Settings
from dragoman.core.field import RULES, Field, FieldDraft, GoalDraft, Node, Plan, Planning
from dragoman.core.job import Job
from dragoman.core.manifests import architectures
from dragoman.core.rules import Action, Rule, RuleFault, compile_condition, lifetime, read_rule
from dragoman.core.rules.fault import quoted
from dragoman.core.things import Account, App
from dragoman.core.triggers import order_faults, order_of
from dragoman.dialects.sage.document import Document, Plugin, from_notes
from dragoman.dialects.sage.read_job import DOOR, app_key, draft_of
from dragoman.dialects.sage.states import COMPLETED, CREATED, DRAFTED, REMOVED, RUNNING, SUBMITTED, SUSPENDED

NOTIFIED = frozenset((CREATED, DRAFTED, SUBMITTED, RUNNING, COMPLETED, SUSPENDED, REMOVED))
PLUGIN_NAME = re.compile(r"[a-z0-9-]+")
MOST_COMPLAINTS = 100
MOST_SHOWN = 1000
"""Characters of a rule in a complaint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What the operator has set."""

    images: Sequence[str] = ()
    """Patterns of images that need not be in the catalogue."""
    has_ends: bool = True
    """Success criteria count."""


def conditions_of(settings: Settings) -> Conditions:
    """What the operator has set, out of all settings."""
    return Conditions(images=settings.field.images, has_ends=settings.field.criteria == "enforce")


def planning(conditions: Conditions) -> Planning:
    """How this door makes goals."""
    return Planning(reread=_reread, plan=lambda draft, field, who: plan(draft, field, who, conditions))


def _reread(job: Job) -> FieldDraft:
    return draft_of(from_notes(job.notes), job.letter, is_edited=bool(job.notes.get("edited")))


def plan(draft: FieldDraft, field: Field, who: Account, conditions: Conditions) -> Plan:
    """The goal, or every complaint."""
    document = from_notes(draft.notes)
    vsns = list(dict.fromkeys((*(document.nodes or ()), *field.tagged)))
    complaints = list(islice(_complaints(document, vsns, field, who, conditions), MOST_COMPLAINTS + 1))
    if len(complaints) > MOST_COMPLAINTS:
        complaints[MOST_COMPLAINTS:] = ["there are more errors"]
    parts = {} if complaints else {vsn: _part(document, vsn) for vsn in vsns}
    ends = lifetime(document.criteria or ()) if conditions.has_ends else None
    return Plan(goal=GoalDraft(name=document.name, parts=parts, lifetime=ends), complaints=complaints)


def _complaints(
    document: Document, vsns: Sequence[str], field: Field, who: Account, conditions: Conditions
) -> Iterator[str]:
    if not vsns:
        yield "Node is not selected"
        return
    if document.notification_on:
        if not document.email:
            yield "No email is set for notification"
            return
        unknown = [word for word in document.notification_on if word not in NOTIFIED]
        yield from (f"No type {quoted(word)} in Job notification" for word in unknown)
        if len(unknown) > 1:
            return
    in_rules = list(_rule_faults(document, field))
    for vsn in vsns:
        node = field.nodes.get(vsn)
        if vsn not in field.schedulable:
            yield f"User {who.name} does not have permission for node {vsn}"
        elif node is None:
            yield f"{vsn} does not exist"
        else:
            yield from _on_node(document, node, field, conditions)
            yield from in_rules


def _on_node(document: Document, node: Node, field: Field, conditions: Conditions) -> Iterator[str]:
    names: set[str] = set()
    for plugin in document.plugins:
        if fault := _plugin_fault(plugin, names, node, field, conditions):
            yield fault
    known = {plugin.name for plugin in document.plugins}
    for name in document.overrides(node.vsn):
        if name not in known:
            yield f"the plugin {quoted(name)} that node {node.vsn} names is not in the job"


def _plugin_fault(plugin: Plugin, names: set[str], node: Node, field: Field, conditions: Conditions) -> str:
    if PLUGIN_NAME.fullmatch(plugin.name) is None or len(plugin.name) > 200:
        shown = quoted(plugin.name[:300])
        return (
            f"plugin name {shown} must consist of up to 256 alphanumeric characters with '-' or '.' in the middle, "
            "RFC1123"
        )
    image = str(plugin.spec.get("image", ""))
    is_free = bool(image) and any(re.search(pattern, image) for pattern in conditions.images)
    if plugin.name in names and not is_free:
        return f"the plugin name {quoted(plugin.name)} is duplicated. plugin names must be unique"
    names.add(plugin.name)
    if not image:
        return f"{plugin.name} does not specify plugin image"
    key = app_key(image)
    app = field.apps.get(key) if key is not None else None
    if app is None or DOOR not in app.facets:
        return "" if is_free else f"{image} does not exist in ECR"
    return _architecture_fault(plugin, image, node, app)


def _architecture_fault(plugin: Plugin, image: str, node: Node, app: App) -> str:
    source: Mapping[str, Any] = app.facets[DOOR].get("source") or {}
    wanted = [str(one) for one in source.get("architectures") or ()]
    here = architectures(node.manifest)
    if not wanted or any(_in_words_of_nodes(one) in here for one in wanted):
        return ""
    shown = " ".join(wanted)
    return f"{node.vsn} does not support architecture [{shown}] required by {plugin.name} ({image})"


def _in_words_of_nodes(architecture: str) -> str:
    """``linux/arm/v7`` is armv7 in manifests."""
    return architecture.removeprefix("linux/").replace("/", "")


def _rule_faults(document: Document, field: Field) -> Iterator[str]:
    """The same on every node."""
    plugins = {plugin.name for plugin in document.plugins}
    for text in document.rules or ():
        if fault := _rule_fault(text, plugins, field):
            yield f"Failed to parse science rule {quoted(text[:MOST_SHOWN])}: {fault}"


def _rule_fault(text: str, plugins: set[str], field: Field) -> str:
    try:
        rule = read_rule(text)
        compile_condition(rule.condition)
    except RuleFault as fault:
        return str(fault)
    if not rule.object:
        return "the rule names nothing between its brackets"
    if rule.action is Action.SCHEDULE and rule.object not in plugins:
        return f"the plugin {quoted(rule.object)} is not in the job"
    return _submit_fault(rule, field) if rule.action is Action.SUBMIT else ""


def _submit_fault(rule: Rule, field: Field) -> str:
    try:
        faults = list(order_faults(order_of(rule)))
    except ValueError as error:
        return str(error)
    if not faults:
        unknown = f"there is no job {quoted(rule.object)} of yours that could be started"
        return field.stored.get(rule.object, unknown)
    return faults[0]


def _part(document: Document, vsn: str) -> Mapping[str, Any]:
    """A node's share: all plugins, with what they have otherwise there, and all rules."""
    overrides = document.overrides(vsn)
    return {
        "plugins": [
            {"name": plugin.name, "plugin_spec": {**plugin.spec, **overrides.get(plugin.name, {})}}
            for plugin in document.plugins
        ],
        RULES: list(document.rules or ()),
    }
