"""``make demo``: from nothing, a service of its own, a real job in each language, and the results shown."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text
from scripts import demo_field, demo_tapis2, demo_tapis3

CASE = Path("/usr/share/doc/openfoam-examples/examples/incompressible/simpleFoam/airFoil2D")
DRAGOMAN = [sys.executable, "-m", "dragoman"]
console = Console(highlight=False, soft_wrap=True)


class Api:
    """The calls of the Rescale tutorial, with nothing but the standard library."""

    def __init__(self, url: str, token: str) -> None:
        self.base = f"{url}/api/v2/"
        self.headers = {"Authorization": f"Token {token}"}

    def call(self, path: str, body: bytes | None = None, kind: str = "application/json", method: str = "") -> bytes:
        """One request; the bytes of its answer."""
        headers = {**self.headers, "Content-Type": kind} if body is not None else self.headers
        verb = method or ("GET" if body is None else "POST")
        request = urllib.request.Request(self.base + path, data=body, headers=headers, method=verb)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            raw: bytes = answer.read()
            return raw

    def get(self, path: str) -> Any:
        """A JSON answer."""
        return json.loads(self.call(path))

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        """Send a file."""
        mark = uuid.uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{mark}--\r\n".encode()
        answer: dict[str, Any] = json.loads(self.call("files/contents/", body, f"multipart/form-data; boundary={mark}"))
        return answer


@contextlib.contextmanager
def service(data: Path) -> Iterator[str]:
    """A service on a free port; its URL."""
    argv = [*DRAGOMAN, "serve", "--data", str(data), "--port", "0"]
    # The jobs of this demonstration use its own Python, which may lie in our home; nothing else is seen of that.
    environ = {**os.environ, "DRAGOMAN_LOCAL_SHOW": f"{sys.prefix}{os.pathsep}{sys.base_prefix}"}
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environ)
    try:
        line = process.stdout.readline() if process.stdout else ""
        if " at " not in line:
            raise SystemExit("The service did not start; see the messages above.")
        yield line.rsplit(" at ", 1)[1].strip()
    finally:
        process.terminate()
        process.wait(20)


def account(data: Path, password: str) -> str:
    """The token of a new account, named demo."""
    argv = ["account", "add", "demo", "--email", "demo@example.com", "--password", password]
    out = subprocess.run(
        [*DRAGOMAN, *argv, "--data", str(data), "--output", "json"], check=True, capture_output=True, text=True
    )
    token: str = json.loads(out.stdout)["token"]
    return token


def zipped(folder: Path) -> bytes:
    """A folder as a zip archive that keeps execution bits."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(shutil.copytree(folder, Path(place) / folder.name))
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(copy.rglob("*")):
                archive.write(path, path.relative_to(place))
        return buffer.getvalue()


def openfoam_job(api: Api) -> dict[str, Any]:
    """The job of the Rescale tutorial: a NACA airfoil, solved by simpleFoam."""
    file = api.upload("airfoil2d.zip", zipped(CASE))
    return {
        "name": "Airfoil (OpenFOAM)",
        "jobanalyses": [
            {
                "command": "./airFoil2D/Allrun",
                "analysis": {"code": "openfoam", "version": "2.3.0-openmpi"},
                "hardware": {"coresPerSlot": 1, "slots": 1, "coreType": "standard-plus"},
                "inputFiles": [{"id": file["id"]}],
            }
        ],
    }


def heat_job(api: Api) -> dict[str, Any]:
    """A plate with two hot edges cools towards its steady state; small, but computed for real."""
    file = api.upload("heat.py", (Path(__file__).parent / "heat.py").read_bytes())
    return {
        "name": "Heat equation (Python)",
        "jobanalyses": [
            {
                "command": f"{sys.executable} heat.py",
                "analysis": {"code": "user_included", "version": "0"},
                "hardware": {"coresPerSlot": 1, "slots": 1, "coreType": "standard-plus"},
                "inputFiles": [{"id": file["id"]}],
            }
        ],
    }


def display(api: Api, job: str, began: float) -> Table:
    """What there is to see of a job now."""
    table = Table.grid(padding=(0, 2))
    for status in reversed(api.get(f"jobs/{job}/statuses/")["results"]):
        table.add_row(
            status["statusDate"][11:23], Text(status["status"], style="bold cyan"), status["statusReason"] or ""
        )
    lines: list[str] = []
    with contextlib.suppress(urllib.error.HTTPError):
        lines = api.get(f"jobs/{job}/runs/1/tail/process_output.log?lines=4")["lines"]
    for line in lines:
        table.add_row("", Text(line[:110], style="dim"))
    table.add_row(f"{time.monotonic() - began:6.1f} s")
    return table


def watch(api: Api, job: str) -> dict[str, Any]:
    """Show a job until it has ended; its last status."""
    began = time.monotonic()
    with Live(console=console, refresh_per_second=8) as live:
        while True:
            live.update(display(api, job, began))
            newest = api.get(f"jobs/{job}/statuses/")["results"][:1]
            if newest and newest[0]["status"] == "Completed":
                live.update(display(api, job, began))
                last: dict[str, Any] = newest[0]
                return last
            time.sleep(0.2)


def results(api: Api, job: str) -> None:
    """The outputs, and the end of the log."""
    files = api.get(f"jobs/{job}/files/?page_size=1000")
    size = sum(file["decryptedSize"] for file in files["results"])
    console.print(f"\n[bold]{files['count']} output files[/], {size:,} bytes, for example")
    for file in files["results"][-6:]:
        console.print(f"   {file['decryptedSize']:>10,}  {file['relativePath']}")
    wanted = [f for f in files["results"] if f["name"] in ("log.simpleFoam", "process_output.log")]
    for file in wanted:
        lines = api.get(f"files/{file['id']}/lines/")["lines"]
        console.print(f"\n[bold]{file['relativePath']}[/] ends:")
        console.print("".join(f"   {line}" for line in lines[-6:]), markup=False)
    for file in files["results"]:
        if file["name"].endswith(".png"):
            target = Path(tempfile.gettempdir()) / file["name"]
            target.write_bytes(api.call(f"files/{file['id']}/contents/"))
            console.print(f"The picture is in {target}")


def main() -> int:
    """Run the demonstration; 0 when the job succeeded."""
    with tempfile.TemporaryDirectory(prefix="dragoman-demo-") as place:
        data, password = Path(place), uuid.uuid4().hex
        console.print("[bold]1. A service on SQLite, from nothing[/]")
        with service(data) as url:
            token = account(data, password)
            api = Api(url, token)
            console.print(f"   {url}  (data in {data})\n")
            codes = {analysis["code"] for analysis in api.get("analyses/?page_size=100")["results"]}
            real = "openfoam" in codes and CASE.is_dir()
            if not real:
                console.print("   OpenFOAM is not installed here: apt-get install openfoam openfoam-examples runs the")
                console.print("   tutorial's airfoil; until then a heat equation in Python takes its place.\n")
            console.print("[bold]2. A real job, in the language of the Rescale API[/]")
            job = json.loads(api.call("jobs/", json.dumps(openfoam_job(api) if real else heat_job(api)).encode()))
            api.call(f"jobs/{job['id']}/submit/", b"")
            console.print(f"   job {job['id']}: {job['name']}: {job['jobanalyses'][0]['command']}\n")
            last = watch(api, job["id"])
            results(api, job["id"])
            good = last["statusReason"] == "Completed successfully"
            console.print(f"\n[bold {'green' if good else 'red'}]{last['status']}: {last['statusReason']}[/]")
            console.print("\n[bold]3. Another, through the unmodified Tapis v3 client[/]")
            good = demo_tapis3.walk(url, "demo", password, console) and good
            console.print("\n[bold]4. And one in the way of Tapis v2's command line[/]")
            good = demo_tapis2.walk(url, "demo", password, console) and good
            console.print("\n[bold]5. A node in the field, with a job file of Sage's[/]")
            good = demo_field.walk(url, data, token, console) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
