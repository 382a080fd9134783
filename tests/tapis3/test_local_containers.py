"""Containers on the service's own host: they work, and see no more of it than the job whose they are."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.apptainer import MISSING, PROGRAM, has_apptainer, make_sif
from tests.hosts.images import make_image
from tests.service import Service, running_service
from tests.tapis3.conftest import GRACE
from tests.tapis3.envelopes import refused, told
from tests.tapis3.local_jobs import await_status, submit
from tests.tapis3.people import Person, newcomer

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not has_apptainer(), reason=MISSING)]

APP, IMAGE, HOME = "busybox", "/images/busybox.sif", "/jobs/${JobUUID}"
DIRECTORIES = {f"execSystem{name}Dir": HOME for name in ("Exec", "Input", "Output")}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with an image whose program runs what it is told."""
    place = tmp_path_factory.mktemp("image")
    make_image(f"{place}/busybox", 'exec "$@"')
    make_sif(f"{place}/busybox", f"{place}/busybox.sif")
    return place / "busybox.sif"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that has been told where Apptainer is."""
    with running_service(
        tmp_path_factory.mktemp("own"), {**GRACE, "DRAGOMAN_LOCAL_SINGULARITY": str(PROGRAM)}
    ) as running:
        yield running


@pytest.fixture(scope="module")
def eve(own: Service, image: Path) -> Person:
    """Somebody with an app whose image lies in their own home."""
    return _settler(own, "eve", image)


@pytest.fixture(scope="module")
def victim(own: Service, image: Path) -> Person:
    """Somebody else, with a file."""
    settler = _settler(own, "victim", image)
    _put(settler, "/diary.txt", "dear diary")
    return settler


def _settler(own: Service, name: str, image: Path) -> Person:
    who = newcomer(own, name)
    with image.open("rb") as file:
        who.tapis.files.insert(systemId="local", path=IMAGE, file=file)
    asked = {
        "id": f"{name}-{APP}",
        "version": "1",
        "runtime": "SINGULARITY",
        "containerImage": IMAGE,
        "jobAttributes": {"execSystemId": "local", **DIRECTORIES},
    }
    told(who.http.post("apps", json=asked), 201)
    return who


def _put(who: Person, path: str, text: str) -> None:
    sent = who.http.post(f"files/ops/local{path}", files={"file": (path, text.encode())})
    told(sent)


def run(who: Person, text: str, *options: str, **more: Any) -> tuple[str, str]:
    """Run a text of the image's shell with options for the container; how it ended and what it said."""
    script = f"/scripts/{secrets.token_hex(8)}.sh"
    _put(who, script, text)
    words = [{"arg": word} for word in ("/bin/sh", "./run.sh")]
    parameters = {"appArgs": words, "containerArgs": [{"arg": option} for option in options], **more}
    inputs = [{"sourceUrl": f"tapis://local{script}", "targetPath": "run.sh"}]
    uuid = submit(who, f"{who.name}-{APP}", parameterSet=parameters, fileInputs=inputs)
    status = await_status(who, uuid, "FINISHED", "FAILED")
    out = who.http.get(f"files/content/local/jobs/{uuid}/tapisjob.out")
    return status, out.text if out.status_code == 200 else ""


def test_a_container_here(eve: Person) -> None:
    """It works in the job's own directory, with the job's environment and exit code, and may write there."""
    variables = [{"key": "MODE", "value": "x y$HOME"}]
    status, said = run(eve, 'echo "in $MODE"; ls /.singularity.d/runscript; pwd > where', envVariables=variables)
    assert "FINISHED" == status, said
    assert {"in x y$HOME", "/.singularity.d/runscript"} <= set(said.splitlines())
    assert "FAILED" == run(eve, "exit 3")[0]


def test_a_cancelled_container_ends(eve: Person, own: Service) -> None:
    """Nothing of it is left."""
    mark = f"4{secrets.randbelow(10**9):09}"
    uuid = submit(eve, f"{eve.name}-{APP}", "/bin/sleep", mark)
    await_status(eve, uuid, "RUNNING")
    told(eve.http.post(f"jobs/{uuid}/cancel", json={}))
    await_status(eve, uuid, "CANCELLED")
    assert not [pid for pid in Path("/proc").glob("[0-9]*") if mark.encode() in _argv(pid)]


def _argv(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize(
    "options",
    [
        ("--bind {data}:/mnt",),
        ("--mount type=bind,source={data},destination=/mnt",),
        ("--bind /:/mnt",),
        ("--home {data}:/mnt",),
        ("--bind {data}:/mnt", "--security uid:0", "--add-caps all", "--writable-tmpfs"),
        ("--bind {data}:/mnt", "--no-privs"),
        ("--bind {data}/homes:/mnt/homes",),
    ],
)
def test_it_shows_nothing_of_the_house(own: Service, eve: Person, victim: Person, options: tuple[str, ...]) -> None:
    """Whatever it binds: not the database, not the keys, not what somebody else has."""
    mounts = [option.format(data=own.data) for option in options]
    secret = own.data / "server.key"
    assert secret.is_file()
    diary = next((own.data / "homes" / victim.name).glob("diary.txt"))
    look = "".join(f"cat /mnt{tail} /mnt{path} {path}\n" for path, tail in _tails(own, secret, diary))
    listing = f"ls /mnt /mnt/homes /mnt{own.data}/homes"
    status, said = run(eve, f"echo begun; exec 2> /dev/null; {look}{listing}; exit 0", *mounts)
    assert "FINISHED" == status, said
    assert {"begun", eve.name} <= set(said.splitlines())  # the mount is there
    assert "dear diary" not in said
    assert victim.name not in said
    assert "dragoman.db" not in said


def _tails(own: Service, *paths: Path) -> list[tuple[Path, str]]:
    return [(path, str(path).removeprefix(str(own.data))) for path in paths]


def test_covers_cannot_be_taken_away(own: Service, eve: Person, victim: Person) -> None:
    """Also by who is root in a namespace of their own, with every right there."""
    text = (
        f"busybox umount -l {own.data} /outer{own.data}; busybox umount -l /outer; cat /outer{own.data}/homes/*/*.txt"
    )
    status, said = run(eve, f"id -u; {text}; exit 0", "--bind /:/outer", "--security uid:0", "--add-caps all")
    assert "FINISHED" == status, said
    assert "0" in said.splitlines()
    assert "dear diary" not in said


def test_sockets_of_engines_are_out_of_reach(eve: Person) -> None:
    """What lies in /run of the host is not there."""
    status, said = run(eve, "echo begun; ls /mnt; exit 0", "--bind /run:/mnt")
    assert "FINISHED" == status, said
    assert "begun" in said.splitlines()
    assert "docker" not in said
    # Singularity itself says that there is nothing to bind.
    assert "FAILED" == run(eve, "exit 0", "--bind /var/run/docker.sock:/mnt/docker.sock")[0]


def test_other_processes_are_out_of_reach(eve: Person, own: Service) -> None:
    """The service is none of those that it sees."""
    status, said = run(eve, "cat /mnt/*/cmdline; echo; echo seen", "--bind /proc:/mnt")
    assert "FINISHED" == status
    assert "seen" in said
    assert "serve" not in said


def test_docker_is_refused_with_the_reason(eve: Person) -> None:
    """Its engine is outside of every confinement; Singularity runs the same images."""
    asked = {"id": "dock", "version": "1", "runtime": "DOCKER", "containerImage": "tapis/busybox:1"}
    told(eve.http.post("apps", json={**asked, "jobAttributes": {"execSystemId": "local"}}), 201)
    answer = eve.http.post("jobs/submit", json={"name": "d", "appId": "dock", "appVersion": "1"})
    why = refused(answer, 400)
    assert "execSystemId" in why
    assert "runtime SINGULARITY, which takes docker://IMAGE too" in why


def test_without_a_program_it_is_refused(service: Service, ann: Person) -> None:
    """It says who knows more."""
    asked = {"id": "sing", "version": "1", "runtime": "SINGULARITY", "containerImage": "docker://tapis/busybox"}
    told(ann.http.post("apps", json={**asked, "jobAttributes": {"execSystemId": "local"}}), 201)
    answer = ann.http.post("jobs/submit", json={"name": "s", "appId": "sing", "appVersion": "1"})
    assert "dragoman doctor" in refused(answer, 400)
