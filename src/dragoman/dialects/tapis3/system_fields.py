"""What requests about systems may hold: closed objects with their limits, and what each attribute is. Pure data."""

import re
from collections.abc import Mapping

from dragoman.core.search import Kind
from dragoman.dialects.tapis3.job_fields import NAME, Check, Each, Shape, flag, free, line, one_of, text, texts, whole

Fields = Mapping[str, Check | Shape | Each]

TYPES = ("LINUX", "S3", "IRODS", "GLOBUS")
METHODS = ("PASSWORD", "PKI_KEYS", "ACCESS_KEY", "TOKEN", "TMS_KEYS", "CERT")
SCHEDULERS = ("SLURM", "CONDOR", "PBS", "SGE", "UGE", "TORQUE")
RUNTIMES = ("DOCKER", "SINGULARITY", "ZIP")
MODES = ("REQUIRED", "FIXED", "INCLUDE_ON_DEMAND", "INCLUDE_BY_DEFAULT")
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-._~]*")
"""Of systems, apps and their versions, scheduler profiles."""
RESERVED = frozenset(
    {"healthcheck", "readycheck", "search", "schedulerprofile", "share", "unshare", "share_public", "unshare_public"}
)
"""Ids that would hide routes, in any letter case."""

SECRETS = ("password", "privateKey", "publicKey", "accessKey", "accessSecret", "accessToken", "refreshToken")
_SECRET = text(0, 65_536)
_CREDENTIAL = Shape(fields=dict.fromkeys((*SECRETS, "certificate"), _SECRET), tolerated=frozenset({"authnMethod"}))
CREDENTIAL = Shape(fields={**_CREDENTIAL.fields, "loginUser": line(1, 60)}, tolerated=_CREDENTIAL.tolerated)
VARIABLE = Shape(
    fields={
        "key": line(1, 256),
        "value": text(),
        "description": text(0, 2_048),
        "inputMode": one_of(*MODES),
        "notes": free,
    },
    required=("key",),
    tolerated=frozenset({"meta"}),
)
ARG = Shape(
    fields={
        "name": text(1, 80, lines=False, form=NAME),
        "description": text(0, 8_096),
        "inputMode": one_of(*MODES),
        "arg": text(1),
        "notes": free,
    },
    required=("name",),
    tolerated=frozenset({"meta", "include"}),
)
RANGES = ("NodeCount", "CoresPerNode", "MemoryMB", "Minutes")
LEAST = {"NodeCount": 1, "CoresPerNode": 1, "MemoryMB": 0, "Minutes": 0}
"""Where the ranges of a queue begin when nothing is said."""
_QUEUE = Shape(
    fields={
        "name": line(1, 128),
        "description": text(0, 2_048),
        "hpcQueueName": line(1, 128),
        "maxJobs": whole,
        "maxJobsPerUser": whole,
        "schedulerOptions": Each(shape=ARG),
        **{f"{end}{of}": whole for of in RANGES for end in ("min", "max")},
    },
    required=("name", "hpcQueueName"),
)
_CAPABILITY = Shape(
    fields={
        "category": one_of("SCHEDULER", "OS", "HARDWARE", "SOFTWARE", "JOB", "CONTAINER", "MISC", "CUSTOM"),
        "name": line(1, 128),
        "datatype": one_of("STRING", "INTEGER", "BOOLEAN", "NUMBER", "TIMESTAMP"),
        "precedence": whole,
        "value": text(0, 4_096),
    },
    required=("category", "name", "datatype"),
)
_RUNTIME = Shape(fields={"runtimeType": one_of(*RUNTIMES), "version": line(0, 128)}, required=("runtimeType",))

_CHANGEABLE: Fields = {
    "description": text(0, 2_048),
    "host": line(1, 256),
    "defaultAuthnMethod": one_of(*METHODS),
    "port": whole,
    "useProxy": flag,
    "proxyHost": line(0, 256),
    "proxyPort": whole,
    "dtnSystemId": line(1, 80),
    "canRunBatch": flag,
    "enableCmdPrefix": flag,
    "allowChildren": flag,
    "mpiCmd": line(1, 126),
    "jobRuntimes": Each(shape=_RUNTIME),
    "jobWorkingDir": line(1, 4_096),
    "jobEnvVariables": Each(shape=VARIABLE),
    "jobMaxJobs": whole,
    "jobMaxJobsPerUser": whole,
    "batchScheduler": one_of(*SCHEDULERS),
    "batchLogicalQueues": Each(shape=_QUEUE),
    "batchDefaultLogicalQueue": line(1, 128),
    "batchSchedulerProfile": line(1, 80),
    "jobCapabilities": Each(shape=_CAPABILITY),
    "tags": texts(line(1, 128)),
    "notes": free,
}
_FIXED = ("id", "systemType", "owner", "enabled", "bucketName", "rootDir", "canExec", "deleted", "effectiveUserId")
_COMPUTED = (
    *("tenant", "uuid", "created", "updated", "deleted", "isPublic", "sharedWithUsers", "parentId"),
    *("hasCredentials", "isDynamicEffectiveUser"),
)
_OLD = ("isDtn", "dtnMountPoint", "dtnMountSourcePath", "jobIsBatch", "importRefId", "refImportedId", "meta")
_RENAMED = {"jobIsBatch": "canRunBatch"}

_LOGIN: Fields = {"effectiveUserId": line(1, 60)}
POST = Shape(
    fields={
        "id": text(1, 80, lines=False, form=ID),
        "systemType": one_of(*TYPES),
        "owner": line(1, 60),
        "enabled": flag,
        "authnCredential": _CREDENTIAL,
        "bucketName": line(1, 63),
        "rootDir": line(0, 4_096),
        "canExec": flag,
        **_LOGIN,
        **_CHANGEABLE,
    },
    required=("id", "systemType", "host", "defaultAuthnMethod", "canExec"),
    tolerated=frozenset({*_COMPUTED, *_OLD}),
    renamed=_RENAMED,
)
PUT = Shape(
    fields=_CHANGEABLE,
    required=("host", "defaultAuthnMethod"),
    tolerated=frozenset({*_FIXED, *_COMPUTED, *_OLD, "authnCredential"}),
    renamed=_RENAMED,
)
PATCH = Shape(fields={**_CHANGEABLE, **_LOGIN}, tolerated=frozenset(_OLD), renamed=_RENAMED)
CHILD = Shape(
    fields={"id": text(1, 80, lines=False, form=ID), "rootDir": line(1, 4_096), **_LOGIN}, required=("rootDir",)
)

KINDS = {
    "tenant": Kind.TEXT,
    "id": Kind.TEXT,
    "description": Kind.TEXT,
    "systemType": Kind.TEXT,
    "owner": Kind.TEXT,
    "host": Kind.TEXT,
    "enabled": Kind.FLAG,
    "effectiveUserId": Kind.TEXT,
    "defaultAuthnMethod": Kind.TEXT,
    "authnCredential": Kind.OBJECT,
    "bucketName": Kind.TEXT,
    "rootDir": Kind.TEXT,
    "port": Kind.NUMBER,
    "useProxy": Kind.FLAG,
    "proxyHost": Kind.TEXT,
    "proxyPort": Kind.NUMBER,
    "dtnSystemId": Kind.TEXT,
    "canExec": Kind.FLAG,
    "canRunBatch": Kind.FLAG,
    "enableCmdPrefix": Kind.FLAG,
    "allowChildren": Kind.FLAG,
    "parentId": Kind.TEXT,
    "mpiCmd": Kind.TEXT,
    "jobRuntimes": Kind.OBJECT,
    "jobWorkingDir": Kind.TEXT,
    "jobEnvVariables": Kind.OBJECT,
    "jobMaxJobs": Kind.NUMBER,
    "jobMaxJobsPerUser": Kind.NUMBER,
    "batchScheduler": Kind.TEXT,
    "batchLogicalQueues": Kind.OBJECT,
    "batchDefaultLogicalQueue": Kind.TEXT,
    "batchSchedulerProfile": Kind.TEXT,
    "jobCapabilities": Kind.OBJECT,
    "tags": Kind.TEXTS,
    "notes": Kind.OBJECT,
    "uuid": Kind.TEXT,
    "deleted": Kind.FLAG,
    "created": Kind.TIME,
    "updated": Kind.TIME,
    "hasCredentials": Kind.FLAG,
    "isPublic": Kind.FLAG,
    "isDynamicEffectiveUser": Kind.FLAG,
    "sharedWithUsers": Kind.TEXTS,
}
"""Every attribute of a system, in the order in which they are shown."""
SUMMARY = ("id", "systemType", "owner", "host", "effectiveUserId", "defaultAuthnMethod", "canExec")
