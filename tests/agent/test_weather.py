"""The weather that is made up is weather."""

from hypothesis import given
from hypothesis import strategies as st

from dragoman.agent.plugins.weather import weather
from dragoman.core.measurements import is_name


@given(st.floats(0, 4e9))
def test_weather_is_within_reason(second: float) -> None:
    """At any time; under names that may be measured."""
    values = weather(second)
    assert all(map(is_name, values))
    assert 0 < values["env.temperature"] < 30
    assert 0 < values["env.relative_humidity"] <= 100
    assert 90_000 < values["env.pressure"] < 110_000
    assert values["env.raingauge.event_acc"] >= 0


def test_it_rains_at_times() -> None:
    """Once in an hour, so that rules about rain can be tried."""
    rain = [weather(second)["env.raingauge.event_acc"] for second in range(0, 3600, 60)]
    assert max(rain) > 3
    assert min(rain) == 0
