"""What the macros of an address stand for when it is told of a system, an app, a file, or a foreign job. Pure."""

from collections.abc import Mapping
from typing import Any

from dragoman.dialects.tapis2.envelope import text

_PLACES = ("host", "port", "protocol", "rootDir", "homeDir")


def macros(noun: str, body: Mapping[str, Any], event: Mapping[str, Any], *, uuid: str) -> dict[str, str]:
    """The values by name; ``body`` is what is sent there, ``event`` what was done."""
    values: dict[str, Any] = {
        "UUID": uuid,
        "EVENT": event["status"],
        "OWNER": body.get("owner"),
        **dict.fromkeys((f"{noun.upper()}_JSON", "RAW_JSON"), text(dict(body), pretty=False)),
        **_OWN[noun](body),
    }
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _of_system(body: Mapping[str, Any]) -> dict[str, Any]:
    shown = {
        "SYSTEM_ID": body.get("id"),
        "STATUS": body.get("status"),
        "PUBLIC": body.get("public"),
        "GLOBAL_DEFAULT": body.get("globalDefault"),
        "LAST_UPDATED": body.get("lastUpdated"),
    }
    for part in ("storage", "login"):
        inside = body.get(part) or {}
        shown |= {f"{part}_{key}".upper(): inside.get(key) for key in _PLACES}
    return shown


def _of_app(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"APP_ID": body.get("id")}


def _of_file(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **dict.fromkeys(("FORMAT", "SOURCE_FORMAT", "DEST_FORMAT"), body.get("nativeFormat")),
        "PATH": body.get("path"),
        "SYSTEM": body.get("systemId"),
        "NAME": body.get("name"),
        "STATUS": body["event"]["status"],
    }


def _of_job(body: Mapping[str, Any]) -> dict[str, Any]:
    system = dict.fromkeys(("JOB_SYSTEM", "JOB_EXECUTION_SYSTEM"), body.get("systemId"))
    words = {"ID": "id", "NAME": "name", "STATUS": "status", "OWNER": "owner", "CREATED": "created"}
    return {**system, **{f"JOB_{word}": body.get(key) for word, key in words.items()}}


def _of_nothing(_: Mapping[str, Any]) -> dict[str, Any]:
    return {}


_OWN = {"system": _of_system, "app": _of_app, "file": _of_file, "job": _of_job, "notification": _of_nothing}
