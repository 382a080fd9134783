"""Reads a job file, YAML or JSON with its keys in any spelling, complaining about all wrong types at once. Pure."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from dragoman.core.field import AppKey, FieldDraft
from dragoman.core.rules import Action, Rule, RuleFault, read_rule
from dragoman.dialects.sage.document import SPEC, Document, Plugin, as_notes
from dragoman.dialects.sage.fields import BadDocument, Fields, plain
from dragoman.dialects.sage.yaml_tree import Pairs, Scalar, Tree, read_yaml

DOOR = "sage"
MOST_NAME = 1000
"""Bytes of a job's name."""

_READ = {"name", "email", "notificationon", "plugins", "nodes", "nodetags", "sciencerules", "successcriteria"}
_SET_BY_US = {"jobid", "user", "sciencegoal", "state"}
_SPEC_READERS: Mapping[str, Callable[[Fields, Tree], Any]] = {
    "image": Fields.text,
    "args": Fields.texts,
    "privileged": Fields.flag,
    "node": Fields.text,
    "job": Fields.text,
    "selector": Fields.table,
    "entrypoint": Fields.text,
    "env": Fields.table,
    "develop": Fields.flag,
    "resource": Fields.table,
    "volume": Fields.table,
}


def read_document(body: bytes) -> Document:
    """What a job file says. Raises BadYaml and BadDocument."""
    tree = read_yaml(body)
    if tree is None:
        raise BadDocument("the job document is empty")
    fields = Fields()
    keys = fields.keys(tree, "datatype.Job")
    document = Document(
        name=fields.text(keys.get("name")),
        email=fields.text(keys.get("email")),
        notification_on=fields.texts(keys.get("notificationon")),
        plugins=_plugins(fields, keys.get("plugins")),
        node_tags=fields.texts(keys.get("nodetags")),
        nodes=_nodes(fields, keys.get("nodes")),
        rules=fields.texts(keys.get("sciencerules")),
        criteria=fields.texts(keys.get("successcriteria")),
        unknown=sorted(set(keys) - _READ - _SET_BY_US)[:20],
    )
    fields.finish()
    return checked_name(document)


def checked_name(document: Document) -> Document:
    """The document, when its name can be kept. Raises BadDocument."""
    if len(document.name.encode("utf-8", "surrogatepass")) > MOST_NAME:
        raise BadDocument(f"the name of a job may have at most {MOST_NAME} bytes")
    if "\x00" in document.name or not document.name.isprintable():
        raise BadDocument("the name of a job cannot have line breaks or control characters")
    return document


def draft_of(document: Document, letter: str, *, is_edited: bool = False) -> FieldDraft:
    """The job that a document asks for."""
    keys = (app_key(str(plugin.spec.get("image", ""))) for plugin in document.plugins)
    return FieldDraft(
        door=DOOR,
        name=document.name,
        letter=letter,
        notes=as_notes(document, is_edited=is_edited),
        vsns=sorted(document.nodes or ()),
        tags=tuple(document.node_tags or ()),
        apps=[key for key in keys if key is not None],
        starts=[rule.object for rule in _rules(document) if rule.action is Action.SUBMIT],
    )


def _rules(document: Document) -> Iterator[Rule]:
    """Those that can be read; of the others it is told when the job is submitted."""
    for text in document.rules or ():
        with suppress(RuleFault):
            yield read_rule(text)


def app_key(image: str) -> AppKey | None:
    """Which app of the repository an image is: its last two parts and its tag; None for one that can be none."""
    *_, namespace, last = ("", *image.split("/"))
    name, _, tag = last.partition(":")
    return AppKey(namespace, name, tag or "latest") if namespace and name else None


def _plugins(fields: Fields, tree: Tree | None) -> tuple[Plugin, ...]:
    return tuple(_plugin(fields, item) for item in fields.items(tree, "[]*datatype.Plugin") or ())


def _plugin(fields: Fields, tree: Tree) -> Plugin:
    keys = fields.keys(tree, "datatype.Plugin")
    return Plugin(name=fields.text(keys.get("name")), spec=_spec(fields, keys.get("pluginspec")))


def _spec(fields: Fields, tree: Tree | None) -> dict[str, Any]:
    keys = fields.keys(tree, "datatype.PluginSpec")
    read = {name: _SPEC_READERS[name](fields, keys[name]) for name in SPEC if name in keys}
    return {name: value for name, value in read.items() if value}


def _nodes(fields: Fields, tree: Tree | None) -> dict[str, Any] | None:
    pairs = dict(fields.pairs(tree, "map[string]interface {}"))
    if not pairs and not isinstance(tree, Pairs):
        return None
    return {vsn: _node(fields, value) for vsn, value in pairs.items()}


def _node(fields: Fields, tree: Tree) -> Any:
    """The value of a node: a map gives plugins other values there; anything else means nothing, and is kept."""
    if isinstance(tree, Pairs):
        return {name: _override(fields, value) for name, value in tree.items.items()}
    if isinstance(tree, Scalar):
        if tree.tag == "!!null":
            return None
        return tree.text if tree.truth is None else tree.truth
    return fields.texts(tree)


def _override(fields: Fields, tree: Tree) -> dict[str, Any]:
    if not isinstance(tree, Pairs):
        fields.refuse(tree, "datatype.PluginSpec")
        return {}
    keys = {plain(key): value for key, value in tree.items.items()}
    for key in keys:
        if key not in SPEC or key == "image":
            fields.refuse(tree, f"datatype.PluginSpec: {key} cannot be given for one node")
    return {name: _SPEC_READERS[name](fields, keys[name]) for name in SPEC if name in keys}
