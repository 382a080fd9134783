"""Requests that register systems and apps, as the tutorials have them."""

from typing import Any


def vm(name: str, owner: str = "ann", **more: Any) -> dict[str, Any]:
    """A host that people log in to under their own names."""
    return {
        "id": name,
        "description": "System for testing jobs on a VM",
        "systemType": "LINUX",
        "host": "127.0.0.1",
        "defaultAuthnMethod": "PASSWORD",
        "rootDir": f"/home/{owner}",
        "canExec": True,
        "jobRuntimes": [{"runtimeType": "SINGULARITY"}],
        "jobWorkingDir": "workdir",
        **more,
    }


QUEUE = {
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


def hpc(name: str, **more: Any) -> dict[str, Any]:
    """A cluster with one queue."""
    return {
        **vm(name),
        "rootDir": "/",
        "port": 22,
        "jobWorkingDir": "HOST_EVAL($WORK2)",
        "canRunBatch": True,
        "batchScheduler": "SLURM",
        "batchSchedulerProfile": "tacc",
        "batchDefaultLogicalQueue": "tapisNormal",
        "batchLogicalQueues": [QUEUE],
        **more,
    }


def image_classifier(name: str, **more: Any) -> dict[str, Any]:
    """An app in a container."""
    return {
        "id": name,
        "version": "0.0.1",
        "description": "Simple image classifier",
        "runtime": "SINGULARITY",
        "runtimeOptions": ["SINGULARITY_RUN"],
        "containerImage": "docker://tapis/img-classify:0.1",
        "jobAttributes": {
            "parameterSet": {"archiveFilter": {"includeLaunchFiles": False}},
            "memoryMB": 1,
            "nodeCount": 1,
            "coresPerNode": 1,
            "maxMinutes": 10,
        },
        **more,
    }
