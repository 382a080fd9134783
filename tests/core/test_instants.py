"""Points in time, read and written to the nanosecond."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.instants import FIRST, LAST, SECOND, read_duration, read_instant, windows, write_instant

NOW = 1_795_164_459_047_831_935  # 2026-11-20T08:47:39.047831935Z


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-05-02", "2021-05-02T00:00:00Z"),
        ("2021-05-02T10:11:12Z", "2021-05-02T10:11:12Z"),
        ("2021-05-02T10:11:12.5Z", "2021-05-02T10:11:12.5Z"),
        ("2021-05-02T10:11:12.123456789Z", "2021-05-02T10:11:12.123456789Z"),
        ("2021-05-02T10:11:12.1234567899Z", "2021-05-02T10:11:12.123456789Z"),
        ("2026-11-20T07:52:58.293240Z", "2026-11-20T07:52:58.29324Z"),
        ("2021-05-02T10:11:12+02:00", "2021-05-02T08:11:12Z"),
        ("2021-05-02T10:11:12-05:30", "2021-05-02T15:41:12Z"),
        ("2021-05-02T10:11:12", "2021-05-02T10:11:12Z"),
        ("0", "1970-01-01T00:00:00Z"),
        ("1620000000", "2021-05-03T00:00:00Z"),
        ("-5m", "2026-11-20T08:42:39.047831935Z"),
        ("-30s", "2026-11-20T08:47:09.047831935Z"),
        ("-1h30m", "2026-11-20T07:17:39.047831935Z"),
        ("-1h", "2026-11-20T07:47:39.047831935Z"),
        ("-3d", "2026-11-17T08:47:39.047831935Z"),
        ("-1w", "2026-11-13T08:47:39.047831935Z"),
        ("-1mo", "2026-10-20T08:47:39.047831935Z"),
        ("-12mo", "2025-11-20T08:47:39.047831935Z"),
        ("-1y", "2025-11-20T08:47:39.047831935Z"),
        ("-1y2mo", "2025-09-20T08:47:39.047831935Z"),
        ("10ms", "2026-11-20T08:47:39.057831935Z"),
        ("-935ns", "2026-11-20T08:47:39.047831Z"),
        ("1h", "2026-11-20T09:47:39.047831935Z"),
    ],
)
def test_times_that_can_be_read(text: str, expected: str) -> None:
    assert expected == write_instant(read_instant(text, now=NOW))


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "-", "m", "-5 m", "5x", "5m-5m", "1.5h", "٣", "-٣m"),
        *("2021-13-01", "2021-02-30", "2021-05-02T25:00:00Z", "2021-5-2", "2021-05-02T10:11:12+2"),
    ],
)
def test_times_that_cannot(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_instant(text, now=NOW)


def test_the_last_day_of_a_shorter_month() -> None:
    then = read_instant("2024-03-31T12:00:00Z", now=0)
    assert "2024-02-29T12:00:00Z" == write_instant(read_instant("-1mo", now=then))


@pytest.mark.parametrize(("text", "expected"), [("9999999999w", LAST), ("-9999999999w", FIRST), ("-99999y", FIRST)])
def test_times_stay_within_what_can_be_kept(text: str, expected: int) -> None:
    assert expected == read_instant(text, now=NOW)


@given(st.integers(FIRST + SECOND, LAST))
def test_what_is_written_is_read_again(instant: int) -> None:
    assert instant == read_instant(write_instant(instant), now=0)


def test_windows_begin_with_the_clock_and_are_cut_to_the_span() -> None:
    found = list(windows(90 * SECOND, 200 * SECOND, read_duration("1m")))
    assert [(90, 120), (120, 180), (180, 200)] == [(low // SECOND, high // SECOND) for low, high in found]


def test_windows_of_months_follow_the_calendar() -> None:
    start, end = (read_instant(text, now=0) for text in ("2024-01-15", "2024-04-02"))
    shown = [write_instant(high)[:10] for _, high in windows(start, end, read_duration("1mo"))]
    assert ["2024-02-01", "2024-03-01", "2024-04-01", "2024-04-02"] == shown
