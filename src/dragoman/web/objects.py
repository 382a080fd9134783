"""Reads the JSON of a request's body: an object of texts that can be kept, nested within reason. Pure."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from dragoman.core.errors import Invalid, Path
from dragoman.web.body import parse_json

_DEEPEST = 64
_UNFIT = re.compile("[\0\ud800-\udfff]")


def read_object(text: str) -> dict[str, Any]:
    """The object; an empty text is an empty one. Raises Invalid for anything else."""
    if not text.strip():
        return {}
    try:
        value = parse_json(text)
    except ValueError as error:
        raise Invalid.field("body", why=f"This is not JSON: {str(error).rstrip('.')}.") from error
    if not isinstance(value, dict):
        raise Invalid.field("body", why="This must be a JSON object.")
    if where := _unfit(value, ()):
        raise Invalid({where: ["Null and surrogate characters are not allowed, nor more than 64 levels."]})
    return value


def read_texts(
    asked: Mapping[str, Any], *, required: Collection[str] = (), allowed: Collection[str] = ()
) -> dict[str, str]:
    """These fields of an object, each a text; null counts as absent. Raises Invalid with every complaint."""
    wrong: dict[Path, list[str]] = {}
    found: dict[str, str] = {}
    for name in (*required, *allowed):
        value = asked.get(name)
        if isinstance(value, str) and (value or name not in required):
            found[name] = value
        elif value is not None and not isinstance(value, str):
            wrong[name,] = ["This must be text."]
        elif name in required:
            wrong[name,] = ["This field is required."]
    if wrong:
        raise Invalid(wrong)
    return found


def _unfit(value: Any, path: Path) -> Path | None:
    """Where there is something that cannot be kept, or None."""
    if isinstance(value, str):
        return None if _is_text(value) else path
    if not isinstance(value, (dict, list)):
        return None
    if len(path) > _DEEPEST:
        return path
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(key, str) and not _is_text(key):
            return path or ("body",)
        if found := _unfit(item, (*path, key)):
            return found
    return None


def _is_text(value: str) -> bool:
    return _UNFIT.search(value) is None
