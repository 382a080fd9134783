"""A request is read with forgiveness for old clients, and all that is wrong with it is told at once."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.errors import Invalid
from dragoman.dialects.tapis3.read_job import read_request, read_subscription

LEAST = {"name": "n", "appId": "a", "appVersion": "1"}


def faults(body: Any) -> dict[str, list[str]]:
    """The complaints about a request, by path."""
    with pytest.raises(Invalid) as told:
        read_request(body)
    return {".".join(map(str, path)): why for path, why in told.value.fields.items()}


def test_everything_wrong_is_told_at_once() -> None:
    """Missing, unknown, too long and wrongly typed fields come in one answer."""
    body = {
        "name": "x" * 65,
        "appId": "a",
        "nope": 1,
        "jobType": "SERVICE",
        "memoryMB": "big",
        "tags": ["a", "a"],
        "parameterSet": {
            "appArgs": [{"arg": 1}, {"odd": True}],
            "envVariables": [{"key": "1x", "value": "v"}, {"value": "v"}],
            "logConfig": {"stdoutFilename": "o"},
        },
        "fileInputs": [{"sourceUrl": "a\nb"}],
        "subscriptions": [{"eventCategoryFilter": "ALL", "deliveryTargets": []}],
        "notes": [],
    }
    expected = {
        "name",
        "nope",
        "appVersion",
        "jobType",
        "memoryMB",
        "tags",
        "parameterSet.appArgs.0.arg",
        "parameterSet.appArgs.1.odd",
        "parameterSet.envVariables.0.key",
        "parameterSet.envVariables.1.key",
        "parameterSet.logConfig.stderrFilename",
        "fileInputs.0.sourceUrl",
        "subscriptions.0.deliveryTargets",
        "notes",
    }
    assert expected == faults(body).keys()


def test_nulls_and_amounts_of_nothing_count_as_absent() -> None:
    """Clients that send every field they know mean nothing by empty ones."""
    asked = read_request({**LEAST, "description": None, "nodeCount": 0, "maxMinutes": -1, "parameterSet": None})
    assert (None, None, None) == (asked.get("description"), asked.get("nodeCount"), asked.get("maxMinutes"))


def test_words_of_old_clients_are_understood() -> None:
    """The name of an argument may stand in its meta, and two keys have another spelling."""
    asked = read_request(
        {
            **LEAST,
            "appType": "BATCH",
            "meta": {},
            "fileInputs": [{"sourceUrl": "tapis://s/x", "inPlace": True, "meta": {"name": "in1"}}],
            "parameterSet": {
                "appArgs": [{"arg": "-x", "meta": {"name": "arg1", "required": True, "keyValuePairs": []}}],
                "containerArgs": [{"arg": "--nv", "meta": {"name": "no name!"}}],
            },
            "subscriptions": [
                {
                    "jobEventCategoryFilter": "ALL",
                    "ttlminutes": 61,
                    "deliveryTargets": [{"deliveryMethod": "WEBHOOK", "deliveryAddress": "http://127.0.0.1/"}],
                }
            ],
        }
    )
    assert [{"name": "arg1", "arg": "-x"}] == asked.parameters["appArgs"]
    assert [{"arg": "--nv"}] == asked.parameters["containerArgs"]
    assert "in1" == asked.listed("fileInputs")[0]["name"]
    assert 61 == asked.listed("subscriptions")[0]["ttlMinutes"]
    assert asked.get("jobType") is None


def test_names_are_unique_in_their_list() -> None:
    """Two arguments of one name cannot both be meant."""
    body = {**LEAST, "parameterSet": {"appArgs": [{"name": "a", "arg": "1"}, {"name": "a", "arg": "2"}]}}
    assert ["parameterSet.appArgs.1.name"] == list(faults(body))
    assert ["parameterSet.appArgs.0.name"] == list(
        faults({**LEAST, "parameterSet": {"appArgs": [{"name": "a b", "arg": "1"}]}})
    )


def test_a_subscription_has_defaults_and_a_longest_life() -> None:
    """A week unless told otherwise, four weeks at most."""
    target = {"deliveryMethod": "EMAIL", "deliveryAddress": "ann@example.org"}
    body = {"eventCategoryFilter": "JOB_NEW_STATUS", "deliveryTargets": [target]}
    assert (10_080, True) == (read_subscription(body)["ttlMinutes"], read_subscription(body)["enabled"])
    assert 40_320 == read_subscription({**body, "ttlMinutes": 99_999})["ttlMinutes"]
    assert 10_080 == read_subscription({**body, "ttlMinutes": 0})["ttlMinutes"]


KEYS = st.sampled_from(
    ["name", "arg", "key", "value", "meta", "notes", "include", "sourceUrl", "sourceUrls", "deliveryTargets", "appArgs"]
    + ["envVariables", "logConfig", "archiveFilter", "includes", "x"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    ["name", "owner", "tags", "notes", "nodeCount", "parameterSet", "fileInputs", "fileInputArrays", "subscriptions"]
    + ["isMpi", "execSystemConstraints", "jobType"]
)


@given(st.dictionaries(FIELDS, JSON, max_size=5))
def test_no_body_breaks_the_reader(body: dict[str, Any]) -> None:
    """Whatever JSON comes, it is read or refused."""
    with suppress(Invalid):
        read_request({**LEAST, **body})
