"""Runs that reach for what is not theirs: settings, secrets, the service's home, and the host's own directories."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.scenarios.rescale import FINISHED, Rescale, analysis
from tests.service import PROGRAM, Service

pytestmark = pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap, which confines runs")

SECRET = "postgresql+psycopg://ada:hush@db/dragoman"


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A directory that anybody may enter, neither below /tmp, nor in a home, nor the service's own."""
    places = ("/var/lib", "/opt", os.getcwd())
    place = next(place for place in places if os.access(place, os.W_OK))
    with tempfile.TemporaryDirectory(dir=place, prefix="dragoman-test-") as directory:
        os.chmod(directory, 0o755)
        yield Path(directory)


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory in the home of the service's account."""
    with tempfile.TemporaryDirectory(dir=os.path.expanduser("~"), prefix="dragoman-test-") as directory:
        yield Path(directory)


@pytest.mark.slow
def test_the_settings_file_cannot_be_read(own_service: Callable[..., Service], elsewhere: Path) -> None:
    """It holds the password of the database, wherever it lies; what lies beside it can be read."""
    file, beside = elsewhere / "dragoman.toml", elsewhere / "beside"
    file.write_text(f"[upload]\nmax_bytes = 4711 # {SECRET}\n")
    beside.write_text("anybody's\n")
    service = own_service()
    service.stop()
    service.program = ("sh", "-c", f'exec "$0" "$@" --config {file}', PROGRAM)
    service.restart()
    with service.client(service.account("ada").token) as http:
        api = Rescale(http)
        job = api.run(f"cat {beside}; cat {file} && echo read; true")
        assert ["anybody's", f"cat: {file}: Permission denied"] == api.said(job)


@pytest.mark.slow
def test_the_home_of_the_service_looks_empty(own_service: Callable[..., Service], home: Path) -> None:
    """But for what is to be shown of it, which cannot be written."""
    for name in ("shown", "hidden"):
        (home / name).mkdir()
        (home / name / "file").write_text(f"{name}\n")
    service = own_service(local_show=home / "shown")
    with service.client(service.account("ada").token) as http:
        api = Rescale(http)
        service_home = os.path.expanduser("~")
        job = api.run(f"ls -A {service_home} /root; cat {home}/shown/file; ls {home}; touch {home}/shown/x; true")
        assert FINISHED == api.end(job)
        said = api.said(job)
        assert ["shown", "shown"] == [line for line in said if line in ("shown", "hidden")]
        assert "Read-only file system" in said[-1]
        assert not {".ssh", ".bashrc", ".cache", "hidden"} & set(said)


def escapes(target: Path) -> dict[str, str]:
    """What a step may leave in its /tmp, so that the next one's confinement would be made on the host itself."""
    first = target.parts[2]
    lead = f"cd /tmp; [ -e {first} ] && mv {first} old;"
    return {
        "a link of its data directory": f"{lead} ln -s /oldroot{target} {first}",
        "a link to the root": f"{lead} ln -s /oldroot {first}",
        "links all the way": f"{lead} for n in {first} $(echo {target} | tr / ' '); do ln -s /oldroot{target} $n; done",
    }


@pytest.mark.slow
@pytest.mark.parametrize("way", escapes(Path("/tmp/x")))
def test_what_a_step_leaves_in_its_tmp_leads_nowhere(service: Service, api: Rescale, tmp_path: Path, way: str) -> None:
    """The next step begins with an empty one; nothing is made on the host."""
    if service.data.parts[1] != "tmp":
        pytest.skip("needs a data directory below /tmp")
    victim = tmp_path / "victim"
    victim.mkdir()
    before = {path.name for path in Path("/").iterdir()}
    attack = f"{escapes(victim)[way]}; ls /tmp; touch /tmp/left"
    job = api.run({"name": "An escape", "jobanalyses": [analysis(attack), analysis("ls -A /tmp /var/tmp")]})
    assert FINISHED == api.end(job)
    assert [] == list(victim.iterdir())
    assert before == {path.name for path in Path("/").iterdir()}
    assert 1 == api.said(job).count("old")
    assert "left" not in api.said(job)
