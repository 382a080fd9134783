"""Outputs without end: too large, too many, or holes only. Whoever leaves them, everybody else goes on."""

import io
import zipfile
from collections.abc import Callable, Iterator

import pytest

from tests.scenarios.processes import found_below
from tests.scenarios.rescale import FINISHED, Rescale, basic
from tests.service import Service, running_service, wait_until

ENDLESS = "truncate -s 15T big"
"""A file of holes alone takes no room and no time to make, and would take hours to read."""
LIMIT = 1_000_000
FILES = 100


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that keeps a megabyte or a hundred files of each run."""
    limits = {"DRAGOMAN_LOCAL_OUTPUT_BYTES": str(LIMIT), "DRAGOMAN_LOCAL_OUTPUT_FILES": str(FILES)}
    with running_service(tmp_path_factory.mktemp("strict"), limits) as service:
        yield service


@pytest.fixture(scope="module")
def ada(strict: Service) -> Iterator[Rescale]:
    with strict.client(strict.account("ada").token) as http:
        yield Rescale(http)


TOO_MUCH = {
    "a file of holes": ENDLESS,
    "one large file": f"head -c {LIMIT + 1} /dev/zero > big",
    "many small files": "for i in {1..150}; do echo $i > f$i; done",
    "many directories": "mkdir d; cd d; mkdir {1..150}",
    "many links to a file": f"head -c {LIMIT // 10} /dev/zero > a; for i in {{1..20}}; do ln a b$i; done",
}


@pytest.mark.parametrize("left", TOO_MUCH)
def test_of_too_much_only_the_log_is_kept(ada: Rescale, left: str) -> None:
    """The job says so and names the setting; whether its command succeeded or not."""
    for code in (0, 3):
        job = ada.run(f"echo said; {TOO_MUCH[left]}; exit {code}")
        assert "(setting local.output_" in ada.end(job)
        assert ["process_output.log"] == list(ada.outputs(job))
        assert ["said"] == ada.said(job)


def test_a_log_of_holes_is_not_kept_either(ada: Rescale) -> None:
    """Nothing is kept then, and the job ends all the same."""
    job = ada.run("truncate -s 15T process_output.log")
    assert "(setting local.output_bytes). Nothing was kept." in ada.end(job)
    assert {} == ada.outputs(job)


def test_what_is_just_not_too_much_is_kept(ada: Rescale) -> None:
    """Every file of it."""
    job = ada.run("for i in {1..99}; do head -c 9000 /dev/zero > f$i; done")
    assert FINISHED == ada.end(job)
    assert FILES == len(ada.outputs(job))


@pytest.mark.slow
@pytest.mark.serial
def test_endless_outputs_hold_nobody_up(own_service: Callable[..., Service]) -> None:
    """Where no limit helps: others are staged, run, read and kept meanwhile; a kill ends it, and so does SIGTERM."""
    service = own_service(local_output_bytes=1 << 60, local_slots=10)
    endless, other = service.account("endless"), service.account("other")
    with service.client(endless.token) as first, service.client(other.token) as second:
        enemy, api = Rescale(first), Rescale(second)
        jobs = [enemy.submit(f"echo said; {ENDLESS}") for _ in range(8)]
        wait_until(lambda: _collecting(service) == len(jobs))
        _go_on(api)
        enemy.http.post(f"jobs/{jobs[0]}/force_stop/")
        enemy.wait(jobs[0], "Completed")
        assert ["process_output.log"] == list(enemy.outputs(jobs[0]))
        assert ["said"] == enemy.said(jobs[0])
        _ends_and_starts_again(service)
        wait_until(lambda: _collecting(service) == len(jobs) - 1)
        _go_on(api)
        for job in jobs[1:]:
            enemy.http.post(f"jobs/{job}/force_stop/")
        for job in jobs[1:]:
            enemy.wait(job, "Completed")
        assert not [path for path in service.data.glob("blobs/*/*") if path.stat().st_size > 1 << 40]


def _collecting(service: Service) -> int:
    """How many runs have a file of theirs open in the blob store."""
    return len(list(service.data.glob("blobs/incoming/*")))


def _ends_and_starts_again(service: Service) -> None:
    assert 0 == service.stop()  # in time, or it fails
    service.restart()


def _go_on(api: Rescale) -> None:
    """Somebody else's whole day at work, in a time that is nothing beside what the others would take."""
    file = api.upload(b"x" * (4 << 20), "input.bin")
    job = api.run(basic("cat input.bin input.bin input.bin input.bin input.bin > out.bin", inputs=(file,)))
    assert FINISHED == api.end(job)
    assert 20 << 20 == len(api.content(api.outputs(job)["out.bin"]))


@pytest.mark.slow
def test_a_stop_ends_the_unpacking_of_inputs(own_service: Callable[..., Service]) -> None:
    """Nobody waits for an archive that takes long."""
    service = own_service()
    with service.client(service.account("ada").token) as http:
        api = Rescale(http)
        bomb = api.upload(_slow_archive(), "slow.zip")
        job = api.submit(basic("echo never", inputs=(bomb,)))
        wait_until(lambda: found_below(service.data, "runs/*/home/work/*"))
        api.http.post(f"jobs/{job}/stop/")
        api.wait(job, "Completed")
        assert "User Terminated" == api.end(job)
        wait_until(lambda: not list(service.data.glob("runs/*")))
        assert ["alive"] == api.said(api.run("echo alive"))


def _slow_archive() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(150_000):
            archive.writestr(zipfile.ZipInfo(f"{number % 100}/{number}"), b"")
    return target.getvalue()
