"""The shipped OpenFOAM entry runs the distribution's tutorials as they are."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dragoman.config.catalogue import load_catalogue

EXAMPLES = Path("/usr/share/doc/openfoam-examples/examples")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (EXAMPLES.is_dir() and shutil.which("simpleFoam")), reason="needs the packages openfoam, openfoam-examples"
    ),
]

Foam = Callable[..., str]


@pytest.fixture
def foam(tmp_path: Path) -> Foam:
    """Runs a command in an environment that holds nothing but the catalogue's."""
    app = next(app for app in load_catalogue(str(tmp_path / "catalog")).apps if app.name == "openfoam")

    def run(*command: str, cwd: Path) -> str:
        environment = {"PATH": "/usr/bin:/bin", **app.environment}
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=True)
        assert "" == done.stderr
        return done.stdout

    return run


def test_the_unmodified_tutorial_converges(tmp_path: Path, foam: Foam) -> None:
    """airFoil2D leaves 74 files after 313 iterations."""
    shutil.copytree(EXAMPLES / "incompressible/simpleFoam/airFoil2D", tmp_path / "work/airFoil2D")
    said = foam("./airFoil2D/Allrun", cwd=tmp_path / "work")
    assert f"Running simpleFoam on {tmp_path}/work/airFoil2D\n" == said
    log = (tmp_path / "work/airFoil2D/log.simpleFoam").read_text()
    assert "converged in 313 iterations" in log
    assert 74 == sum(len(files) for _, _, files in os.walk(tmp_path / "work"))
    assert "already run" in foam("./airFoil2D/Allrun", cwd=tmp_path / "work")


def test_a_case_runs_in_parallel_on_more_processes_than_cores(tmp_path: Path, foam: Foam) -> None:
    """Cutting a case up and mpirun work by way of the same functions."""
    case = tmp_path / "case"
    shutil.copytree(EXAMPLES / "multiphase/interFoam/laminar/damBreak/damBreak", case)
    shutil.copytree(case / "0", case / "0.orig")
    (case / "Run").write_text(
        '. "$WM_PROJECT_DIR/bin/tools/RunFunctions"\n'
        "restore0Dir\nrunApplication blockMesh\nrunApplication -s again blockMesh\nrunApplication setFields\n"
        "foamDictionary system/controlDict -entry endTime -set 0.01 > log.set\n"
        "runApplication -decomposeParDict system/decomposeParDict decomposePar\nrunParallel $(getApplication)\n"
    )
    said = foam("sh", "-e", "./Run", cwd=case)
    assert f"Running interFoam on {case} using 4 processes\n" in said
    assert "Finalising parallel run" in (case / "log.interFoam").read_text()
    assert (case / "log.blockMesh.again").exists()
