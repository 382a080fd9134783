"""rescalepy 0.4.2 as it is published, in processes of its own: it believes that it speaks to platform.rescale.com."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests.scenarios.rescale import CASE, FINISHED, Rescale
from tests.service import Account, Service
from tests.tunnel import Tunnel, tunnel

pytestmark = [pytest.mark.slow, pytest.mark.client]

HOST = "platform.rescale.com"
Python = Callable[..., str]


@pytest.fixture(scope="module")
def road(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tunnel]:
    with tunnel(tmp_path_factory.mktemp("tunnel"), (HOST, "itar.rescale.com"), service.url) as opened:
        yield opened


@pytest.fixture
def python(road: Tunnel, demouser: Account, tmp_path: Path) -> Python:
    """Runs Python with these arguments in the test's directory; what it prints."""
    keyring = {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring", "HOME": str(tmp_path)}
    environment = {**os.environ, **road.environment, **keyring, "KEY": demouser.token}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


def script(text: str) -> tuple[str, str]:
    """Arguments that run this text after a client was made."""
    opening = "import os\nfrom pathlib import Path\nfrom rescalepy import Client\nclient = Client(os.environ['KEY'])\n"
    return "-c", opening + dedent(text)


def test_rescalepy_runs_openfoam(python: Python, api: Rescale, road: Tunnel, tmp_path: Path) -> None:
    """A directory is zipped, uploaded, solved, and its 75 results are downloaded to where they belong."""
    if not CASE.is_dir() or shutil.which("simpleFoam") is None:
        pytest.skip("needs the Debian packages openfoam and openfoam-examples")
    shutil.copytree(CASE, tmp_path / "airFoil2D")
    job = python(
        *script("""
        job = client.create_job('Wing', software_code='openfoam', input_files=[Path('airFoil2D')],
                                command='./airFoil2D/Allrun', core_type='standard-plus')
        assert client.submit_job(job) is True
        client.wait_for_job(job, interval=1)
        client.download_all_results(job, Path('results'))
        print(job)
        """)
    ).strip()
    assert FINISHED == api.end(job)
    results = tmp_path / "results"
    got = {str(path.relative_to(results)) for path in results.rglob("*") if path.is_file()}
    assert set(api.outputs(job)) == got
    assert 75 == len(got)
    assert 299246 == (results / "airFoil2D/313/U").stat().st_size
    assert "converged in 313 iterations" in (results / "airFoil2D/log.simpleFoam").read_text()
    assert (HOST, "GET", f"/api/v2/jobs/{job}/files/?page=8") in road.seen


def test_rescalepy_finds_out_what_is_offered(python: Python) -> None:
    """The newest version and the cheapest core type are found, and its default core type is offered."""
    told = python(
        *script("""
        import json
        print(json.dumps([client.get_latest_software_version('user_included'), client.get_cheapest_core(),
                          [core['code'] for core in client.get_core_types()]]))
        """)
    )
    version, cheapest, codes = json.loads(told)
    assert ("0", "standard-plus") == (version, cheapest)
    assert "onyx" in codes


def test_rescalepy_uses_its_defaults(python: Python, api: Rescale, tmp_path: Path) -> None:
    """Nothing chosen but the software: its own core type and walltime are taken."""
    (tmp_path / "hello.txt").write_text("hello")
    job = python(
        *script("""
        job = client.create_job('Small', 'user_included', [Path('hello.txt')], 'cat hello.txt > out.txt')
        client.submit_job(job)
        client.wait_for_job(job, interval=1)
        for file in client.list_job_results_files(job):
            client.download(file['id'], Path(file['name'] + '.got'))
        print(job)
        """)
    ).strip()
    assert "hello" == (tmp_path / "out.txt.got").read_text()
    hardware = api.json(f"jobs/{job}/")["jobanalyses"][0]["hardware"]
    assert ("onyx", 48) == (hardware["coreType"], hardware["walltime"])


def test_rescalepy_uploads_every_type(python: Python, api: Rescale, tmp_path: Path) -> None:
    """Its odd Content-Type header carries the type."""
    (tmp_path / "t.in").write_text("x")
    told = python(*script("print(*[client.upload(Path('t.in'), number).id for number in (1, 2, 3, 4, 5)])"))
    assert [1, 2, 3, 4, 5] == [api.json(f"files/{file}/")["typeId"] for file in told.split()]


def test_rescalepy_runs_a_batch(python: Python, api: Rescale, tmp_path: Path) -> None:
    """Three folders and a common file make three jobs, whose chosen results come back to their folders."""
    (tmp_path / "common.txt").write_text("common")
    for number in range(3):
        (tmp_path / f"case_{number}").mkdir()
        (tmp_path / f"case_{number}/case.in").write_text(f"case {number}")
    python(
        *script("""
        from rescalepy.batch import BatchRunner
        runner = BatchRunner(client, 'user_included', '*.in', lambda folder: 'cat case.in common.txt > case.out',
                             ['*.out'], common_files=[Path('common.txt')], poll_interval=1, download_delay=0)
        runner.run(sorted(Path('.').glob('case_*')))
        """)
    )
    state = json.loads((tmp_path / "rescale.json").read_text())["jobs"]
    assert ["completed"] * 3 == [one["status"] for one in state.values()]
    for number in range(3):
        assert f"case {number}common" == (tmp_path / f"case_{number}/case.out").read_text()
    names = [api.json(f"jobs/{one['job_id']}/")["name"] for one in state.values()]
    assert ["case_0", "case_1", "case_2"] == sorted(names)


def test_rescalepy_is_told_about_an_unknown_project(python: Python, road: Tunnel, api: Rescale) -> None:
    """There are no projects here: its PATCH is refused under the key it looks for, and the job stays without one."""
    told = python(
        *script("""
        job = client.create_job('Project', 'user_included', [], 'true')
        print(job, client.add_job_to_project(job, 'nix'))
        """)
    )
    job, answer = told.split()
    assert (HOST, "PATCH", f"/api/v2/jobs/{job}/") in road.seen
    assert "False" == answer
    assert api.json(f"jobs/{job}/")["projectId"] is None


def test_rescalepy_refuses_a_wrong_key(python: Python) -> None:
    """It asks the root of the API whether the key is good."""
    told = python(
        "-c",
        dedent("""
        from rescalepy import Client
        try:
            Client('0' * 40)
        except ValueError as error:
            print(error)
        """),
    )
    assert told.startswith("API token must be provided")


def test_rescalepy_shows_why_a_job_is_refused(python: Python) -> None:
    """The answer's text is in its error."""
    told = python(
        *script("""
        try:
            client.create_job('Bad', 'user_included', [], 'true', n_cores=3)
        except ValueError as error:
            print(error)
        """)
    )
    assert "coresPerSlot" in told


def test_rescalepys_command_submits(python: Python, demouser: Account, api: Rescale, tmp_path: Path) -> None:
    """The key comes from a keyring; the job it names runs."""
    (tmp_path / "hello.txt").write_text("hello")
    python("-m", "rescalepy", "config", "--api-key", demouser.token)
    words = ["--software-code", "user_included", "--command", "cat hello.txt", "--core-type", "emerald"]
    told = python("-m", "rescalepy", "submit", "By command", "hello.txt", *words)
    job = told.splitlines()[0].removeprefix("Job created with ID: ")
    assert f"Job {job} submitted successfully" in told
    api.wait(job, "Completed")
    assert ["hello"] == api.said(job)
