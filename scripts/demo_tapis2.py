"""The third act of ``make demo``: a job through the requests that the command line of Tapis v2 sends, on this host."""

import json
import time
from typing import Any

import httpx2
from rich.console import Console

ENDS = ("FINISHED", "FAILED", "STOPPED")
WRAPPER = """\
# Throws darts at a square and counts those inside the circle.
awk -v n=${darts} 'BEGIN { srand(7); for (i = 0; i < n; i++) { x = rand(); y = rand(); if (x * x + y * y < 1) c++ }
                   printf "pi is about %.4f, say %d darts\\n", 4 * c / n, n }' > pi.txt
"""
APP = {
    "name": "demo.darts",
    "version": "1.0",
    "parallelism": "SERIAL",
    "executionType": "CLI",
    "executionSystem": "local",
    "deploymentSystem": "local.storage",
    "deploymentPath": "applications/darts",
    "templatePath": "wrapper.sh",
    "testPath": "wrapper.sh",
    "parameters": [{"id": "darts", "value": {"type": "number", "default": 2_000_000, "required": True}}],
}


def walk(url: str, name: str, password: str, console: Console) -> bool:
    """Log in, register an app with a wrapper template, run it, show what is archived; whether all went well."""
    with httpx2.Client(base_url=url, timeout=60, trust_env=False) as http:
        client = _told(http.post("/clients/v2/", data={"clientName": "demo"}, auth=(name, password)))
        words = {"grant_type": "password", "username": name, "password": password, "scope": "PRODUCTION"}
        token = http.post("/token", data=words, auth=(client["consumerKey"], client["consumerSecret"])).json()
        http.headers["Authorization"] = f"Bearer {token['access_token']}"
        console.print(f"   logged in as {name}, for {token['expires_in']} seconds")
        files = "/files/v2/media/system/local.storage/"
        http.put(files, data={"action": "mkdir", "path": APP["deploymentPath"]})
        http.post(f"{files}{APP['deploymentPath']}", files={"fileToUpload": ("wrapper.sh", WRAPPER)})
        app = _told(http.post("/apps/v2/", files={"fileToUpload": ("app.json", json.dumps(APP))}))
        job = _told(http.post("/jobs/v2/", json={"name": "darts", "appId": app["id"], "archive": True}))
        console.print(f"   job {job['id']}: app {app['id']} on the system local\n")
        end = _watch(http, job["id"], console)
        output = http.get(f"{files}{job['archivePath']}/pi.txt")
        console.print(f"\n[bold]pi.txt[/], from the archive: {output.text.strip()}")
    return end == "FINISHED"


def _told(answer: httpx2.Response) -> Any:
    answer.raise_for_status()
    return answer.json()["result"]


def _watch(http: httpx2.Client, job: str, console: Console) -> str:
    began, last = time.monotonic(), ""
    while last not in ENDS:
        status: str = _told(http.get(f"/jobs/v2/{job}/status"))["status"]
        if status != last:
            console.print(f"   {time.monotonic() - began:6.2f} s  [bold cyan]{status}[/]")
            last = status
        time.sleep(0.02)
    return last
