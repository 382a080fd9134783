"""S21: the unmodified sage-data-client reads what nodes measured."""

from typing import Any
from urllib.error import HTTPError

import pytest
import sage_data_client

from tests.beehive.field import Node
from tests.service import Service

pytestmark = pytest.mark.client


def ask(service: Service, **wanted: Any) -> Any:
    """A data frame."""
    return sage_data_client.query(endpoint=f"{service.url}/api/v1/query", **{"start": "-1h", **wanted})


def test_a_frame_has_the_measurements(service: Service, w023: Node, w024: Node) -> None:
    """Columns for time, name, value and each key of meta."""
    w023.measure(20.5, 21.5, name="s21.temperature", sensor="bme280")
    w024.measure(7, name="s21.temperature", sensor="bme680")
    frame = ask(service, filter={"name": "s21.temperature"})
    columns = ["timestamp", "name", "value", "meta.node", "meta.sensor", "meta.vsn"]
    assert sorted(columns) == sorted(frame.columns)
    assert [20.5, 21.5, 7] == list(frame.sort_values("timestamp").sort_values("meta.vsn", kind="stable").value)
    assert "UTC" == str(frame.timestamp.dt.tz)
    assert {"W023": 2, "W024": 1} == frame.groupby("meta.vsn").value.count().to_dict()


def test_patterns_and_cuts(service: Service, w023: Node, w024: Node) -> None:
    """Of names and nodes; one row for each series."""
    for node in (w023, w024):
        node.measure(1, 2, 3, name="s21.cut.a")
        node.measure(4, 5, name="s21.cut.b")
    assert 10 == len(ask(service, filter={"name": "s21.cut.*"}))
    assert 5 == len(ask(service, filter={"name": "s21.cut.*", "vsn": "W023|W019"}))
    assert [3, 3, 5, 5] == sorted(ask(service, filter={"name": "s21.cut.*"}, tail=1).value)
    assert [1, 1, 4, 4] == sorted(ask(service, filter={"name": "s21.cut.*"}, head=1).value)
    means = ask(service, filter={"name": "s21.cut.*"}, experimental_func="mean")
    assert [2, 2, 4.5, 4.5] == sorted(means.value)
    windowed = ask(
        service, filter={"name": "s21.cut.a"}, experimental_func="count", experimental_window="10m", bucket="waggle"
    )
    assert 6 == windowed.value.sum()


def test_nothing_is_an_empty_frame(service: Service) -> None:
    """With its three columns."""
    frame = ask(service, filter={"name": "s21.nothing"})
    assert (0, ["timestamp", "name", "value"]) == (len(frame), list(frame.columns))


def test_what_is_refused_raises(service: Service) -> None:
    """An HTTP error with the status of the service."""
    with pytest.raises(HTTPError) as caught:
        ask(service, filter={"meta.vsn": "W023"})
    assert 400 == caught.value.code
    assert b'error: failed to parse query: invalid filter key: "meta.vsn"\n' == caught.value.read()


def test_texts_and_uploads(service: Service, w023: Node) -> None:
    """Values of every kind."""
    w023.measure("cloudy", 1, 0.5, name="s21.mixed")
    assert ["cloudy", 1, 0.5] == list(ask(service, filter={"name": "s21.mixed"}).value)
