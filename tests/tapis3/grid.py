"""What tests of jobs do on a grid: register systems and apps for ann, start her jobs, and see what becomes of them."""

import io
import json
import os
import sqlite3
import zipfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hosts.slurm import Slurm
from tests.hosts.ssh import HostAccount, SshHost
from tests.service import Service, wait_until
from tests.tapis3.people import Person

ENDS = ("FINISHED", "FAILED", "CANCELLED")
QUEUES = (
    {
        "name": "tapisNormal",
        "hpcQueueName": "debug",
        "minNodeCount": 1,
        "maxNodeCount": 2,
        "minCoresPerNode": 1,
        "maxCoresPerNode": 4,
        "minMemoryMB": 1,
        "maxMemoryMB": 4000,
        "minMinutes": 1,
        "maxMinutes": 60,
    },
    {"name": "tapisShort", "hpcQueueName": "short", "maxMinutes": 5},
)
RUNTIMES = [{"runtimeType": name} for name in ("ZIP", "SINGULARITY", "DOCKER")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Everything. ``home`` is a directory of alice's on the host, ``work`` another, which her WORK2 names."""

    service: Service
    host: SshHost
    slurm: Slurm | None
    ann: Person
    bob: Person
    home: str
    work: str
    tools: str
    """Where the container program is, which shells find that come through SSH; jobs of Slurm have to load it."""

    @property
    def images(self) -> str:
        """Where its images are."""
        return f"{os.path.dirname(self.tools)}/images"

    @property
    def alice(self) -> HostAccount:
        """Who ann is on the host."""
        return self.host.alice

    def vm(self, name: str, **more: Any) -> str:
        """Register the host for ann, for jobs that are its processes."""
        asked = {"rootDir": self.home, "canExec": True, "jobRuntimes": RUNTIMES, "jobWorkingDir": "workdir", **more}
        self._register(name, asked)
        return name

    def hpc(self, name: str, **more: Any) -> str:
        """Register the host for ann, for jobs of its Slurm."""
        asked: dict[str, Any] = {
            "rootDir": "/",
            "canExec": True,
            "jobRuntimes": RUNTIMES,
            "jobWorkingDir": "HOST_EVAL($WORK2)",
            "canRunBatch": True,
            "batchScheduler": "SLURM",
            "batchSchedulerProfile": "tacc",
            "batchDefaultLogicalQueue": "tapisNormal",
            "batchLogicalQueues": QUEUES,
        }
        self._register(name, asked | more)
        return name

    def _register(self, name: str, asked: dict[str, Any]) -> None:
        systems = self.ann.tapis.systems
        told = {"systemType": "LINUX", "host": self.host.host, "port": self.host.port, **asked}
        systems.createSystem(id=name, defaultAuthnMethod="PASSWORD", **told)
        credential = {"password": self.alice.password, "loginUser": self.alice.name}
        systems.createUserCredential(systemId=name, userName=self.ann.name, **credential)

    def app(self, name: str, system: str, script: str, **more: Any) -> str:
        """Register a ZIP app of ann's that runs this text of bash, with its archive on a system. Version 1."""
        path = f"{self.home}/apps/{name}.zip"
        root = self.ann.tapis.systems.getSystem(systemId=system).rootDir.rstrip("/")
        self.ann.tapis.files.insert(systemId=system, path=path.removeprefix(root), file=_archive(script))
        image = f"tapis://{system}{path.removeprefix(root)}"
        self.ann.tapis.apps.createAppVersion(id=name, version="1", runtime="ZIP", containerImage=image, **more)
        return name

    def submit(self, app: str, system: str, *words: str, version: str = "1", **more: Any) -> Any:
        """Start a job of ann's with these words as arguments of the app."""
        more.setdefault("parameterSet", {}).setdefault("appArgs", [{"arg": word} for word in words])
        asked = {"name": "a job", "appId": app, "appVersion": version, "execSystemId": system, **more}
        return self.ann.tapis.jobs.submitJob(**asked)

    def status(self, job: Any) -> str:
        """The status of a job."""
        return str(self.ann.tapis.jobs.getJobStatus(jobUuid=job.uuid).status)

    def await_status(self, job: Any, *wanted: str, seconds: float = 240) -> str:
        """Wait until a job is in one of these states; fails when it has ended otherwise."""

        def reached() -> str:
            status = self.status(job)
            assert status in wanted or status not in ENDS, f"{status}: {self.job(job).lastMessage}"
            return status if status in wanted else ""

        return wait_until(reached, seconds)

    def end(self, job: Any, seconds: float = 240) -> Any:
        """The job, when it has ended."""
        self.await_status(job, *ENDS, seconds=seconds)
        return self.job(job)

    def job(self, job: Any) -> Any:
        """All that is told of a job."""
        return self.ann.tapis.jobs.getJob(jobUuid=job.uuid)

    def run(self, app: str, system: str, *words: str, **more: Any) -> Any:
        """Start a job and wait for its end."""
        return self.end(self.submit(app, system, *words, **more))

    def outputs(self, job: Any, **more: Any) -> list[str]:
        """The paths of a job's outputs below its output directory, as they are listed."""
        found = self.ann.tapis.jobs.getJobOutputList(jobUuid=job.uuid, outputPath="/", **more)
        top = (job.archiveSystemDir if more.get("archived", True) else job.execSystemOutputDir).strip("/") + "/"
        return sorted(one.path.strip("/").removeprefix(top) for one in found)

    def output(self, job: Any, path: str = "tapisjob.out", **more: Any) -> str:
        """What an output of a job holds."""
        content = self.ann.tapis.jobs.getJobOutputDownload(jobUuid=job.uuid, outputPath=path, **more)
        return str(content.decode())

    def statuses(self, job: Any) -> list[str]:
        """The states that a job went through, by its history."""
        told = self.ann.tapis.jobs.getJobHistory(jobUuid=job.uuid)
        return [one.eventDetail for one in told if one.event == "JOB_NEW_STATUS"]

    def on_host(self, path: str) -> Path:
        """Where a path of the system with ann's home as its root is."""
        return Path(self.home) / path.lstrip("/")

    def is_watched(self, system: str) -> bool:
        """Whether the service goes on looking at what a system runs."""
        with closing(sqlite3.connect(self.service.data / "dragoman.db", timeout=10)) as db:
            asked = "SELECT count(*) FROM work w JOIN system s ON w.ref = s.id WHERE w.kind = 'watch' AND s.name = ?"
            return bool(db.execute(asked, (system,)).fetchone()[0])

    def shorten(self, job: Any, seconds: int) -> None:
        """Shorten the stored time limit of a job that has not been launched: minutes are the wire's unit."""
        with closing(sqlite3.connect(self.service.data / "dragoman.db", timeout=120)) as db:
            (text,) = db.execute("SELECT workload FROM job WHERE alias = ?", (job.uuid,)).fetchone()
            workload = json.loads(text)
            workload["hosted"]["walltime"] = workload["resources"]["walltime"] = seconds
            db.execute("UPDATE job SET workload = ? WHERE alias = ?", (json.dumps(workload), job.uuid))
            db.commit()


def _archive(script: str) -> io.BytesIO:
    """An app as an archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        member = zipfile.ZipInfo("tapisjob_app.sh")
        member.external_attr = 0o755 << 16
        archive.writestr(member, f"#!/bin/bash\n{script}\n")
    made.seek(0)
    made.name = "app.zip"
    return made


def listed(job: Any, key: str) -> Sequence[Any]:
    """A list of a job's parameterSet, which is JSON in a text."""
    found: Sequence[Any] = json.loads(job.parameterSet)[key]
    return found
