"""Reads an app for the code repository, JSON or YAML (``sage.yaml``), complaining about all its faults. Pure.

See docs/dialects/sage.md#code-repository.
"""

import re
from collections.abc import Mapping
from typing import Any

from dragoman.core.errors import Faults, Invalid
from dragoman.core.field import AppKey
from dragoman.dialects.sage.yaml_tree import BadYaml, Items, Pairs, Tree, read_yaml

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")
VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
ARCHITECTURES = ("linux/amd64", "linux/arm64", "linux/arm/v6", "linux/arm/v7", "linux/arm/v8")
TYPES = ("boolean", "int", "long", "float", "double", "string", "File")

TEXTS = ("description", "keywords", "authors", "collaborators", "homepage", "funding", "license")
LISTS = ("depends_on", "inputs", "resources")
OTHERS = ("source", "baseCommand", "arguments", "metadata")
KEPT = (*TEXTS, *OTHERS, *LISTS)
"""What is kept of an app, beside its place."""


def read_app(body: bytes, place: AppKey | None = None) -> tuple[AppKey, dict[str, Any]]:
    """Which version of which app it is, and what is kept of it. Raises Invalid.

    ``place`` is where the request says that it belongs; the body may leave that out.
    """
    try:
        tree = read_yaml(body)
    except BadYaml as error:
        raise Invalid({(): [str(error)]}) from error
    if not isinstance(tree, Pairs):
        raise Invalid({(): ["An app is one object, with keys such as namespace, name, version and source."]})
    given: dict[str, Any] = {key: _plain(value) for key, value in tree.items.items()}
    faults = Faults()
    key = _key(given, place, faults)
    facet = {word: given[word] for word in KEPT if given.get(word) is not None}
    _check(facet, faults)
    if faults:
        raise Invalid(faults)
    return key, facet


def _plain(tree: Tree) -> Any:
    if isinstance(tree, Pairs):
        return {key: _plain(value) for key, value in tree.items.items()}
    if isinstance(tree, Items):
        return [_plain(item) for item in tree.items]
    if tree.tag == "!!null":
        return None
    return tree.text if tree.truth is None else tree.truth


def _key(given: Mapping[str, Any], place: AppKey | None, faults: Faults) -> AppKey:
    found = []
    for word, form in (("namespace", NAME), ("name", NAME), ("version", VERSION)):
        told = given.get(word)
        wanted = getattr(place, word) if place else told
        if place and told is not None and told != wanted:
            faults.add((word,), f"The address says {wanted}, and the app {told}.")
        if not isinstance(wanted, str) or form.fullmatch(wanted) is None:
            faults.add((word,), "Use letters, digits, '.', '_' and '-', at most 128; names in small letters.")
        found.append(str(wanted))
    return AppKey(*found)


def _check(facet: Mapping[str, Any], faults: Faults) -> None:
    for word in TEXTS:
        if not isinstance(facet.get(word, ""), str):
            faults.add((word,), "A text is needed here.")
    for word in LISTS:
        if not isinstance(facet.get(word, []), list):
            faults.add((word,), "A list is needed here.")
    source = facet.get("source")
    if not isinstance(source, dict) or not isinstance(source.get("url"), str):
        faults.add(("source", "url"), "Say where its source is.")
        return
    architectures = source.get("architectures")
    if not isinstance(architectures, list) or not architectures or not set(map(str, architectures)) <= {*ARCHITECTURES}:
        faults.add(("source", "architectures"), f"Name some of {', '.join(ARCHITECTURES)}.")
    for place, item in enumerate(facet.get("inputs") or () if isinstance(facet.get("inputs"), list) else ()):
        if not isinstance(item, dict) or not item.get("id") or str(item.get("type")) not in TYPES:
            faults.add(("inputs", place), f"An input has an id and a type: one of {', '.join(TYPES)}.")
