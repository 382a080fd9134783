"""Rescale's API in a test's hand: the few calls that every scenario makes, and what they check."""

import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.service import wait_until

CASE = Path("/usr/share/doc/openfoam-examples/examples/incompressible/simpleFoam/airFoil2D")
FINISHED = "Completed successfully"

Json = dict[str, Any]


def basic(command: str, *, inputs: tuple[Json, ...] = (), **more: Any) -> Json:
    """A job of one analysis that runs a shell command on one core; ``more`` goes into the analysis."""
    return {"name": "A job", "jobanalyses": [analysis(command, inputs=inputs, **more)]}


def analysis(command: str, *, inputs: tuple[Json, ...] = (), **more: Any) -> Json:
    """An analysis that runs a shell command on one core."""
    return {
        "analysis": {"code": "user_included", "version": "0"},
        "command": command,
        "hardware": {"coreType": "standard-plus", "coresPerSlot": 1},
        "inputFiles": [{"id": one["id"]} for one in inputs],
        **more,
    }


def airfoil_zip(place: Path) -> Path:
    """The tutorial's case, zipped with its execution bits; the test is skipped where Debian's package is missing."""
    if not CASE.is_dir() or shutil.which("simpleFoam") is None:
        pytest.skip("needs the Debian packages openfoam and openfoam-examples")
    return zip_folder(CASE, place / "airfoil2d.zip")


def zip_folder(folder: Path, target: Path) -> Path:
    """A zip of the folder under its own name, with execution bits."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for root, _, names in os.walk(folder):
            for name in names:
                path = Path(root) / name
                archive.write(path, folder.name / path.relative_to(folder))
    return target


class Rescale:
    """One user's view of the API. ``http`` is there for everything that is not said here."""

    def __init__(self, http: httpx2.Client) -> None:
        self.http = http

    def json(self, path: str, **params: Any) -> Any:
        """The JSON of a GET that must succeed."""
        answer = self.http.get(path, params=params or None)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return answer.json()

    def results(self, path: str, **params: Any) -> list[Json]:
        """The results of a page."""
        found: list[Json] = self.json(path, **params)["results"]
        return found

    def upload(self, content: bytes | Path, name: str = "") -> Json:
        """Upload a file."""
        data = content.read_bytes() if isinstance(content, Path) else content
        name = name or (content.name if isinstance(content, Path) else "input.txt")
        answer = self.http.post("files/contents/", files={"file": (name, data, "application/octet-stream")})
        assert answer.status_code == 201, f"{answer.status_code} {answer.text}"
        stored: Json = answer.json()
        return stored

    def create(self, body: Json | str) -> str:
        """Create a job from a whole body, or from a command; its id."""
        answer = self.http.post("jobs/", json=basic(body) if isinstance(body, str) else body)
        assert answer.status_code == 201, f"{answer.status_code} {answer.text}"
        return str(answer.json()["id"])

    def submit(self, body: Json | str) -> str:
        """Create a job and submit it; its id."""
        job = self.create(body)
        answer = self.http.post(f"jobs/{job}/submit/")
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        assert answer.content == b""
        return job

    def run(self, body: Json | str, deadline: float = 120.0) -> str:
        """Create a job, submit it and wait for its end; its id."""
        job = self.submit(body)
        self.wait(job, "Completed", deadline)
        return job

    def words(self, job: str) -> list[str]:
        """The words of a job's statuses, newest first."""
        return [one["status"] for one in self.results(f"jobs/{job}/statuses/")]

    def wait(self, job: str, word: str, deadline: float = 120.0) -> None:
        """Wait until a job has shown this status."""
        wait_until(lambda: word in self.words(job), deadline)

    def end(self, job: str) -> str:
        """Why a job has ended; it must have."""
        newest: Json = self.results(f"jobs/{job}/statuses/")[0]
        assert newest["status"] == "Completed"
        return str(newest["statusReason"])

    def outputs(self, job: str) -> dict[str, Json]:
        """A job's output files by path."""
        return {one["relativePath"]: one for one in self.results(f"jobs/{job}/files/", page_size=10000)}

    def content(self, file: Json) -> bytes:
        """A file's bytes."""
        answer = self.http.get(f"files/{file['id']}/contents/")
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return answer.content

    def output(self, job: str, path: str) -> str:
        """An output file's text."""
        return self.content(self.outputs(job)[path]).decode()

    def log(self, job: str) -> str:
        """The log of a job that has ended."""
        return self.output(job, "process_output.log")

    def said(self, job: str) -> list[str]:
        """What a job's commands have printed: the lines of its log without stamps and without the house's own."""
        lines = [line.partition("]: ")[2] for line in self.log(job).splitlines()]
        return [line for line in lines if line and not line.startswith(("Launching ", "Exited with code "))]
