"""Apps in archives are unpacked, found and run, and their archive goes when it is not wanted any more."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from dragoman.core.errors import Invalid
from dragoman.core.hosted import Hosted
from tests.tapis3.job_examples import WORK, app, args, cluster, hosted, script
from tests.tapis3.job_host import Host

URL = "https://example.org/apps/model.zip?version=2"
ZIP = app(runtime="ZIP", containerImage=URL)
PROGRAM = '#!/bin/bash\nprintf "%s|" "$MODE" "$@"\nexit 3\n'


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host of its own."""
    return Host(tmp_path)


def archive(members: dict[str, str], kind: str) -> bytes:
    """The bytes of an archive whose programs are not executable."""
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as made:
            for name, text in members.items():
                made.writestr(name, text)
    else:
        with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
            for name, text in members.items():
                member = tarfile.TarInfo(name)
                member.size = len(text)
                packed.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def put(host: Host, work: Hosted, content: bytes) -> Path:
    """Bring the archive in, as the service does."""
    host.stage(work)
    place = host.place(work.sources[-1].target.path)
    place.write_bytes(content)
    return place


BODY = {"parameterSet": {"appArgs": [{"arg": "a 'b c'"}], "envVariables": [{"key": "MODE", "value": "$x`y`"}]}}


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_the_app_of_an_archive_runs(host: Host, kind: str) -> None:
    """Its environment and words are as they were asked for, its code is known, its pid is told, its archive is gone."""
    work = hosted(BODY, of=ZIP, root=str(host.root))
    assert [(URL, f"{WORK}/model.zip")] == [(one.uri, one.target.path) for one in work.sources]
    place = put(host, work, archive({"tapisjob_app.sh": PROGRAM}, kind))
    ran = host.launch(work)
    assert (3, "") == (ran.code, ran.err)
    assert "$x`y`|a|b c|" == host.output(work, "tapisjob.out")
    assert ran.out.strip() == (place.parent / "tapisjob.pid").read_text().strip()
    assert not place.exists()


def test_a_manifest_names_another_program(host: Host) -> None:
    """Wherever it is in the archive."""
    work = hosted(of=ZIP, root=str(host.root))
    manifest = "# x\r\ntapisjob_executable=bin/my prog\r\n"
    put(host, work, archive({"tapisjob.manifest": manifest, "bin/my prog": "#!/bin/bash\necho mine\n"}, "zip"))
    assert 0 == host.launch(work).code
    assert "mine\n" == host.output(work, "tapisjob.out")


def test_an_archive_may_be_kept(host: Host) -> None:
    """There is one option for it, and no other."""
    work = hosted(args("--tapis-zip-save", key="containerArgs"), of=ZIP, root=str(host.root))
    place = put(host, work, archive({"tapisjob_app.sh": PROGRAM}, "zip"))
    host.launch(work)
    assert place.exists()
    for option, what in (("--nv", ZIP), ("--tapis-zip-save", app())):
        with pytest.raises(Invalid, match=r"containerArgs: The option .* is not possible: .*--tapis-zip-save"):
            hosted(args(option, key="containerArgs"), of=what)


def test_an_archive_on_the_host_is_used_and_left(host: Host, tmp_path: Path) -> None:
    """It is nobody's but its owner's."""
    place = tmp_path / "my app.zip"
    place.write_bytes(archive({"tapisjob_app.sh": PROGRAM}, "zip"))
    work = hosted(of=app(runtime="ZIP", containerImage=str(place)), root=str(host.root))
    assert () == work.sources
    assert 3 == host.launch(work).code
    assert place.exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (archive({"other.sh": PROGRAM}, "zip"), "has no tapisjob_app.sh"),
        (archive({"tapisjob.manifest": "tapisjob_executable=../x"}, "zip"), "outside"),
        (b"no archive", "cannot be unpacked"),
    ],
)
def test_a_useless_archive_cannot_be_staged(host: Host, content: bytes, told: str) -> None:
    """The last line says why."""
    work = hosted(of=ZIP, root=str(host.root))
    put(host, work, content)
    ran = host.run(work, work.prepare)
    assert 1 == ran.code
    assert told in ran.err.splitlines()[-1]


def test_a_missing_archive_is_told_by_its_name(host: Host, tmp_path: Path) -> None:
    """Where the directories of the host lie is not for everybody to see."""
    work = hosted(of=app(runtime="ZIP", containerImage=str(tmp_path / "no app.zip")), root=str(host.root))
    host.stage(work)
    ran = host.run(work, work.prepare)
    assert (1, "The app's archive no app.zip is not where its containerImage says.\n") == (ran.code, ran.err)


def test_preparing_twice_does_no_harm(host: Host) -> None:
    """A service that was killed prepares again."""
    work = hosted(of=ZIP, root=str(host.root))
    put(host, work, archive({"tapisjob_app.sh": PROGRAM}, "zip"))
    assert 0 == host.run(work, work.prepare).code
    assert 3 == host.launch(work).code


def test_a_batch_job_runs_it_in_the_foreground(host: Host) -> None:
    """The code of the script is the app's."""
    work = hosted(BODY, of=ZIP, on=cluster(batchSchedulerProfile=None), root=str(host.root))
    place = put(host, work, archive({"tapisjob_app.sh": PROGRAM}, "zip"))
    assert 0 == host.run(work, work.prepare).code
    ran = host.run(work, f"./{work.batch}")
    assert (3, "$x`y`|a|b c|") == (ran.code, ran.out)
    assert not place.exists()
    assert "nohup" not in script(work)


@pytest.mark.parametrize("image", ["ftp://h/x.zip", "https://h/", "model.zip", "tapislocal://exec.tapis/x.zip"])
def test_an_archive_needs_an_address(image: str) -> None:
    """A path on the host, or an address that files come from."""
    assert hosted(of=app(runtime="ZIP", containerImage=image)).refusal
