"""Descriptions of systems, as tutorials write them."""

from typing import Any

from tests.tapis2.people import Person

STORAGE: dict[str, Any] = {
    "id": "joe.tacc.corral.storage",
    "name": "Storage system for TACC cloud storage on corral",
    "status": "UP",
    "type": "STORAGE",
    "description": "Storage system for TACC cloud storage on corral",
    "site": "www.tacc.utexas.edu",
    "storage": {
        "host": "localhost",
        "port": 22,
        "protocol": "LOCAL",
        "rootDir": "/",
        "homeDir": "/corral",
        "proxy": None,
        "auth": {"type": "LOCAL"},
    },
    "public": False,
    "default": False,
}
EXECUTION: dict[str, Any] = {
    "id": "joe.tacc.execution",
    "name": "My login host",
    "status": "UP",
    "type": "EXECUTION",
    "description": "Where jobs run",
    "site": "tacc.utexas.edu",
    "executionType": "CLI",
    "scheduler": "FORK",
    "environment": "",
    "startupScript": None,
    "scratchDir": "/scratch",
    "workDir": "/work",
    "queues": [
        {
            "name": "debug",
            "default": True,
            "maxJobs": 10,
            "maxUserJobs": -1,
            "maxNodes": 2,
            "maxProcessorsPerNode": 8,
            "maxMemoryPerNode": "2GB",
            "maxRequestedTime": "02:00:00",
        }
    ],
    "login": {"host": "localhost", "protocol": "LOCAL", "auth": {"type": "LOCAL"}},
    "storage": {"host": "localhost", "protocol": "LOCAL", "rootDir": "/", "homeDir": "/", "auth": {"type": "LOCAL"}},
}
SLURM: dict[str, Any] = {
    **EXECUTION,
    "id": "joe.tacc.slurm",
    "executionType": "HPC",
    "scheduler": "SLURM",
    "environment": "A=1 B='two words'",
    "queues": [
        {
            "name": "normal",
            "mappedName": "skx-normal",
            "default": True,
            "maxJobs": 50,
            "maxUserJobs": 10,
            "maxNodes": 4,
            "maxProcessorsPerNode": 48,
            "maxMemoryPerNode": "192GB",
            "maxRequestedTime": "48:00:00",
            "customDirectives": "-A PROJECT -r RES",
        }
    ],
    "login": {
        "host": "cluster.example.org",
        "port": 22,
        "protocol": "SSH",
        "auth": {"type": "PASSWORD", "username": "tg1", "password": "a secret"},
    },
    "storage": {
        "host": "cluster.example.org",
        "port": 22,
        "protocol": "SFTP",
        "rootDir": "/scratch/tg1",
        "homeDir": "/home",
        "auth": {"type": "PASSWORD", "username": "tg1", "password": "a secret"},
    },
}


def changed(system: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A description with other values; those of ``storage`` and ``login`` are put over what is there."""
    inner = {key: {**system[key], **more[key]} for key in ("storage", "login") if isinstance(more.get(key), dict)}
    return {**system, **more, **inner}


def upload(person: Person, path: str, text: str | bytes, status: int = 201) -> Any:
    """Send a description as the command line does: a file of a form, with a name and type that say nothing."""
    return person.post(path, status, files={"fileToUpload": ("tmp.x7Yq", text, "application/octet-stream")})
