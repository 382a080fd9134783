"""Apps, systems and requests to try jobs with, and what becomes of them."""

from collections.abc import Mapping
from typing import Any

from dragoman.core.hosted import Hosted
from dragoman.dialects.tapis3.launch import Programs, Where, launch
from dragoman.dialects.tapis3.read_job import read_request
from dragoman.dialects.tapis3.resolve_job import Asker, Resolved, Sources, resolve

Json = dict[str, Any]

UUID = "5a7c1f5e-0d9c-4c11-9d05-6f1a3b7c9d10-007"
NOW = 1_700_000_000_123_456
WORK = f"/workdir/jobs/{UUID}"
IMAGE = "docker://tapis/img-classify:0.1"

QUEUE: Json = {
    "name": "tapisNormal",
    "hpcQueueName": "normal",
    "maxJobs": 50,
    "maxJobsPerUser": 10,
    "minNodeCount": 1,
    "maxNodeCount": 16,
    "minCoresPerNode": 1,
    "maxCoresPerNode": 68,
    "minMemoryMB": 1,
    "maxMemoryMB": 16384,
    "minMinutes": 1,
    "maxMinutes": 60,
}
PROFILE: Json = {
    "name": "tacc",
    "moduleLoads": [{"moduleLoadCommand": "module load", "modulesToLoad": ["tacc-singularity"]}],
    "hiddenOptions": ["MEM"],
}


def app(
    *, attributes: Mapping[str, Any] | None = None, parameters: Mapping[str, Any] | None = None, **more: Any
) -> Json:
    """An app of the image classifier's kind."""
    return {
        "id": "img",
        "version": "0.0.1",
        "description": None,
        "enabled": True,
        "versionEnabled": True,
        "runtime": "SINGULARITY",
        "containerImage": IMAGE,
        "jobType": None,
        "strictFileInputs": False,
        "notes": {},
        "jobAttributes": {
            "dynamicExecSystem": False,
            "archiveOnAppError": True,
            "archiveMode": "ALWAYS",
            "isMpi": False,
            "nodeCount": 1,
            "coresPerNode": 1,
            "memoryMB": 1,
            "maxMinutes": 10,
            "dtnSystemInputDir": "!tapis_not_set",
            "dtnSystemOutputDir": "!tapis_not_set",
            "fileInputs": [],
            "fileInputArrays": [],
            "subscriptions": [],
            "tags": [],
            **(attributes or {}),
            "parameterSet": {
                "appArgs": [],
                "containerArgs": [],
                "schedulerOptions": [],
                "envVariables": [],
                "archiveFilter": {"includes": [], "excludes": [], "includeLaunchFiles": True},
                "logConfig": {"stdoutFilename": "tapisjob.out", "stderrFilename": "tapisjob.out"},
                **(parameters or {}),
            },
        },
        **more,
    }


def system(**more: Any) -> Json:
    """A plain host."""
    return {
        "id": "vm",
        "systemType": "LINUX",
        "host": "127.0.0.1",
        "enabled": True,
        "effectiveUserId": "ann",
        "rootDir": "/home/ann",
        "canExec": True,
        "canRunBatch": False,
        "enableCmdPrefix": False,
        "jobRuntimes": [{"runtimeType": "SINGULARITY"}],
        "jobWorkingDir": "workdir",
        "jobEnvVariables": [],
        **more,
    }


def cluster(**more: Any) -> Json:
    """A host with a batch scheduler."""
    batch = {
        "id": "hpc",
        "canRunBatch": True,
        "batchScheduler": "SLURM",
        "batchSchedulerProfile": "tacc",
        "batchDefaultLogicalQueue": "tapisNormal",
        "batchLogicalQueues": [QUEUE],
    }
    return system(**{**batch, **more})


def resolved(
    body: Mapping[str, Any] | None = None,
    *,
    of: Json | None = None,
    on: Json | None = None,
    archive: Json | None = None,
    profile: Json | None = None,
    evaluated: Mapping[str, str] | None = None,
    admin: bool = False,
) -> Resolved:
    """What becomes of a request for the app ``of`` on the system ``on``."""
    request = {"name": "image_classifier", "appId": "img", "appVersion": "0.0.1", **(body or {})}
    place = on or system()
    sources = Sources(
        app=of or app(), system=place, archive=archive or place, profile=profile, evaluated=evaluated or {}
    )
    asker = Asker(caller="ann", tenant="solo", uuid=UUID, now=NOW, is_admin=admin)
    return resolve(read_request(request), sources, asker)


def hosted(
    body: Mapping[str, Any] | None = None,
    *,
    root: str = "",
    is_all: bool = False,
    programs: Programs | None = None,
    **made_of: Any,
) -> Hosted:
    """The workload that becomes of a request."""
    where = Where(
        account_id=5, system_id=1, archive_id=2 if made_of.get("archive") else 1, dtn_id=3, root=root, is_all=is_all
    )
    return launch(resolved(body, **made_of), where, programs)


def script(work: Hosted, name: str = "tapisjob.sh") -> str:
    """The text of one of its scripts."""
    return next(one.text for one in work.scripts if one.name == name)


def parameters(job: Resolved) -> Json:
    """Its parameter set."""
    found: Json = job.attributes["parameterSet"]
    return found


def variables(job: Resolved) -> dict[str, str]:
    """Its environment."""
    return {one["key"]: one["value"] for one in parameters(job)["envVariables"]}


def args(*texts: str, key: str = "appArgs") -> Json:
    """A request's parameter set with these arguments."""
    return {"parameterSet": {key: [{"arg": text} for text in texts]}}
