"""What requests about apps may hold: closed objects with their limits, and what each attribute is. Pure data."""

from dragoman.core.search import Kind
from dragoman.dialects.tapis3.job_fields import NAME, Each, Shape, flag, free, line, one_of, text, texts, whole
from dragoman.dialects.tapis3.system_fields import ARG, ID, RUNTIMES, VARIABLE, Fields

RESERVED = frozenset({"healthcheck", "readycheck", "search", "share", "unshare", "share_public", "unshare_public"})
"""Ids that would hide routes, in any letter case."""
HIDDEN_VERSIONS = frozenset({"isEnabled", "history"})
ARG_LISTS = ("appArgs", "containerArgs", "schedulerOptions")
INPUT_MODES = ("REQUIRED", "OPTIONAL", "FIXED")

_INPUT_COMMON: Fields = {
    "name": line(1, 80),
    "description": text(0, 8_096),
    "inputMode": one_of(*INPUT_MODES),
    "envKey": text(1, 256, form=NAME),
    "notes": free,
}
_INPUT = Shape(
    fields={**_INPUT_COMMON, "autoMountLocal": flag, "sourceUrl": line(1, 4_096), "targetPath": line(1, 4_096)},
    required=("name", "targetPath"),
    tolerated=frozenset({"inPlace"}),
)
_INPUT_ARRAY = Shape(
    fields={**_INPUT_COMMON, "sourceUrls": texts(line(1, 4_096)), "targetDir": line(1, 4_096)},
    required=("name", "targetDir"),
)
_SUBSCRIPTION = Shape(
    fields={
        "description": text(0, 2_048),
        "enabled": flag,
        "jobEventCategoryFilter": one_of(
            *("ALL", "JOB_NEW_STATUS", "JOB_INPUT_TRANSACTION_ID", "JOB_ARCHIVE_TRANSACTION_ID"),
            *("JOB_ERROR_MESSAGE", "JOB_SUBSCRIPTION", "JOB_SHARE_EVENT", "JOB_USER_EVENT"),
        ),
        "ttlMinutes": whole,
        "deliveryTargets": Each(
            shape=Shape(
                fields={"deliveryMethod": one_of("WEBHOOK", "EMAIL"), "deliveryAddress": line(1, 4_096)},
                required=("deliveryMethod", "deliveryAddress"),
            ),
            least=1,
        ),
    },
    required=("jobEventCategoryFilter", "deliveryTargets"),
    renamed={"ttlminutes": "ttlMinutes", "eventCategoryFilter": "jobEventCategoryFilter"},
)
_PARAMETERS = Shape(
    fields={
        **dict.fromkeys(ARG_LISTS, Each(shape=ARG)),
        "envVariables": Each(shape=VARIABLE),
        "archiveFilter": Shape(
            fields={"includes": texts(line(1, 4_096)), "excludes": texts(line(1, 4_096)), "includeLaunchFiles": flag}
        ),
        "logConfig": Shape(
            fields={"stdoutFilename": line(1, 255), "stderrFilename": line(1, 255)},
            required=("stdoutFilename", "stderrFilename"),
        ),
    }
)
DIRECTORIES = (
    *("execSystemExecDir", "execSystemInputDir", "execSystemOutputDir"),
    *("archiveSystemDir", "dtnSystemInputDir", "dtnSystemOutputDir"),
)
_JOB = Shape(
    fields={
        "description": text(0, 2_048),
        "dynamicExecSystem": flag,
        "execSystemConstraints": texts(line(3, 4_096)),
        "execSystemId": line(1, 80),
        "execSystemLogicalQueue": line(1, 128),
        "archiveSystemId": line(1, 80),
        **dict.fromkeys(DIRECTORIES, line(1, 4_096)),
        "archiveOnAppError": flag,
        "archiveMode": one_of("ALWAYS", "SKIP_ON_FAIL", "NEVER"),
        "isMpi": flag,
        "mpiCmd": line(0, 126),
        "cmdPrefix": line(0, 1_024),
        "parameterSet": _PARAMETERS,
        "fileInputs": Each(shape=_INPUT),
        "fileInputArrays": Each(shape=_INPUT_ARRAY),
        "nodeCount": whole,
        "coresPerNode": whole,
        "memoryMB": whole,
        "maxMinutes": whole,
        "subscriptions": Each(shape=_SUBSCRIPTION),
        "tags": texts(line(1, 128)),
    }
)

_CHANGEABLE: Fields = {
    "description": text(0, 2_048),
    "runtime": one_of(*RUNTIMES),
    "runtimeVersion": line(0, 128),
    "runtimeOptions": texts(one_of("NONE", "SINGULARITY_RUN")),
    "containerImage": line(1, 1_024),
    "jobType": one_of("BATCH", "FORK"),
    "maxJobs": whole,
    "maxJobsPerUser": whole,
    "strictFileInputs": flag,
    "jobAttributes": _JOB,
    "tags": texts(line(1, 128)),
    "notes": free,
}
_FIXED = ("id", "version", "owner", "enabled", "versionEnabled", "locked")
_COMPUTED = ("tenant", "uuid", "deleted", "created", "updated", "isPublic", "sharedWithUsers", "sharedAppCtx")
_OLD = ("meta", "importRefId", "isInteractive")
_RENAMED = {"appType": "jobType"}

POST = Shape(
    fields={
        "id": text(1, 80, lines=False, form=ID),
        "version": text(1, 64, lines=False, form=ID),
        "owner": line(1, 60),
        "enabled": flag,
        "versionEnabled": flag,
        "locked": flag,
        **_CHANGEABLE,
    },
    required=("id", "version", "containerImage"),
    tolerated=frozenset({*_COMPUTED, *_OLD}),
    renamed=_RENAMED,
)
PUT = Shape(
    fields=_CHANGEABLE,
    required=("containerImage",),
    tolerated=frozenset({*_FIXED, *_COMPUTED, *_OLD}),
    renamed=_RENAMED,
)
PATCH = Shape(fields=_CHANGEABLE, tolerated=frozenset(_OLD), renamed=_RENAMED)

KINDS = {
    "tenant": Kind.TEXT,
    "id": Kind.TEXT,
    "version": Kind.TEXT,
    "description": Kind.TEXT,
    "owner": Kind.TEXT,
    "enabled": Kind.FLAG,
    "versionEnabled": Kind.FLAG,
    "locked": Kind.FLAG,
    "isPublic": Kind.FLAG,
    "sharedWithUsers": Kind.TEXTS,
    "runtime": Kind.TEXT,
    "runtimeVersion": Kind.TEXT,
    "runtimeOptions": Kind.TEXTS,
    "containerImage": Kind.TEXT,
    "jobType": Kind.TEXT,
    "maxJobs": Kind.NUMBER,
    "maxJobsPerUser": Kind.NUMBER,
    "strictFileInputs": Kind.FLAG,
    "jobAttributes": Kind.OBJECT,
    "tags": Kind.TEXTS,
    "notes": Kind.OBJECT,
    "sharedAppCtx": Kind.TEXT,
    "uuid": Kind.TEXT,
    "deleted": Kind.FLAG,
    "created": Kind.TIME,
    "updated": Kind.TIME,
}
"""Every attribute of an app, in the order in which they are shown."""
SUMMARY = ("id", "version", "owner")
