"""The second act of ``make demo``: a job through the unmodified Tapis client, on this host."""

import io
import time
import zipfile

from rich.console import Console
from tapipy.tapis import Tapis  # type: ignore[import-untyped]

ENDS = ("FINISHED", "FAILED", "CANCELLED")
PROGRAM = """#!/bin/bash
# Throws darts at a square and counts those inside the circle.
awk -v n="$1" 'BEGIN { srand(7); for (i = 0; i < n; i++) { x = rand(); y = rand(); if (x * x + y * y < 1) c++ }
               printf "pi is about %.4f, say %d darts\\n", 4 * c / n, n }'
"""


def walk(url: str, name: str, password: str, console: Console) -> bool:
    """Register an app, run it, show what it wrote; whether all went well."""
    client = Tapis(base_url=url, username=name, password=password)
    client.get_tokens()
    console.print(f"   logged in as {name} at the tenant {client.tenant_id}")
    upload = io.BytesIO(_archive())
    upload.name = "darts.zip"
    client.files.insert(systemId="local", path="/apps/darts.zip", file=upload)
    client.apps.createAppVersion(
        id="darts",
        version="1.0",
        description="Estimates pi",
        runtime="ZIP",
        containerImage="tapis://local/apps/darts.zip",
        jobAttributes={"execSystemId": "local"},
    )
    job = client.jobs.submitJob(
        name="darts", appId="darts", appVersion="1.0", parameterSet={"appArgs": [{"arg": "2000000"}]}
    )
    console.print(f"   job {job.uuid}: app darts 1.0 on the system local\n")
    end = _watch(client, job.uuid, console)
    output = client.jobs.getJobOutputDownload(jobUuid=job.uuid, outputPath="tapisjob.out")
    console.print(f"\n[bold]tapisjob.out[/]: {output.decode().strip()}")
    return end == "FINISHED"


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        program = zipfile.ZipInfo("tapisjob_app.sh")
        program.external_attr = 0o755 << 16
        archive.writestr(program, PROGRAM)
    return buffer.getvalue()


def _watch(client: Tapis, uuid: str, console: Console) -> str:
    began, last = time.monotonic(), ""
    while last not in ENDS:
        status: str = client.jobs.getJobStatus(jobUuid=uuid).status
        if status != last:
            console.print(f"   {time.monotonic() - began:6.2f} s  [bold cyan]{status}[/]")
            last = status
        time.sleep(0.02)
    return last
