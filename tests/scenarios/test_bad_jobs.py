"""Commands that flood, hide, refuse to die, outstay their time or leave odd things behind."""

import json
import re
import secrets
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.scenarios.processes import bytes_below, found_below, marked, peak_memory
from tests.scenarios.rescale import FINISHED, Rescale
from tests.service import Service, running_service, wait_until

LOG_BYTES = 100_000


@pytest.fixture(scope="module")
def terse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that keeps short logs and has little patience."""
    settings = {"DRAGOMAN_LOCAL_LOG_BYTES": str(LOG_BYTES), "DRAGOMAN_LOCAL_GRACE_SECONDS": "1"}
    with running_service(tmp_path_factory.mktemp("terse"), settings) as service:
        yield service


@pytest.fixture(scope="module")
def ada(terse: Service) -> Iterator[Rescale]:
    with terse.client(terse.account("ada").token) as http:
        yield Rescale(http)


@pytest.mark.slow
@pytest.mark.parametrize(
    "flood", ["yes | head -c 1G", "head -c 1G /dev/zero", "head -c 1G /dev/urandom"], ids=["lines", "zeros", "noise"]
)
def test_a_flood_does_not_drown_the_service(terse: Service, ada: Rescale, flood: str) -> None:
    """The log is cut and says so, the job goes on to its end, and neither memory nor disk are used up."""
    before = bytes_below(terse.data)
    job = ada.run(f"{flood}; echo done > done.txt", 120)
    assert FINISHED == ada.end(job)
    assert "done.txt" in ada.outputs(job)
    log = ada.content(ada.outputs(job)["process_output.log"])
    assert len(log) < LOG_BYTES + 2000
    assert b"was dropped" in log
    assert b"Exited with code 0" in log
    assert peak_memory(terse.pid) < 300 << 20
    assert bytes_below(terse.data) - before < 5 << 20


@pytest.fixture
def marker() -> str:
    """A word for command lines, by which a test finds its own processes, and only those."""
    return f"marked-{secrets.token_hex(8)}"


def hidden_child(marker: str) -> str:
    """Shell text that leaves a process in a session of its own, with another parent, deaf to polite signals."""
    script = "import os, signal, sys, time; os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0); "
    script += '[signal.signal(n, signal.SIG_IGN) for n in (1, 2, 15)]; open("born", "w"); time.sleep(300)'
    return f"python3 -c '{script}' {marker} >/dev/null 2>&1 </dev/null &\nwait; until [ -e born ]; do sleep 0.02; done"


@pytest.mark.slow
def test_what_a_job_leaves_running_ends_with_it(ada: Rescale, marker: str) -> None:
    """However it was hidden, no process outlives its job."""
    job = ada.submit(hidden_child(marker))
    ada.wait(job, "Completed")
    assert FINISHED == ada.end(job)
    assert [] == marked(marker)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["stop", "force_stop"])
def test_what_a_job_hides_ends_with_a_stop(ada: Rescale, marker: str, way: str) -> None:
    """The whole tree goes, not only the command."""
    job = ada.submit(f"{hidden_child(marker)}\nsleep 300 # {marker}")
    wait_until(lambda: len(marked(marker)) >= 2)
    ada.http.post(f"jobs/{job}/{way}/")
    ada.wait(job, "Completed")
    assert [] == marked(marker)


@pytest.mark.slow
def test_a_command_that_ignores_sigterm_is_killed(ada: Rescale, marker: str) -> None:
    """After the grace of a second; what it wrote is kept."""
    job = ada.submit(f"trap '' TERM INT HUP; echo begun; while :; do sleep 0.1; done # {marker}")
    wait_until(lambda: "]: begun" in ada.http.get(f"jobs/{job}/runs/1/tail/process_output.log").text)
    asked = time.monotonic()
    ada.http.post(f"jobs/{job}/stop/")
    ada.wait(job, "Completed")
    assert 0.5 < time.monotonic() - asked
    assert [] == marked(marker)
    assert ["begun"] == ada.said(job)


@pytest.mark.slow
def test_a_job_that_outstays_its_walltime_is_stopped(terse: Service, ada: Rescale) -> None:
    """Hours are the wire's unit, so the stored draft's limit is shortened to five seconds before the submit."""
    job = ada.create("echo begun; sleep 300")
    with closing(sqlite3.connect(terse.data / "dragoman.db", timeout=120)) as db:
        (text,) = db.execute("SELECT workload FROM job WHERE alias = ?", (job,)).fetchone()
        workload = json.loads(text)
        workload["resources"]["walltime"] = 5
        db.execute("UPDATE job SET workload = ? WHERE alias = ?", (json.dumps(workload), job))
        db.commit()
    ada.http.post(f"jobs/{job}/submit/")
    ada.wait(job, "Completed")
    shown = [(one["status"], one["statusReason"]) for one in ada.results(f"jobs/{job}/statuses/")]
    exceeded = "Walltime exceeded"
    assert [("Completed", exceeded), ("Stopping", exceeded), ("Executing", None)] == shown[:3]
    assert ["begun"] == ada.said(job)


@pytest.mark.slow
def test_ten_thousand_outputs_are_listed(api: Rescale) -> None:
    """The count is right, every file is on one page, and the run knows them all."""
    job = api.run("mkdir d; for i in {1..10000}; do echo $i > d/f$i; done", 120)
    assert FINISHED == api.end(job)
    pages = [api.json(f"jobs/{job}/files/", page=page, page_size=1000) for page in range(1, 12)]
    assert {10001} == {page["count"] for page in pages}
    assert pages[-1]["next"] is None
    files = [one for page in pages for one in page["results"]]
    assert 10001 == len({one["id"] for one in files}) == len({one["relativePath"] for one in files})
    assert 10001 == api.json(f"jobs/{job}/runs/1/")["outputFileCount"]
    assert b"7777\n" == api.content(next(one for one in files if one["name"] == "f7777"))


ODD_NAMES = r"""
printf one > $'caf\xe9'; printf two > $'caf\xe8'; printf 3 > $'line\nbreak'; printf 4 > '$(touch pwned)'
printf 5 > "$(printf 'x%.0s' {1..255})"; printf 6 > ' '; printf 7 > '-rf'; printf 8 > 'a\b'; printf 9 > '..x'
printf 10 > '%2e%2e'; printf 11 > '?page=2'; mkdir -p 'd/#'; printf 12 > 'd/#/e'; printf 13 > '<b>'"""


def test_outputs_have_any_name(api: Rescale) -> None:
    """Each is listed once and can be fetched, whatever its bytes."""
    job = api.run(ODD_NAMES)
    assert FINISHED == api.end(job)
    files = [one for one in api.results(f"jobs/{job}/files/", page_size=100) if one["name"] != "process_output.log"]
    contents = {api.content(one).decode() for one in files}
    assert {"one", "two", *map(str, range(3, 14))} == contents
    assert 13 == len(files)


def test_odd_names_are_seen_while_a_job_runs(api: Rescale) -> None:
    """The listing is JSON, and what it names can be read or is not found, but is no error of ours."""
    job = api.submit(f"{ODD_NAMES}; touch ready; sleep 300")
    api.wait(job, "Executing")

    def listed() -> list[str]:
        return [one["path"] for one in api.json(f"jobs/{job}/runs/1/directory-contents/")]

    wait_until(lambda: "ready" in listed())
    read = [api.http.get(f"jobs/{job}/runs/1/tail/{quote(path)}") for path in listed()]
    assert {*map(str, range(4, 14))} <= {one.text for one in read if one.status_code == 200}
    assert {200, 404} == {one.status_code for one in read}
    api.http.post(f"jobs/{job}/stop/")


LEFT_BEHIND = {
    "links": "ln -s /etc/passwd leak; ln -s / root; ln -s . loop; ln -s nowhere dangling; echo x > kept",
    "a pipe": "mkfifo pipe; echo x > kept",
    "a socket": "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"sock\")'; echo x > kept",
    "what nobody may read": "echo x > kept; mkdir shut; echo y > shut/y; chmod 0 kept shut",
    "a read-only directory": "mkdir d; echo x > kept; echo y > d/y; chmod 555 d .",
    "a deep tree": 'echo x > kept; python3 -c \'import os\nfor _ in range(3000): os.mkdir("d"); os.chdir("d")\'',
}


@pytest.mark.parametrize("left", LEFT_BEHIND)
def test_whatever_is_left_the_job_ends(service: Service, api: Rescale, left: str) -> None:
    """Plain files are kept, the rest is not, and the run's directory is cleared away."""
    before = set(service.data.glob("runs/*"))
    job = api.run(LEFT_BEHIND[left])
    assert FINISHED == api.end(job)
    assert "x\n" == api.output(job, "kept")
    assert not {"leak", "root/etc/passwd", "loop/kept", "pipe", "sock"} & set(api.outputs(job))
    assert all(b"root:" not in api.content(file) for file in api.outputs(job).values())
    wait_until(lambda: set(service.data.glob("runs/*")) <= before)


SPOILT = {
    "deleted": "echo said; rm process_output.log",
    "a directory": "echo said; rm process_output.log; mkdir process_output.log; touch process_output.log/x",
    "a link": "echo said; ln -sf /etc/passwd process_output.log",
    "overwritten": "echo said; echo forged > other; mv other process_output.log",
    "gone with its directory": 'echo said; cd /; rm -rf "$HOME/work"',
}


@pytest.mark.parametrize("way", SPOILT)
def test_a_job_cannot_spoil_its_log_for_others(api: Rescale, way: str) -> None:
    """The job ends, and what is shown as its log never comes from elsewhere."""
    job = api.run(SPOILT[way])
    log = api.outputs(job).get("process_output.log")
    assert log is None or re.search(rb"\]: said\n|forged", api.content(log))
    assert log is None or b"root:" not in api.content(log)


def test_a_command_may_be_long_and_have_any_characters(api: Rescale) -> None:
    """Quotes, dollars, umlauts and braces reach the shell as they were sent."""
    text = "'\"$HOME {0} {command} %s \\n ü 网 ` ;"
    quoted = "'" + text.replace("'", "'\\''") + "'"
    job = api.run(f"printf '%s\\n' {quoted} # {'x' * 50_000}")
    assert FINISHED == api.end(job)
    assert text in api.said(job)


@pytest.mark.parametrize("command", ["exit 255", "kill -9 $$", "kill -SEGV $$", "nonsense-command", "if", "exec false"])
def test_a_command_that_fails_has_failed(api: Rescale, command: str) -> None:
    """By an exit code, a signal, or because the shell cannot read it: all the same to clients."""
    job = api.run(command)
    assert "A run failed" == api.end(job)
    assert "Exited with code " in api.log(job)


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap, which confines runs")
def test_a_job_sees_nothing_of_the_service_or_of_others(service: Service, api: Rescale, other: Rescale) -> None:
    """It cannot read the database, keys, blobs, another run or the host's secrets, nor write outside its home."""
    hers = other.submit("echo secret > secret.txt; sleep 300")
    other.wait(hers, "Executing")
    data = service.data
    (secret,) = wait_until(lambda: found_below(data, "runs/*/home/work/secret.txt"))
    readable = [data / "dragoman.db", data / "server.key", data / ".lock", secret, secret.parents[2] / "run.json"]
    places = [Path("/etc"), Path("/usr"), Path("/var"), Path("/"), data, data / "blobs", secret.parent]
    command = "\n".join(
        [
            *(f"cat {path} >/dev/null 2>&1 && echo read {path}" for path in [*readable, "/etc/shadow"]),
            *(
                f'[ -z "$(ls -A {path} 2>/dev/null)" ] || echo lists {path}'
                for path in (data / "blobs", data / "homes")
            ),
            *(f"touch {place}/evil 2>/dev/null" for place in places),
            f"kill -0 {service.pid} 2>/dev/null && echo signals",
            f"cat /proc/{service.pid}/environ >/dev/null 2>&1 && echo spies",
            "true",
        ]
    )
    assert [] == api.said(api.run(command))
    assert [] == [place for place in places if (place / "evil").exists()]
    other.http.post(f"jobs/{hers}/stop/")
