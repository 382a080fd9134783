"""Containers on the service's own host: they work, and see no more of it than the job whose they are."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.apptainer import MISSING, PROGRAM, has_apptainer, make_sif
from tests.hosts.images import make_image
from tests.hosts.registry import Registry, registry
from tests.service import Service, running_service
from tests.tapis3.conftest import GRACE
from tests.tapis3.envelopes import refused, told
from tests.tapis3.job_examples import args
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


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Registry]:
    """A registry on this host, which as Docker has it needs no certificate."""
    with registry(tmp_path, is_plain=True) as open_one:
        yield open_one


SEES = """
echo "$1|$MODE|$OWN|$(pwd)|$(cat /TapisInput/run.sh)|"
echo kept > /TapisOutput/kept.txt
(echo no > /TapisInput/no.txt) 2> /dev/null || echo read-only
ls /TapisExec/tapisjob.sh
exit 7
"""


def test_an_image_of_docker_here(own: Service, eve: Person, shelf: Registry, tmp_path: Path) -> None:
    """Singularity takes the engine's place: the image's own words, its directory, the three mounts; fetched once."""
    place = tmp_path / "image"
    make_image(str(place), "exec false")
    os.makedirs(place / "app")
    (place / "app" / "main.sh").write_text(SEES)
    words = {"Entrypoint": ["/bin/sh", "main.sh"], "Cmd": ["usual"], "WorkingDir": "/app", "Env": ["OWN=mine"]}
    image = shelf.push("lab/sees", "1", str(place), **words)
    _add_docker(eve, "sees", image)
    said = _sees(eve)
    assert ["usual|x y$HOME|mine|/app|a file|", "read-only", "/TapisExec/tapisjob.sh"] == said
    shelf.close()
    assert "given|x y$HOME|mine|/app|a file|" == _sees(eve, "given")[0]
    assert "can't open 'main.sh'" in _sees(eve, options=("--workdir /TapisOutput",))[0]
    assert ["/bin/sh main.sh"] == _sees(eve, "/bin/sh", "main.sh", options=("--entrypoint /bin/echo", "--rm"))


@pytest.mark.parametrize("option", ["--volume {data}:/mnt", "--mount type=bind,src={data},target=/mnt,readonly"])
def test_its_mounts_show_nothing_of_the_house(
    own: Service, eve: Person, victim: Person, shelf: Registry, tmp_path: Path, option: str
) -> None:
    """They are those of a container of Singularity."""
    make_image(str(tmp_path / "image"), "exec false")
    name = f"looks-{len(option)}"
    look = ["/bin/ls", "-R", "/mnt", "/mnt/homes"]
    _add_docker(eve, name, shelf.push("lab/looks", "1", str(tmp_path / "image"), Entrypoint=look))
    said = _sees(eve, app=name, options=(option.format(data=own.data),))
    assert eve.name in "\n".join(said)
    assert victim.name not in "\n".join(said)
    assert "dragoman.db" not in "\n".join(said)


def test_what_an_engine_does_is_done_without_one(eve: Person, shelf: Registry, tmp_path: Path) -> None:
    """A directory in memory, no network, another name, some CPUs only; what cannot be kept is refused at once."""
    make_image(str(tmp_path / "image"), "exec false")
    look = """
busybox hostname
busybox grep -c : /proc/net/dev; busybox nproc
cat /opt/big/* 2> /dev/null; echo x > /opt/big/x && cat /opt/big/x
busybox stat -c %a /opt/big; busybox df /opt/big | busybox tail -n 1
"""
    os.makedirs(tmp_path / "image/opt/big")
    (tmp_path / "image/opt/big/hidden").write_text("hidden")
    (tmp_path / "image/look.sh").write_text(look)
    _add_docker(eve, "kept", shelf.push("lab/kept", "1", str(tmp_path / "image"), Entrypoint=["/bin/sh", "/look.sh"]))
    said = _sees(eve, app="kept", options=("-h zebra", "--network none", "--cpuset-cpus 0", "--tmpfs /opt/big"))
    assert ["zebra", "1", "1", "x"] == said[:4], said
    assert "1777" == said[4]
    assert said[5].startswith("tmpfs ")
    for option in ("--memory 1g", "--cpus 1", "--tmpfs /x:size=1m", "--publish 80:80"):
        asked = {"name": "j", "appId": "kept", "appVersion": "1", **args(option, key="containerArgs")}
        why = refused(eve.http.post("jobs/submit", json=asked), 400)
        assert option.partition(" ")[0] in why
        assert "containerArgs" in why


@pytest.mark.parametrize("option", ["--pid", "--containall", "--compat"])
def test_what_wants_processes_of_its_own(eve: Person, option: str) -> None:
    """It gets them, unless the service is root: then it is refused at once."""
    if os.geteuid() != 0:
        assert "FINISHED" == run(eve, "exit 0", option)[0]
        return
    asked = {"name": "j", "appId": f"eve-{APP}", "appVersion": "1", **args(option, key="containerArgs")}
    assert f"The singularity option {option} needs a /proc" in refused(eve.http.post("jobs/submit", json=asked), 400)


def _add_docker(who: Person, name: str, image: str) -> None:
    asked = {"id": name, "version": "1", "runtime": "DOCKER", "containerImage": image}
    apart = {
        f"execSystem{name}Dir": f"{HOME}{below}" for name, below in (("Exec", ""), ("Input", "/in"), ("Output", "/out"))
    }
    told(who.http.post("apps", json={**asked, "jobAttributes": {"execSystemId": "local", **apart}}), 201)
    _put(who, "/a.txt", "a file")


def _sees(who: Person, *words: str, app: str = "sees", options: tuple[str, ...] = ()) -> list[str]:
    """What the image says, however it ends."""
    parameters = {
        "appArgs": [{"arg": word} for word in words],
        "containerArgs": [{"arg": option} for option in options],
        "envVariables": [{"key": "MODE", "value": "x y$HOME"}],
    }
    inputs = [{"sourceUrl": "tapis://local/a.txt", "targetPath": "run.sh"}]
    uuid = submit(who, app, parameterSet=parameters, fileInputs=inputs)
    await_status(who, uuid, "FINISHED", "FAILED")
    text = who.http.get(f"files/content/local/jobs/{uuid}/out/tapisjob.out").text
    return text.splitlines()


def test_without_a_program_it_is_refused(service: Service, ann: Person) -> None:
    """It says who knows more."""
    for runtime in ("SINGULARITY", "DOCKER"):
        asked = {"id": runtime, "version": "1", "runtime": runtime, "containerImage": "docker://tapis/busybox"}
        told(ann.http.post("apps", json={**asked, "jobAttributes": {"execSystemId": "local"}}), 201)
        answer = ann.http.post("jobs/submit", json={"name": "s", "appId": runtime, "appVersion": "1"})
        assert "dragoman doctor" in refused(answer, 400)
