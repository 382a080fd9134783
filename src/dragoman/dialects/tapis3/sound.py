"""Keeps what is well-formed in a request apart, so that rules can be checked on it whatever else is wrong. Pure."""

from collections.abc import Mapping
from typing import Any

from dragoman.core.errors import Invalid, Path
from dragoman.dialects.tapis3.job_fields import Faults

Found = Mapping[Path, list[str]]


def faults_in(faults: Faults) -> Found:
    """What was found wrong."""
    try:
        faults.tell()
    except Invalid as problem:
        return problem.fields
    return {}


def sound(given: Mapping[str, Any], found: Found) -> dict[str, Any]:
    """The fields in which nothing was found wrong."""
    wrong = {path[0] for path in found if path}
    return {key: value for key, value in given.items() if key not in wrong}


def together(found: Found, ruled: Faults) -> Found:
    """What was found wrong, and what rules say about the fields that are well-formed."""
    wrong = {path[0] for path in found if path}
    return {**found, **{path: said for path, said in faults_in(ruled).items() if not path or path[0] not in wrong}}
