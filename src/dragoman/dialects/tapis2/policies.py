"""How often a notice is tried again: the policies of this door. Pure."""

from collections.abc import Mapping
from typing import Any

from dragoman.core.errors import Faults, Invalid
from dragoman.core.notices import Pauses
from dragoman.dialects.tapis2.reader import Reader

STRATEGIES = ("NONE", "IMMEDIATE", "DELAYED", "EXPONENTIAL")
DEFAULT: Mapping[str, Any] = {
    "retryStrategy": "IMMEDIATE",
    "retryLimit": 5,
    "retryRate": 5,
    "retryDelay": 0,
    "saveOnFailure": False,
}
_MOST: Mapping[str, int] = {"retryLimit": 1440, "retryRate": 86_400, "retryDelay": 86_400}
_AT_ONCE = (1, 0.0)
"""The first failure is followed by one try at once, whatever the policy is."""
_GROWING = ((4, 5.0), (8, 15.0), (13, 60.0), (17, 900.0))
_BREATH = 1.0
"""Seconds between tries that come at once: a receiver that is down is not to be flooded."""


def read_policy(given: Mapping[str, Any], *path: str | int) -> dict[str, Any]:
    """A whole policy. Raises Invalid."""
    faults = Faults()
    read = Reader(dict(given), faults, *path)
    found: dict[str, Any] = {"retryStrategy": read.word("retryStrategy", STRATEGIES, DEFAULT["retryStrategy"])}
    for key, most in _MOST.items():
        number = read.number(key, DEFAULT[key])
        if number is not None and number > most:
            read.complain(f"This may be {most} at the most.", key)
        found[key] = number
    found["saveOnFailure"] = read.flag("saveOnFailure", False)
    if faults:
        raise Invalid(faults)
    return found


def pauses(policy: Mapping[str, Any]) -> Pauses:
    """How long to wait after each try."""
    last, strategy = max(int(policy["retryLimit"]) - 1, 1), policy["retryStrategy"]
    if strategy == "NONE" or last == 1:
        return (_AT_ONCE,)
    if strategy == "IMMEDIATE":
        return (_AT_ONCE, (last, _BREATH))
    if strategy == "DELAYED":
        return (_AT_ONCE, (2, float(policy["retryDelay"])), (last, float(policy["retryRate"])))
    growing = tuple((most, seconds) for most, seconds in _GROWING if most < last)
    then = next((seconds for most, seconds in _GROWING if last <= most), 3600.0)
    return (_AT_ONCE, *growing, (last, then))
