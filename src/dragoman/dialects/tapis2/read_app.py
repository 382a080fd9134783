"""Reads apps: a request to a draft, with everything wrong collected. Pure."""

import re
from collections.abc import Callable
from typing import Any

from dragoman.core.errors import Faults
from dragoman.core.regexes import BadPattern
from dragoman.core.regextext import regex
from dragoman.core.registered import AppDraft
from dragoman.dialects.tapis2.amounts import gigabytes, seconds
from dragoman.dialects.tapis2.app_words import (
    EXECUTION_TYPES,
    EXECUTION_TYPES_ELSEWHERE,
    FLAGS,
    KEY,
    NAME,
    NAME_FAULT,
    PARALLELISMS,
    TYPES,
    VERSION,
    VERSION_FAULT,
)
from dragoman.dialects.tapis2.reader import Reader

Json = dict[str, Any]

_URL = re.compile(r"https?://\S+", re.IGNORECASE)


def read_app(body: Json, *, uuid: str) -> AppDraft:
    """An app as it is to be."""
    faults = Faults()
    read = Reader(body, faults)
    name, version = read.text("name", required=True), read.text("version", required=True)
    if name and not NAME.fullmatch(name):
        faults.add((), NAME_FAULT)
    if version and not VERSION.fullmatch(version):
        faults.add((), VERSION_FAULT)
    facet = {"name": name, "version": version, **_labels(read), **_places(read), **_defaults(read), **_fields(read)}
    return AppDraft(
        name=f"{name}-{version}",
        version=version,
        uuid=uuid,
        facet=facet,
        enabled=read.flag("available", True),
        detail={"id": f"{name}-{version}"},
        faults=faults,
    )


def _labels(read: Reader) -> Json:
    links = {key: read.text(key, most=128) for key in ("helpURI", "icon")}
    for key, url in links.items():
        if url and not _URL.fullmatch(url):
            read.complain("This is no URL.", key)
    return {
        "label": read.text("label", most=64) or None,
        "shortDescription": read.text("shortDescription", lines=True) or None,
        "longDescription": read.text("longDescription", most=4096, lines=True) or None,
        **{key: url or None for key, url in links.items()},
        "tags": _short(read, "tags"),
        "ontology": _short(read, "ontology"),
        "modules": _short(read, "modules"),
    }


def _short(read: Reader, key: str) -> list[str]:
    found = read.texts(key)
    if len(",".join(found)) > 255:
        read.complain("All together they may have 255 characters.", key)
    return found


def _places(read: Reader) -> Json:
    types = (*EXECUTION_TYPES, *EXECUTION_TYPES_ELSEWHERE)
    execution_type = read.word("executionType", types, required=True)
    if execution_type in EXECUTION_TYPES_ELSEWHERE:
        read.complain(f"{execution_type} is not supported here: use HPC or CLI.", "executionType")
    paths = {key: read.text(key, most=4096, required=True) for key in ("deploymentPath", "templatePath", "testPath")}
    for key, path in paths.items():
        if ".." in path.split("/"):
            read.complain("A path must not contain '..'.", key)
    return {
        "parallelism": read.word("parallelism", PARALLELISMS, required=True),
        "executionType": execution_type,
        "executionSystem": read.text("executionSystem", required=True, most=64),
        "deploymentSystem": read.text("deploymentSystem", most=64),
        **paths,
        "checkpointable": read.flag("checkpointable", False),
    }


def _defaults(read: Reader) -> Json:
    nodes = read.number("defaultNodeCount", least=1) or read.number("defaultNodes", least=1)
    if (nodes or 1) > 1 and read.text("parallelism").upper() in {"SERIAL", "PTHREAD"}:
        read.complain("It must be 1 for SERIAL and PTHREAD apps.", "defaultNodeCount")
    memory, time = read.text("defaultMemoryPerNode", most=32), read.text("defaultMaxRunTime", most=20)
    if memory and gigabytes(memory) is None:
        read.complain("Write an amount of memory such as 2GB.", "defaultMemoryPerNode")
    if time and seconds(time) is None:
        read.complain("Write a length of time as hh:mm:ss.", "defaultMaxRunTime")
    return {
        "defaultNodeCount": nodes,
        "defaultProcessorsPerNode": read.number("defaultProcessorsPerNode", least=1),
        "defaultMemoryPerNode": gigabytes(memory) if memory else None,
        "defaultMaxRunTime": time or None,
        "defaultQueue": read.text("defaultQueue", most=128) or None,
    }


def _fields(read: Reader) -> Json:
    """What a job of the app takes and leaves."""
    found = {
        "inputs": [_read_field(one, _input) for one in read.each("inputs")],
        "parameters": [_read_field(one, _parameter) for one in read.each("parameters")],
        "outputs": [_read_field(one, _input) for one in read.each("outputs")],
    }
    ids = [one["id"] for fields in found.values() for one in fields if one["id"]]
    for name in {name for name in ids if ids.count(name) > 1}:
        read.complain(f"The id {name} is there more than once.", "parameters")
    return found


def _read_field(read: Reader, own: Callable[[Reader, Json], Json]) -> Json:
    name = read.text("id", required=True, most=64)
    if name and not KEY.fullmatch(name):
        read.complain("Use letters, digits, '_', '.' and '-'.", "id")
    value, details, semantics = (_inner(read, key) for key in ("value", "details", "semantics"))
    found: Json = {
        "id": name,
        "value": {
            "default": value.given.get("default"),
            "order": value.number("order", 0),
            "required": value.flag("required", False),
            "validator": value.text("validator", most=1024) or None,
            "visible": value.flag("visible", True),
            "enquote": value.flag("enquote", False),
        },
        "details": {
            "label": details.text("label", most=1024) or None,
            "description": details.text("description", most=32_768, lines=True) or None,
            "argument": details.text("argument", most=1024) or None,
            "showArgument": details.flag("showArgument", False),
            "repeatArgument": details.flag("repeatArgument", False),
        },
    }
    needed = 1 if found["value"]["required"] else 0
    most = semantics.given.get("maxCardinality")
    found["semantics"] = {
        "minCardinality": semantics.number("minCardinality", needed),
        "maxCardinality": semantics.number("maxCardinality", -1 if most is not None else 1, least=1),
        "ontology": semantics.texts("ontology"),
    }
    _check_field(value, found["value"])
    return own(value, found) if own is _parameter else own(semantics, found)


def _inner(read: Reader, key: str) -> Reader:
    return read.below(key) or Reader({}, read.faults, *read.path, key)


def _check_field(read: Reader, value: Json) -> None:
    if not value["visible"] and (not value["required"] or value["default"] is None):
        read.complain("What is not visible must be required, and have a default.", "visible")
    if isinstance(value["default"], dict):
        read.complain("This must be text, a number, a flag, or a list of these.", "default")
    if value["validator"]:
        try:
            regex(value["validator"])
        except BadPattern as fault:
            read.complain(f"{fault}.", "validator")


def _input(read: Reader, found: Json) -> Json:
    return {**found, "semantics": {**found["semantics"], "fileTypes": read.texts("fileTypes")}}


def _parameter(read: Reader, found: Json) -> Json:
    type_ = read.text("type", "string").lower()
    type_ = {"boolean": "bool", "integer": "number", "enum": "enumeration", "text": "string"}.get(type_, type_)
    if type_ not in TYPES:
        read.complain(f"{type_} is not one of {', '.join(TYPES)}.", "type")
    value = {**found["value"], "type": type_}
    if type_ == "enumeration":
        value["enumValues"] = _choices(read)
    if type_ in FLAGS and found["semantics"]["maxCardinality"] != 1:
        read.complain("Boolean and flag parameters do not support multiple values.", "type")
    return {**found, "value": value}


def _choices(read: Reader) -> list[Json]:
    given = read.given.get("enumValues", read.given.get("enum_values"))
    found: list[Json] = []
    for one in given if isinstance(given, list) else ():
        found += (
            [{str(key): str(label) for key, label in one.items()}] if isinstance(one, dict) else [{str(one): str(one)}]
        )
    if not found:
        read.complain("An enumeration needs a list of values to choose from.", "enumValues")
    return found


def choices(value: Json) -> list[str]:
    """What an enumeration may be."""
    return [key for one in value.get("enumValues", ()) for key in one]
