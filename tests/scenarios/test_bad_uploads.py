"""Uploads that break off, do not fit, or come with names that lead elsewhere."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from tests.beehive.field import Node, add_node
from tests.scenarios.processes import found_below
from tests.scenarios.raw import connected, head
from tests.scenarios.rescale import FINISHED, Rescale, basic
from tests.service import Account, Service, running_service, wait_until

BOUNDARY = "frontier"
MOST = 8 << 20
FORM = f"multipart/form-data; boundary={BOUNDARY}"
BAD_NAMES = [
    (b"../../../../etc/passwd", "passwd"),
    (b"/etc/cron.d/evil", "evil"),
    (b"C:\\Users\\ada\\mesh.inp", "mesh.inp"),
    (b"..\\..\\evil.inp", "evil.inp"),
    (b"dir/sub/a.inp", "a.inp"),
    (b"..", "unnamed"),
    (b".", "unnamed"),
    (b"a/", "unnamed"),
    ("réseau - 网格.dat".encode(), "réseau - 网格.dat"),
    (b"caf\xe9.dat", "caf\ufffd.dat"),
    (b"tab\there.dat", "tabhere.dat"),
    (b"sp ace;semi.dat", "sp ace;semi.dat"),
    (b"x" * 300, "x" * 255),
    (b"<script>.html", "<script>.html"),
    (b"%2e%2e%2fevil.dat", "%2e%2e%2fevil.dat"),
]


def opening(filename: bytes) -> bytes:
    """A form up to the first byte of its file."""
    disposition = b'Content-Disposition: form-data; name="file"; filename="' + filename + b'"\r\n'
    return f"--{BOUNDARY}\r\n".encode() + disposition + b"Content-Type: application/octet-stream\r\n\r\n"


def blobs(service: Service) -> set[str]:
    """Everything in the blob store, finished or not."""
    return {os.path.join(root, name) for root, _, names in os.walk(service.data / "blobs") for name in names}


@pytest.mark.parametrize(("sent", "kept"), BAD_NAMES, ids=[kept[:20] for _, kept in BAD_NAMES])
def test_a_name_leads_nowhere(api: Rescale, sent: bytes, kept: str) -> None:
    """Only the last part of a name counts, whatever its slashes and bytes; the file is staged under that name."""
    body = opening(sent) + b"content\r\n" + f"--{BOUNDARY}--\r\n".encode()
    answer = api.http.post("files/contents/", content=body, headers={"Content-Type": FORM})
    assert (201, kept) == (answer.status_code, answer.json()["name"])
    assert b"content" == api.content(answer.json())


def test_an_odd_name_is_staged_as_it_is(api: Rescale) -> None:
    """A job finds the file under the name that the upload was given."""
    names = ["sp ace;$(touch pwned).dat", "-rf", "réseau.dat", "a'b\"c.dat"]
    files = [api.upload(b"content", name) for name in names]
    outputs = api.outputs(api.run(basic("true", inputs=tuple(files))))
    assert {"process_output.log", *(file["name"] for file in files)} == set(outputs)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Account]]:
    """A service that nobody else uses, so that everything in its blob store is accounted for."""
    with running_service(tmp_path_factory.mktemp("alone"), {"DRAGOMAN_UPLOAD_MAX_BYTES": str(MOST)}) as service:
        yield service, service.account("ada")


@pytest.mark.slow
def test_an_upload_that_is_cut_off_leaves_nothing(alone: tuple[Service, Account]) -> None:
    """5 GB are announced, a little comes, the line drops: nothing is stored, no temporary file stays."""
    service, ada = alone
    before = blobs(service)
    start = head("POST", "/api/v2/files/contents/", ada.token, Content_Type=FORM, Content_Length="5000000000")
    with connected(service.url) as sock:
        sock.sendall(start + opening(b"big.bin") + b"x" * (4 << 20))
        wait_until(lambda: blobs(service) != before)
    with service.client(ada.token) as http:
        assert 0 == http.get("files/").json()["count"]
        wait_until(lambda: blobs(service) == before)
        assert 201 == http.post("files/contents/", files={"file": ("a.txt", b"a")}).status_code


BROKEN_FORMS = {
    "without its end": opening(b"a.txt") + b"content",
    "of nothing": b"",
    "of an end": f"--{BOUNDARY}--\r\n".encode(),
    "with another boundary": opening(b"a.txt").replace(BOUNDARY.encode(), b"other") + b"content\r\n--other--\r\n",
    "with a header that never ends": f"--{BOUNDARY}\r\n".encode() + b"X: " + b"y" * 200_000,
    "with a thousand parts": b"".join(opening(b"a") + b"x\r\n" for _ in range(1100)) + f"--{BOUNDARY}--\r\n".encode(),
}


@pytest.mark.slow
@pytest.mark.parametrize("body", BROKEN_FORMS.values(), ids=BROKEN_FORMS)
def test_a_broken_form_is_refused(alone: tuple[Service, Account], body: bytes) -> None:
    """400 with a JSON object, and nothing is kept."""
    service, ada = alone
    before = blobs(service)
    with service.client(ada.token) as http:
        answer = http.post("files/contents/", content=body, headers={"Content-Type": FORM})
    assert 400 == answer.status_code
    assert isinstance(answer.json(), dict)
    wait_until(lambda: before == blobs(service))


@pytest.mark.slow
def test_a_form_with_two_files_is_refused(alone: tuple[Service, Account]) -> None:
    """400 that names the part, and neither is kept: an answer has room for one, and the other would be lost unseen."""
    service, ada = alone
    before = blobs(service)
    with service.client(ada.token) as http:
        listed = http.get("files/").json()["count"]
        answer = http.post("files/contents/", files=[("file", ("a.txt", b"a")), ("file", ("b.txt", b"b"))])
        assert (400, {"file": ["Send one file at a time."]}) == (answer.status_code, answer.json())
        assert listed == http.get("files/").json()["count"]
    wait_until(lambda: before == blobs(service))


@pytest.mark.slow
@pytest.mark.parametrize("declared", ["application/json", "multipart/form-data", "text/plain", "multipart/mixed; x"])
def test_what_is_no_form_is_refused(alone: tuple[Service, Account], declared: str) -> None:
    """400 or 415."""
    service, ada = alone
    with service.client(ada.token) as http:
        answer = http.post("files/contents/", content=b"x", headers={"Content-Type": declared})
    assert answer.status_code in (400, 415)


@pytest.mark.slow
def test_an_upload_that_is_too_large_is_refused(alone: tuple[Service, Account]) -> None:
    """413 that names the limit, and nothing is kept."""
    service, ada = alone
    before = blobs(service)
    with service.client(ada.token) as http:
        answer = http.post("files/contents/", files={"file": ("big.bin", b"x" * (MOST + 1))})
        assert 413 == answer.status_code
        assert str(MOST) in answer.json()["detail"]
        wait_until(lambda: before == blobs(service))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A place whose data directory is a disk of 48 MB."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs root, to mount a small disk")
    data = tmp_path / "data"
    data.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", data], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a small disk: {mounted.stderr.decode()}")
    yield tmp_path
    subprocess.run(["umount", "-l", data], check=True)


@pytest.mark.slow
def test_a_full_disk_refuses_an_upload(small_disk: Path) -> None:
    """503 that says so; what was written of it is gone, and what fits is taken."""
    with running_service(small_disk) as service, service.client(service.account("ada").token) as http:
        api = Rescale(http)
        small = api.upload(b"small")
        before = blobs(service)
        answer = http.post("files/contents/", files={"file": ("big.bin", b"x" * (64 << 20))})
        assert 503 == answer.status_code
        assert "full" in answer.json()["detail"]
        wait_until(lambda: before == blobs(service))
        assert b"small" == api.content(small)
        assert ["alive"] == api.said(api.run("echo alive"))


ALLOWED = 100_000


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service where nobody's uploads may have more bytes together than that."""
    with running_service(tmp_path_factory.mktemp("limited"), {"DRAGOMAN_UPLOAD_ACCOUNT_BYTES": str(ALLOWED)}) as one:
        yield one


def uploaded(service: Service, name: str) -> int:
    """What the operator sees of somebody."""
    told = json.loads(service.command("account", "list", "--output", "json").stdout)
    return int(next(one["uploaded"] for one in told if one["name"] == name))


@pytest.mark.slow
def test_an_account_may_store_only_so_much(limited: Service) -> None:
    """413 that says what is left, and nothing is kept; a deletion makes room. Outputs do not count, nor do others."""
    with limited.client(limited.account("ada").token) as http, limited.client(limited.account("bob").token) as other:
        api = Rescale(http)
        first = api.upload(b"x" * 60_000)
        before = blobs(limited)
        refused = http.post("files/contents/", files={"file": ("b.bin", b"x" * 40_001)})
        assert (413, True) == (refused.status_code, "40000 bytes more" in refused.json()["detail"])
        assert (before, 60_000) == (blobs(limited), uploaded(limited, "ada"))
        assert ["made"] == api.said(api.run("head -c 90000 /dev/zero > big; echo made"))
        api.upload(b"x" * 40_000)
        assert 413 == http.post("files/contents/", files={"file": ("c.bin", b"x")}).status_code
        assert 201 == http.post("files/contents/", files={"file": ("empty.bin", b"")}).status_code
        assert 201 == other.post("files/contents/", files={"file": ("d.bin", b"x" * ALLOWED)}).status_code
        assert 204 == http.delete(f"files/{first['id']}/").status_code
        assert (40_000, ALLOWED) == (uploaded(limited, "ada"), uploaded(limited, "bob"))
        assert 201 == http.post("files/contents/", files={"file": ("e.bin", b"x" * 60_000)}).status_code


@pytest.mark.slow
def test_uploads_at_the_same_moment_count_together(limited: Service) -> None:
    """Each fits alone; what does not fit any more when it has come is refused, and its bytes are gone."""
    with limited.client(limited.account("eve").token) as http, ThreadPoolExecutor(8) as threads:
        before = blobs(limited)

        def send(number: int) -> int:
            return http.post("files/contents/", files={"file": (f"{number}.bin", b"x" * 60_000)}).status_code

        assert [201, *[413] * 7] == sorted(threads.map(send, range(8)))
        assert 1 == len(blobs(limited) - before)
        assert 60_000 == uploaded(limited, "eve")


def uploads(service: Service, ada: Account, node: Node) -> dict[str, int]:
    """The status with which each door that takes files answers one; a refusal must say why in the door's own shape."""
    bearer, signed = {"Authorization": f"Bearer {ada.token}"}, {"X-Tapis-Token": ada.token}
    with httpx2.Client(base_url=service.url, timeout=30, trust_env=False) as http, service.client(ada.token) as rescale:
        answers = {
            "rescale": rescale.post("files/contents/", files={"file": ("a.bin", b"a")}),
            "tapis3": http.post("/v3/files/ops/local/a.bin", files={"file": b"a"}, headers=signed),
            "tapis2": http.post(
                "/files/v2/media/system/local/", files={"fileToUpload": ("a.bin", b"a")}, headers=bearer
            ),
        }
    texts = {"rescale": "detail", "tapis3": "message", "tapis2": "message"}
    sent = node.upload(f"{time.time_ns()}-a.bin", b"a")
    told = [answer.json()[texts[door]] for door, answer in answers.items() if answer.is_server_error]
    assert [] == [text for text in told if "nearly full" not in text]
    return {**{door: answer.status_code for door, answer in answers.items()}, "node": sent.status}


@pytest.mark.slow
def test_uploads_leave_some_room(small_disk: Path) -> None:
    """Below it none is taken, by any door, and nothing of it is kept; where there is room they go on, as jobs do."""
    with running_service(small_disk) as service:
        ada, node = service.account("ada"), add_node(service, "W023", allow="ada")
        with service.client(ada.token) as http:
            api = Rescale(http)
            filler = small_disk / "data" / "filler"
            filler.write_bytes(b"x" * (shutil.disk_usage(service.data).free - (1 << 20)))
            before = blobs(service)
            assert {503} == set(uploads(service, ada, node).values())
            wait_until(lambda: before == blobs(service))
            assert [] == [path for path in (service.data / "homes").rglob("*") if path.is_file()]
            filler.unlink()
            assert {"rescale": 201, "tapis3": 200, "tapis2": 202, "node": 201} == uploads(service, ada, node)
            large = {"file": ("large.bin", b"x" * (64 << 20))}
            assert "nearly full" in http.post("files/contents/", files=large).json()["detail"]
            assert shutil.disk_usage(service.data).free > 2 << 20
            assert ["alive"] == api.said(api.run("echo alive"))


@pytest.mark.slow
@pytest.mark.serial
def test_a_job_that_fills_the_disk_harms_nobody_for_long(small_disk: Path) -> None:
    """Meanwhile reading goes on and writing is refused at worst; afterwards everything is as before."""
    fill = "dd if=/dev/zero of=big bs=1M; until [ -e go ]; do sleep 0.1; done; rm big; echo over"
    with running_service(small_disk) as service, service.client(service.account("ada").token) as http:
        api = Rescale(http)
        job = api.submit(fill)
        wait_until(lambda: shutil.disk_usage(service.data).free < 1 << 16)
        assert [job] == [one["id"] for one in api.results("jobs/")]
        assert http.post("files/contents/", files={"file": ("a.bin", b"x" * (1 << 20))}).status_code == 503
        assert http.post("jobs/", json={"name": ""}).status_code == 400
        (work,) = found_below(service.data, "runs/*/home/work")
        (work / "go").touch()
        api.wait(job, "Completed")
        assert "over" in api.said(job)
        assert ["alive"] == api.said(api.run("echo alive"))


@pytest.mark.slow
@pytest.mark.serial
def test_a_job_that_leaves_the_disk_full_waits_for_room(small_disk: Path) -> None:
    """Whoever asks is told; as soon as the operator has made room the job ends, with what it left."""
    ballast = small_disk / "data" / "ballast"
    ballast.write_bytes(b"x" * (8 << 20))
    with running_service(small_disk) as service, service.client(service.account("ada").token) as http:
        api = Rescale(http)
        job = api.submit("dd if=/dev/zero of=big bs=1M")
        wait_until(lambda: shutil.disk_usage(service.data).free == 0)
        refused = http.post("jobs/", json=basic("true"))
        assert 503 == refused.status_code
        assert "Free disk space" in refused.json()["detail"]
        ballast.unlink()
        api.wait(job, "Completed")
        assert "A run failed" == api.end(job)
        assert {"big", "process_output.log"} == set(api.outputs(job))
        assert 204 == http.delete(f"jobs/{job}/").status_code
        wait_until(lambda: shutil.disk_usage(service.data).free > 24 << 20)


@pytest.mark.slow
@pytest.mark.serial
def test_on_a_full_disk_jobs_still_end(small_disk: Path) -> None:
    """Whoever has filled it: those that are over end, those under way can be stopped, and a deletion makes room again.

    Meanwhile nothing new is begun.
    """
    with running_service(small_disk) as service, service.client(service.account("ada").token) as http:
        api = Rescale(http)
        other, sleeper = api.submit("sleep 2; echo other"), api.submit("sleep 300")
        for job in (other, sleeper):
            api.wait(job, "Executing")
        filler = api.submit("cat /dev/zero > fill; exit 0")
        for job in (filler, other):
            api.wait(job, "Completed")
            assert FINISHED == api.end(job)
        assert http.post(f"jobs/{sleeper}/force_stop/").status_code == 202
        api.wait(sleeper, "Completed")
        wait_until(lambda: [] == list(service.data.glob("runs/*")))
        assert shutil.disk_usage(service.data).free < 8 << 20
        for _ in range(20):
            refused = http.post("jobs/", json=basic("true"))
            assert 503 == refused.status_code
            assert "Free disk space" in refused.json()["detail"]
        assert 204 == http.delete(f"jobs/{filler}/").status_code
        wait_until(lambda: shutil.disk_usage(service.data).free > 24 << 20)
        assert ["alive"] == api.said(api.run("echo alive"))
        assert 0 == service.stop()


@pytest.mark.slow
@pytest.mark.serial
def test_a_job_that_goes_on_filling_the_disk_can_be_stopped(small_disk: Path) -> None:
    """Whatever room there is, it takes; a kill gets through all the same."""
    fill = "while :; do cat /dev/zero >> fill$((i++ % 9)); done 2> /dev/null"
    with running_service(small_disk) as service, service.client(service.account("ada").token) as http:
        api = Rescale(http)
        job = api.submit(fill)
        wait_until(lambda: shutil.disk_usage(service.data).free == 0)
        assert 503 == http.post("jobs/", json=basic("true")).status_code
        assert http.post(f"jobs/{job}/force_stop/").status_code == 202
        api.wait(job, "Completed")
        assert 204 == http.delete(f"jobs/{job}/").status_code
        wait_until(lambda: shutil.disk_usage(service.data).free > 24 << 20)
        assert ["alive"] == api.said(api.run("echo alive"))
