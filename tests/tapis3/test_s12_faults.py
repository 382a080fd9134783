"""What goes wrong on a host: a full disk, another key, an end in the middle of a file; and many or large inputs."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from tapipy.errors import ForbiddenError, ServiceUnavailableError  # type: ignore[import-untyped]

from tests.service import wait_until
from tests.tapis3.grid import Grid
from tests.tapis3.hosts import grid_of
from tests.tapis3.uploads import half_an_upload

pytestmark = [pytest.mark.slow, pytest.mark.serial, pytest.mark.client]

MIB = 1 << 20
SCRIPT = 'ls | wc -l; [ -z "$1" ] || stat -c %s "$1"'


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grid]:
    """A grid whose host may come and go."""
    with grid_of(tmp_path_factory.mktemp("own"), None) as made:
        yield made


@pytest.fixture(scope="module")
def vm(own: Grid) -> str:
    return own.vm("s12-faulty")


@pytest.fixture(scope="module")
def app(own: Grid, vm: str) -> str:
    """An app that says how many files are with it, and how large one of them is."""
    return own.app("s12-faulty-app", vm, SCRIPT)


@contextmanager
def small_disk(own: Grid, name: str, mebibytes: int) -> Iterator[Path]:
    """A directory of alice's on a small disk of its own, which the host sees."""
    place = own.on_host(name)
    place.mkdir()
    own.host.stop()  # so that it comes back with the new disk
    options = f"size={mebibytes}m,uid={own.alice.uid},gid={own.alice.gid},mode=755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)
    try:
        own.host.start()
        yield place
    finally:
        own.host.stop()
        subprocess.run(["umount", "--lazy", place], check=True)
        own.host.start()


def put(own: Grid, name: str, size: int) -> str:
    """A file of alice's, full of holes; its address."""
    path = own.on_host(name)
    with path.open("wb") as file:
        file.truncate(size)
    os.chown(path, own.alice.uid, own.alice.gid)
    return f"tapis://s12-faulty/{name}"


def left_in(place: Path) -> list[str]:
    """The names of all files in a directory and below."""
    return sorted(one.name for one in place.rglob("*") if one.is_file())


def test_a_full_disk_takes_no_half_of_a_file(own: Grid, vm: str) -> None:
    """Who sends one is told so, and nothing of it is left; there is room again for a smaller one."""
    files = own.ann.tapis.files
    with small_disk(own, "tiny", 2) as place:
        large = Path(own.service.data.parent / "large")
        large.write_bytes(bytes(4 * MIB))
        with pytest.raises(ServiceUnavailableError) as told, large.open("rb") as file:
            files.insert(systemId=vm, path="/tiny/large", file=file)
        assert "full" in str(told.value).lower() or "space" in str(told.value).lower()
        assert [] == left_in(place)
        large.write_bytes(bytes(MIB))
        with large.open("rb") as file:
            files.insert(systemId=vm, path="/tiny/small", file=file)
        assert ["small"] == left_in(place)


@pytest.fixture(scope="module")
def bare(own: Grid, vm: str, app: str) -> str:
    """The same app, whose archive is on the host already, so that nothing is brought in."""
    image = str(own.on_host(f"apps/{app}.zip"))
    own.ann.tapis.apps.createAppVersion(id="s12-bare-app", version="1", runtime="ZIP", containerImage=image)
    return "s12-bare-app"


def directories(above: str) -> dict[str, str]:
    """Those of a job that works somewhere else than usual."""
    work = f"{above}/${{JobUUID}}"
    names = {"execSystemExecDir": work, "execSystemInputDir": work, "execSystemOutputDir": f"{work}/output"}
    return {**names, "archiveSystemDir": f"{work}/output"}


def test_a_job_whose_inputs_fill_the_disk(own: Grid, vm: str, app: str) -> None:
    """It fails, says for which file and why, and leaves no half of it; the next one that fits goes well."""
    with small_disk(own, "tiny2", 2) as place:
        source = put(own, "large-input", 4 * MIB)
        inputs = [{"sourceUrl": source, "targetPath": "large"}]
        ended = own.run(app, vm, **directories("/tiny2"), fileInputs=inputs)
        assert ("FAILED", "JOB_TRANSFER_FAILED_OR_CANCELLED") == (ended.status, ended.condition)
        assert "large-input: The disk is full" in ended.lastMessage
        assert "large" not in left_in(place)
        assert "FINISHED" == own.run(app, vm, **directories("/tiny2")).status


def test_a_job_whose_scripts_fill_the_disk(own: Grid, vm: str, bare: str) -> None:
    """It waits as BLOCKED, says why, and goes on by itself when there is room."""
    with small_disk(own, "tiny3", 1) as place:
        filler = place / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        job = own.submit(bare, vm, **directories("/tiny3"))
        own.await_status(job, "BLOCKED")
        assert "disk is full" in own.job(job).lastMessage
        filler.unlink()
        assert "FINISHED" == own.end(job).status
        assert "BLOCKED" in own.statuses(job)


def moved(own: Grid, source: str, target: str) -> str:
    """Ask for a copy; its id."""
    elements = [{"sourceURI": source, "destinationURI": target}]
    return str(own.ann.tapis.files.createTransferTask(tag="x", elements=elements).uuid)


def state(own: Grid, task: str) -> Any:
    """How a copy stands."""
    return own.ann.tapis.files.getTransferTask(transferTaskId=task)


def begun(place: Path) -> bool:
    """Whether some of a file is there, under whatever name."""
    with suppress(FileNotFoundError):  # it may just get its own name
        return any(one.is_file() and one.stat().st_size for one in place.glob("*"))
    return False


def test_connections_die_in_the_middle_of_a_file(own: Grid, vm: str) -> None:
    """It is copied anew; until it is whole there is nothing under its name."""
    source, size = put(own, "much", 512 * MIB), 512 * MIB
    place = own.on_host("cut")
    task = moved(own, source, f"tapis://{vm}/cut/much")
    wait_until(lambda: place.is_dir() and begun(place))
    own.host.cut()
    assert not (place / "much").exists()
    wait_until((place / "much").exists, 120)
    assert size == (place / "much").stat().st_size
    wait_until(lambda: state(own, task).status == "COMPLETED")
    assert ["much"] == left_in(place)  # what the connection that died had in hand is cleared away


@pytest.mark.parametrize("where", ["local", "s12-faulty"])
def test_the_service_is_killed_in_the_middle_of_a_file(own: Grid, vm: str, where: str) -> None:
    """Nobody can clear away the half that it leaves, but for the next service: it does, on this host and on others."""
    place = own.on_host("killed") if where == vm else own.service.data / "homes/ann/killed"
    with half_an_upload(own.ann, where, "/killed/f"):
        wait_until(lambda: place.is_dir() and begun(place), 60)
        own.service.kill()
        assert 1 == len(left_in(place))
    own.service.restart()
    wait_until(lambda: not left_in(place), 60)
    wait_until(lambda: not any((own.service.data / "half-files").iterdir()), 60)


def test_many_small_files_fill_the_disk(own: Grid, vm: str) -> None:
    """The copy fails and says why; those that are there are whole."""
    source = own.on_host("crumbs")
    source.mkdir()
    for number in range(400):
        (source / str(number)).write_bytes(b"x" * 8192)
    with small_disk(own, "tiny4", 2) as place:
        task = moved(own, f"tapis://{vm}/crumbs", f"tapis://{vm}/tiny4")
        wait_until(lambda: state(own, task).status == "FAILED")
        assert "disk is full" in state(own, task).errorMessage
        assert [8192] == list({(place / name).stat().st_size for name in left_in(place)})
        assert not [name for name in left_in(place) if name.endswith(".part")]


@pytest.mark.parametrize("way", ["in", "out"])
def test_the_service_is_killed_among_many_small_files(own: Grid, vm: str, way: str) -> None:
    """All of them arrive, whole, after its next start, and nothing half is left."""
    home = own.service.data / "homes/ann"
    source, target = (home, own.on_host("few")) if way == "in" else (own.on_host(""), home / "few")
    names = sorted(f"small-{number}" for number in range(1_000))
    (source / "little").mkdir()
    for name in names:
        (source / "little" / name).write_text(name)
    systems = ("local", vm) if way == "in" else (vm, "local")
    task = moved(own, f"tapis://{systems[0]}/little", f"tapis://{systems[1]}/few")
    wait_until(lambda: target.is_dir() and begun(target))
    own.service.kill()
    assert all((target / name).read_text() == name for name in left_in(target) if not name.endswith(".part"))
    own.service.restart()
    wait_until(lambda: state(own, task).status == "COMPLETED", 240)
    assert {name: name for name in names} == {name: (target / name).read_text() for name in names}
    wait_until(lambda: names == left_in(target), 60)
    wait_until(lambda: not any((own.service.data / "half-files").iterdir()), 60)


def test_the_host_dies_in_the_middle_of_a_file(own: Grid, vm: str) -> None:
    """And does not come back: the copy fails, says which host, and there is nothing under the file's name."""
    source, place = put(own, "more", 512 * MIB), own.on_host("dead")
    task = moved(own, source, f"tapis://{vm}/dead/more")
    wait_until(lambda: place.is_dir() and begun(place))
    own.host.stop()
    try:
        wait_until(lambda: state(own, task).status == "FAILED", 120)
        assert own.host.host in state(own, task).errorMessage
    finally:
        own.host.start()
    assert not (place / "more").exists()


def test_a_thousand_inputs(own: Grid, vm: str, app: str) -> None:
    """All are there when the program begins; they are one transfer."""
    place = own.on_host("thousand")
    place.mkdir()
    for number in range(1000):
        (place / f"{number}.txt").write_text(str(number))
    inputs = [
        {"sourceUrl": f"tapis://{vm}/thousand/{number}.txt", "targetPath": f"in/{number % 10}/{number}"}
        for number in range(1000)
    ]
    job = own.end(own.submit(app, vm, fileInputs=inputs), seconds=240)
    assert "FINISHED" == job.status, job.lastMessage
    arrived = own.on_host(job.execSystemInputDir) / "in"
    assert {str(number): str(number) for number in range(1000)} == {
        one.name: one.read_text() for one in arrived.glob("*/*")
    }
    summary = own.ann.tapis.files.getTransferTask(transferTaskId=job.inputTransactionId, includeSummary=True)
    assert summary.completeTransfers == summary.totalTransfers >= 1000


def peak(own: Grid) -> int:
    """The most bytes of memory that the service has held since this was last asked."""
    place = Path(f"/proc/{own.service.pid}")
    found = int(re.findall(r"VmHWM:\s+(\d+) kB", (place / "status").read_text())[0]) << 10
    (place / "clear_refs").write_text("5")
    return found


def test_two_gigabytes_of_input(own: Grid, vm: str, app: str) -> None:
    """They pass through the service, which holds little of them at any moment."""
    size = 2 << 30
    source = put(own, "two-gigabytes", size)
    peak(own)
    before = peak(own)
    job = own.end(own.submit(app, vm, "big", fileInputs=[{"sourceUrl": source, "targetPath": "big"}]), seconds=280)
    assert "FINISHED" == job.status, job.lastMessage
    assert str(size) == own.output(job).split()[-1]
    assert peak(own) - before < 96 * MIB
    (own.on_host(job.execSystemInputDir) / "big").unlink()


def test_another_host_key(own: Grid, vm: str, app: str, bare: str) -> None:
    """Nothing is sent there: whoever asks is told both keys, and jobs fail with the same words."""
    own.host.change_key()
    told = r"The host key of 127\.0\.0\.1:\d+ has changed: SHA256:\S+ was kept, SHA256:\S+ was shown"
    with pytest.raises(ForbiddenError, match=told):
        own.ann.tapis.files.listFiles(systemId=vm, path="/")
    ended = own.run(bare, vm)
    assert ("FAILED", "JOB_REMOTE_ACCESS_ERROR") == (ended.status, ended.condition)
    assert re.search(told, ended.lastMessage)
