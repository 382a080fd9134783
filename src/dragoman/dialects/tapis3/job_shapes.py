"""What a job request may hold: its closed objects, with their limits. Pure data."""

from functools import partial

from dragoman.dialects.tapis3.job_fields import NAME, Each, Shape, flag, free, line, one_of, text, texts, whole

JOB_TYPES = ("FORK", "BATCH")
ARCHIVE_MODES = ("ALWAYS", "SKIP_ON_FAIL", "NEVER")
EVENT_FILTERS = (
    "JOB_NEW_STATUS",
    "JOB_INPUT_TRANSACTION_ID",
    "JOB_ARCHIVE_TRANSACTION_ID",
    "JOB_SUBSCRIPTION",
    "JOB_SHARE_EVENT",
    "JOB_ERROR_MESSAGE",
    "JOB_USER_EVENT",
    "ALL",
)
ARG_LISTS = ("appArgs", "containerArgs", "schedulerOptions")
COUNTS = ("nodeCount", "coresPerNode", "memoryMB", "maxMinutes")

_OLD = frozenset({"meta", "inPlace", "inputMode"})
_ARG = Shape(
    fields={
        "name": line(1, 80),
        "description": text(0, 8_096),
        "include": flag,
        "arg": text(),
        "notes": free,
        "meta": lambda _: "",
    },
    tolerated=_OLD,
)
_VARIABLE = Shape(
    fields={
        "key": text(1, 256, form=NAME),
        "value": text(),
        "description": text(0, 2_048),
        "include": flag,
        "notes": free,
    },
    required=("key",),
    tolerated=_OLD,
)
_INPUT = Shape(
    fields={
        "name": line(1, 80),
        "description": text(0, 8_096),
        "envKey": text(1, 256, form=NAME),
        "autoMountLocal": flag,
        "sourceUrl": line(1, 4_096),
        "targetPath": line(0, 4_096),
        "notes": free,
        "meta": lambda _: "",
    },
    tolerated=_OLD,
)
_INPUT_ARRAY = Shape(
    fields={
        "name": line(1, 80),
        "description": text(0, 8_096),
        "envKey": text(1, 256, form=NAME),
        "sourceUrls": texts(line(1, 4_096)),
        "targetDir": line(0, 4_096),
        "notes": free,
        "meta": lambda _: "",
    },
    tolerated=_OLD,
)
_TARGET = Shape(
    fields={"deliveryMethod": one_of("WEBHOOK", "EMAIL", "QUEUE", "ACTOR"), "deliveryAddress": line(1, 4_096)},
    required=("deliveryMethod", "deliveryAddress"),
)
SUBSCRIPTION = Shape(
    fields={
        "description": text(0, 2_048),
        "enabled": flag,
        "eventCategoryFilter": one_of(*EVENT_FILTERS),
        "ttlMinutes": whole,
        "deliveryTargets": Each(shape=_TARGET, least=1),
    },
    required=("eventCategoryFilter", "deliveryTargets"),
    renamed={"ttlminutes": "ttlMinutes", "jobEventCategoryFilter": "eventCategoryFilter"},
)
_ARCHIVE_FILTER = Shape(
    fields={"includes": texts(line(1, 4_096)), "excludes": texts(line(1, 4_096)), "includeLaunchFiles": flag}
)
_LOG_CONFIG = Shape(
    fields={"stdoutFilename": line(1, 255), "stderrFilename": line(1, 255)},
    required=("stdoutFilename", "stderrFilename"),
)
_PARAMETERS = Shape(
    fields={
        **dict.fromkeys(ARG_LISTS, Each(shape=_ARG)),
        "envVariables": Each(shape=_VARIABLE),
        "archiveFilter": _ARCHIVE_FILTER,
        "logConfig": _LOG_CONFIG,
    }
)
_DIRECTORIES = (
    *("execSystemExecDir", "execSystemInputDir", "execSystemOutputDir"),
    *("archiveSystemDir", "dtnSystemInputDir", "dtnSystemOutputDir"),
)
_TAGS = texts(line(1, 126), unique=True)
ANNOTATIONS = Shape(fields={"tags": _TAGS, "notes": partial(free, most=131_072)})
REQUEST = Shape(
    fields={
        "name": line(1, 64),
        "owner": line(1, 64),
        "tenant": line(1, 24),
        "description": text(0, 2_048),
        "appId": line(1, 80),
        "appVersion": line(1, 64),
        "jobType": one_of(*JOB_TYPES),
        "archiveOnAppError": flag,
        "archiveMode": one_of(*ARCHIVE_MODES),
        "dynamicExecSystem": flag,
        "execSystemId": line(1, 80),
        "execSystemLogicalQueue": line(1, 128),
        "archiveSystemId": line(1, 80),
        **dict.fromkeys(_DIRECTORIES, line(1, 4_096)),
        **dict.fromkeys(COUNTS, whole),
        "fileInputs": Each(shape=_INPUT),
        "fileInputArrays": Each(shape=_INPUT_ARRAY),
        "parameterSet": _PARAMETERS,
        "execSystemConstraints": texts(line(3)),
        "tags": _TAGS,
        "subscriptions": Each(shape=SUBSCRIPTION),
        "isMpi": flag,
        "mpiCmd": line(0, 126),
        "cmdPrefix": line(0, 1_024),
        "notes": free,
    },
    required=("name", "appId", "appVersion"),
    tolerated=frozenset({"meta", "appType", "inPlace", "jobIsBatch", "archive", "archivePath", "archiveSystem"}),
)
