"""What plugins without a broker write: real pywaggle's own lines, and lines that are none."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.agent.runlog import DATA, read_piece, read_time
from tests.agent.field import job, running_centre, started
from tests.agent.plugins import run_plugin
from tests.service import wait_until

NOW = 1_796_040_000 * 10**9


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2022-08-23T18:27:10.562104123", 1661279230562104123),
        ("2022-08-23T18:27:13000", 1661279233000000000),
        ("2022-08-23T18:27:13.000001000", 1661279233000001000),
    ],
)
def test_times(text: str, at: int) -> None:
    """With the fraction that may be missing."""
    assert at == read_time(text)


@pytest.mark.parametrize("text", ["", "2022-08-23", "2022-13-23T18:27:10.562104123", "2022-08-23T18:27:10.562104123Z"])
def test_no_times(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match=r"no time|month"):
        read_time(text)


def test_pieces_are_whole_lines(tmp_path: Path) -> None:
    """What is not finished waits; what is no measurement is counted."""
    line = '{"meta":{},"name":"a","timestamp":"2022-08-23T18:27:10.562104123","value":1}\n'
    (tmp_path / DATA).write_text(f"{line}nonsense\n{line[:20]}")
    piece = read_piece(str(tmp_path), 0, now=NOW)
    assert (1, 1, len(line) + 9) == (len(piece.measurements), piece.faults, piece.offset)
    with (tmp_path / DATA).open("a") as file:
        file.write(line[20:])
    again = read_piece(str(tmp_path), piece.offset, now=NOW)
    assert (1, 0) == (len(again.measurements), again.faults)
    assert again.offset == read_piece(str(tmp_path), again.offset, now=NOW).offset


def test_no_link_is_followed(tmp_path: Path) -> None:
    """Neither the log nor its folder."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / DATA).write_text("x\n")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / DATA).symlink_to(tmp_path / "secret" / DATA)
    assert 0 == read_piece(str(tmp_path / "link"), 0, now=NOW).offset
    assert 0 == read_piece(str(tmp_path / "log"), 0, now=NOW).offset


@given(st.binary(max_size=200))
def test_anything_may_be_written(content: bytes) -> None:
    """It is counted, and passed by."""
    with tempfile.TemporaryDirectory() as place:
        Path(place, DATA).write_bytes(content + b"\n")
        assert len(content) + 1 == read_piece(place, 0, now=NOW).offset


@pytest.mark.slow
@pytest.mark.client
@pytest.mark.anyio
async def test_real_pywaggles_lines_are_read(tmp_path: Path) -> None:
    """Names, values, meta, times to the microsecond; the upload's time whole."""
    at = 1661279233562104000
    program = f"""
from pathlib import Path
from waggle.plugin import Plugin
Path("snap.jpg").write_bytes(b"abc")
with Plugin() as plugin:
    plugin.publish("env.a", 23.5, meta={{"sensor": "x"}}, timestamp={at})
    plugin.publish("env.b", "wet", timestamp=1661279233000000000)
    plugin.upload_file("snap.jpg", meta={{"camera": "top"}}, timestamp={at})
"""
    log = tmp_path / "log"
    chdir = f"import os; os.chdir({str(tmp_path)!r})\n"
    await run_plugin(chdir + program, 9, {"PYWAGGLE_LOG_DIR": str(log), "TZ": "UTC"})
    piece = read_piece(str(log), 0, now=NOW)
    assert [("env.a", 23.5), ("env.b", "wet")] == [(one.name, one.value) for one in piece.measurements]
    assert abs(piece.measurements[0].at - at) < 2000
    assert 1661279233000000000 == piece.measurements[1].at
    (left,) = piece.uploads
    assert (at, {"camera": "top", "filename": "snap.jpg"}) == (left.at, left.meta)


PUBLISH = """
import os
import time
from pathlib import Path
from waggle.plugin import Plugin
run = {"run": os.environ["WAGGLE_APP_ID"]}
with Plugin() as plugin:
    for number in range(5):
        plugin.publish("env.rain", number, meta=run)
    Path("a.txt").write_text("content")
    plugin.upload_file("a.txt")
    time.sleep(2)
    plugin.publish("env.rain", 5, meta=run)
"""


@pytest.mark.slow
def test_a_node_without_a_broker_reads_what_plugins_write(tmp_path: Path) -> None:
    """While they run; a node that is killed meanwhile reads nothing twice."""
    with running_centre(tmp_path) as centre:
        node = centre.node(tmp_path, "W023", {"DRAGOMAN_NODE_CHANNEL": "log"})
        image = node.plugin("rain", PUBLISH)
        with started(node):
            centre.submit(job("rain", image, "schedule(rain): cronjob('rain', '* * * * *')"))
            run = wait_until(lambda: centre.query("env.rain"))[0]["meta"]["run"]
            node.kill()
            node.start()
            wait_until(lambda: centre.events("complete", "W023"))
            # Meanwhile a minute may have begun, and with it another run.
            wait_until(lambda: len(centre.query("env.rain", run=run)) >= 6)
            values = centre.query("env.rain", run=run)
            assert list(range(6)) == sorted(record["value"] for record in values)
            assert "rain" == values[0]["meta"]["task"]
            told = datetime.fromisoformat(values[0]["timestamp"][:19] + "+00:00")
            assert abs((datetime.now(UTC) - told).total_seconds()) < 300
            (upload, *_) = wait_until(lambda: centre.query("upload", task="rain"))
            assert "a.txt" == upload["meta"]["filename"]
