"""The inputs and parameters of a job, by the rules of its app. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dragoman.core.regextext import regex
from dragoman.dialects.tapis2.app_words import FLAGS
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.read_app import choices

Json = dict[str, Any]

_SPECIAL = re.compile(r'[\\"`$]')
"""What a shell heeds between double quotes."""
_TRUE, _FALSE = frozenset({"true", "1", "on"}), frozenset({"false", "0", "off"})


def resolve_fields(
    fields: Sequence[Json], given: Mapping[str, Any], *, missing: str, check: Callable[[Json, str], Any]
) -> dict[str, list[Any]]:
    """The values of each field that has some, in the app's order; ``check`` reads one. Raises Refused."""
    found: dict[str, list[Any]] = {}
    for one in fields:
        values = _values(one, given, missing)
        if values:
            found[one["id"]] = [check(one, str(value)) for value in values]
    return found


def _values(one: Json, given: Mapping[str, Any], missing: str) -> list[str]:
    name, value, semantics = one["id"], one["value"], one["semantics"]
    asked = _listed(given.get(name), many=semantics["maxCardinality"] != 1)
    if not value["visible"]:
        if asked:
            raise Refused(400, f"Invalid value for {name}. {name} is a fixed value that cannot be set manually. ")
        return _listed(value["default"], many=False)
    if not asked and value["required"]:
        asked = _listed(value["default"], many=False)
        if not asked:
            raise Refused(400, missing.format(name=name))
    if not asked:
        return []
    least, most = semantics["minCardinality"] or 0, semantics["maxCardinality"]
    if len(asked) < least:
        raise Refused(400, f"{name} requires at least {least} values")
    if most not in {-1, None} and len(asked) > most:
        raise Refused(400, f"{name} may have at most {most} values")
    return asked


def _listed(value: Any, *, many: bool) -> list[str]:
    """The values that were given: a list, texts with semicolons between them where there may be many, or one."""
    if isinstance(value, list):
        return [_text(one) for one in value if one is not None and one != ""]
    if value is None or value == "":
        return []
    text = _text(value)
    return [part.strip() for part in text.split(";") if part.strip()] if many else [text]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dict | list):
        raise Refused(400, "Values of inputs and parameters are texts, numbers and flags, or lists of these.")
    return str(value)


def check_input(one: Json, value: str) -> str:
    """A place where an input is to be had. Raises Refused."""
    form = one["value"]["validator"]
    if form and not regex(form)(value):
        why = f"Invalid input value, {value}, for {one['id']}. Value must match the following expression: {form}"
        raise Refused(400, why)
    return value


def check_parameter(one: Json, value: str) -> Any:
    """The value of a parameter, as its type has it. Raises Refused."""
    name, type_, form = one["id"], one["value"]["type"], one["value"]["validator"]
    if type_ in FLAGS:
        return _truth(name, value)
    if type_ == "number":
        return _number(name, value)
    if type_ == "enumeration":
        known = choices(one["value"])
        if value not in known:
            why = f"Invalid parameter value, '{value}', for {name}. Value must be one of: {',  '.join(known)}"
            raise Refused(400, why)
    elif form and not regex(form)(value):
        why = f"Invalid parameter value for {name}. Value '{value}' must match the regular expression {form}"
        raise Refused(400, why)
    return value


def _truth(name: str, value: str) -> bool:
    word = value.lower()
    if word not in _TRUE | _FALSE:
        why = (
            f"Invalid parameter value for {name}. Value '{value}' must be a case-insensitive truthy value. "
            "Please use true, 1 or on, or false, 0 or off."
        )
        raise Refused(400, why)
    return word in _TRUE


def _number(name: str, value: str) -> int | float:
    for read in (int, float):
        try:
            found = read(value) if "_" not in value else float("nan")
        except ValueError:
            continue
        if abs(found) < float("inf"):
            return found
    raise Refused(400, f"Invalid parameter value for {name}. Value '{value}' must be a number.")


def shown(values: Mapping[str, list[Any]]) -> Json:
    """The values as jobs show them: a single one plain, several as a list."""
    return {name: found[0] if len(found) == 1 else list(found) for name, found in values.items()}


def substituted(one: Json, values: Sequence[Any] | None, *, names: Callable[[Any], str] = str) -> str:
    """The text that stands in a wrapper for a field."""
    details, value = one["details"], one["value"]
    argument = details["argument"] or ""
    type_ = value.get("type", "")
    if not values:
        return ""
    if type_ == "flag":
        return argument if values[0] else ""
    texts = ["1" if found else "0" for found in values] if type_ == "bool" else [names(found) for found in values]
    if value["enquote"]:
        texts = [f'"{text if type_ else _SPECIAL.sub(_literal, text)}"' for text in texts]
    if details["showArgument"]:
        repeats = details["repeatArgument"]
        texts = [argument + text if repeats or not place else text for place, text in enumerate(texts)]
    return " ".join(texts)


def _literal(match: re.Match[str]) -> str:
    """A character of a file's name as it stands between double quotes: itself, and the beginning of no macro."""
    return f'\\{match[0]}""' if match[0] == "$" else f"\\{match[0]}"
