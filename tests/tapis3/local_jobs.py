"""Jobs of this door on the service's own host: the app that sleeps as long as its first word says, and exits so."""

import io
import zipfile
from typing import Any

from tests.service import wait_until
from tests.tapis3.envelopes import told
from tests.tapis3.people import Person

_PROGRAM = '#!/bin/bash\nsleep "$1"\nexit "${2:-0}"\n'
ENDS = ("FINISHED", "FAILED", "CANCELLED")


def put_program(who: Person, name: str, program: str = _PROGRAM) -> None:
    """Put the archive of the app where the app of that name says that it is: on this host, in somebody's own home."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        main = zipfile.ZipInfo("tapisjob_app.sh")
        main.external_attr = 0o755 << 16
        archive.writestr(main, program)
    buffer.seek(0)
    buffer.name = f"{name}.zip"
    who.tapis.files.insert(systemId="local", path=f"/apps/{name}.zip", file=buffer)


def add_app(who: Person, name: str = "sleeper", program: str = _PROGRAM, **attributes: Any) -> str:
    """Register the app. Version 1."""
    put_program(who, name, program)
    asked = {
        "id": name,
        "version": "1",
        "runtime": "ZIP",
        "containerImage": f"tapis://local/apps/{name}.zip",
        "jobAttributes": {"execSystemId": "local", **attributes},
    }
    told(who.http.post("apps", json=asked), 201)
    return name


def submit(who: Person, app: str, *words: str, **more: Any) -> str:
    """Start a job; its id."""
    args = {"appArgs": [{"arg": word} for word in words]}
    asked = {"name": "a job", "appId": app, "appVersion": "1", "parameterSet": args, **more}
    uuid: str = told(who.http.post("jobs/submit", json=asked))["uuid"]
    return uuid


def status(who: Person, job: str) -> str:
    """How a job stands."""
    word: str = told(who.http.get(f"jobs/{job}/status"))["status"]
    return word


def await_status(who: Person, job: str, *wanted: str) -> str:
    """Wait until a job is in one of these states; fails when it has ended otherwise."""

    def reached() -> str:
        word = status(who, job)
        assert word in wanted or word not in ENDS, told(who.http.get(f"jobs/{job}"))
        return word if word in wanted else ""

    return wait_until(reached)
