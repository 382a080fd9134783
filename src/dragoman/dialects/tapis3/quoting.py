"""How a job's environment is written, so that no shell and no parser makes anything else of its values. Pure."""

import re
from collections.abc import Sequence

from dragoman.core.shellwords import double_quote, is_safe
from dragoman.dialects.tapis3.job_fields import Json
from dragoman.dialects.tapis3.options import Refused

_SLURM_SAFE = re.compile(r"[^\s\"'\\#]+")


def env_lines(variables: Sequence[Json], *, exported: bool) -> str:
    """An environment file that is read by the rules of a shell."""
    word = "export " if exported else ""
    return "".join(f"{word}{one['key']}={_value(one['value'])}\n" for one in variables)


def docker_env_lines(variables: Sequence[Json]) -> str:
    """An environment file as container engines read it: everything behind the first ``=`` is the value.

    Raises Refused for a value of more than one line.
    """
    for one in variables:
        if "\n" in one["value"] or "\r" in one["value"]:
            raise Refused(
                f"The environment variable {one['key']} has several lines, which a container cannot be given."
            )
    return "".join(f"{one['key']}={one['value']}\n" for one in variables)


def env_option(variables: Sequence[Json]) -> str:
    """The value of the option that takes the whole environment: a comma between variables, in the form of CSV."""
    return ",".join(_pair(one["key"], one["value"]) for one in variables)


def _value(value: str) -> str:
    return value if not value or is_safe(value) else double_quote(value)


def _pair(key: str, value: str) -> str:
    if any(character in value for character in ',"\n\r'):
        return double_quote('"' + f"{key}={value}".replace('"', '""') + '"')
    return f"{key}={double_quote(value)}"


def csv_field(text: str) -> str:
    """A field of an option that is read as CSV."""
    return '"' + text.replace('"', '""') + '"' if any(character in text for character in ',"\n\r') else text


def slurm_value(value: str) -> str:
    """A value on a directive line, between quotes where it would not be one word there."""
    if _SLURM_SAFE.fullmatch(value):
        return value
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
