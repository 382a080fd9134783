"""The words for what happens to systems, apps and paths: what is told of each kind, and what never is. Pure."""

from collections.abc import Mapping

from dragoman.core.registered import Kind
from dragoman.core.standing import PATH
from dragoman.core.topics import ANYTHING

EVENT = "event"
"""What the detail of a note may hold: the word by which this door knows what was done."""
STATUS = "status"
"""What it may hold, too: the status of a system before and after."""
BELOW = "SYSTEM_"
"""Stands before what was done to a path where it is told of the system, and to a system where it is told of an app."""
OF_APP, OF_JOB = "APP_", "JOB_"
"""Stand before what was done to an app, or happened to a job, where it is told of what that is on."""
STATUS_UPDATE, ERASED, CONTENT_CHANGED, DOWNLOAD, STAGING = (
    *("STATUS_UPDATE", "ERASED", "CONTENT_CHANGED", "DOWNLOAD", "STAGING"),
)

WORDS: Mapping[str, tuple[str, str]] = {
    "create": ("CREATED", "This was created"),
    "change": ("UPDATED", "This was updated"),
    "enable": ("ENABLED", "This was enabled"),
    "disable": ("DISABLED", "This was disabled"),
    "delete": ("DELETED", "This was deleted"),
    "undelete": ("RESTORED", "This was restored"),
    "change_owner": ("UPDATED", "This was given to another owner"),
    "grant": ("ROLES_GRANT", "A role was granted"),
    "revoke": ("ROLES_REVOKE", "A role was revoked"),
    "share": ("PUBLISH", "This was published"),
    "unshare": ("UNPUBLISH", "This was unpublished"),
    "set_credential": ("CREDENTIAL_UPDATE", "A credential was stored"),
    "remove_credential": ("CREDENTIAL_REMOVE", "A credential was removed"),
    "lock": ("UPDATED", "This was locked"),
    "unlock": ("UPDATED", "This was unlocked"),
    "choose": ("SET_PUBLIC_DEFAULT", "This was made everybody's default"),
    "forget": ("UNSET_PUBLIC_DEFAULT", "This is everybody's default no longer"),
    "choose_own": ("SET_USER_DEFAULT", "Somebody made this their default"),
    "forget_own": ("UNSET_USER_DEFAULT", "Somebody has this as their default no longer"),
}
WORDS_OF_APPS: Mapping[str, tuple[str, str]] = {
    **WORDS,
    "grant": ("PERMISSION_GRANT", "A permission was granted"),
    "revoke": ("PERMISSION_REVOKE", "A permission was revoked"),
    "share": ("PUBLISHED", "This is for everybody now"),
    "unshare": ("UNPUBLISHED", "This is for everybody no longer"),
}
DETAILS: Mapping[str, str] = {
    "QUEUE_CREATE": "A queue was added",
    "QUEUE_UPDATE": "A queue was changed",
    "QUEUE_DELETE": "A queue was removed",
    "PUBLISHED": "A copy was made for everybody",
    "CLONED": "A copy was made",
    "REPUBLISHED": "A later copy was made for everybody",
    "PUBLISHING_FAILED": "No copy could be made for everybody",
    "CLONING_FAILED": "No copy could be made",
    ERASED: "This was erased",
}
CONTENT = frozenset({"CREATED", "DELETED", "RENAME", "MOVED", "OVERWRITTEN", "UPLOAD", "STAGING_COMPLETED"})
"""What changes a directory when it is done to something in it."""
_OF_PATHS = (
    *("CREATED", "DELETED", "RENAME", "MOVED", "OVERWRITTEN", "PERMISSION_GRANT", "PERMISSION_REVOKE", "UPLOAD"),
    *(DOWNLOAD, "STAGING_QUEUED", STAGING, "STAGING_COMPLETED", "STAGING_FAILED"),
)
_COMMON = ("CREATED", "UPDATED", "ENABLED", "DISABLED", "DELETED", "RESTORED")
APPS_OF_SYSTEMS: Mapping[str, str] = {
    "CREATED": "APP_CREATE",
    "UPDATED": "APP_UPDATE",
    "DELETED": "APP_DELETE",
    **{word: OF_APP + word for word in ("ENABLED", "DISABLED", "RESTORED", "PUBLISHED", "UNPUBLISHED", "CLONED")},
}
"""What is told of a system when that is done to an app that runs on it."""
EMPTY_STATUS_RESPONSE, REMOTE_STATUS_CHANGE, UNKNOWN_TERMINATION = (
    *("EMPTY_STATUS_RESPONSE", "REMOTE_STATUS_CHANGE", "UNKNOWN_TERMINATION"),
)
LOOKED: Mapping[str, str] = {
    EMPTY_STATUS_RESPONSE: "The execution system knew nothing of the job: it is submitted again",
    REMOTE_STATUS_CHANGE: "The scheduler of the execution system, or somebody there, ended the job",
    UNKNOWN_TERMINATION: "The job is gone from the execution system, and nothing tells how it ended",
}
"""What may come out when a job is looked at where it executes."""
JOBS_OF_SYSTEMS: Mapping[str, str] = {
    "PENDING": "JOB_SUBMIT",
    "STAGING_INPUTS": "JOB_STAGE",
    "QUEUED": "JOB_QUEUE",
    "RUNNING": "JOB_RUNNING",
    "CLEANING_UP": "JOB_COMPLETE",
    **{word: OF_JOB + word for word in ("FINISHED", "FAILED", "STOPPED", "PAUSED", *LOOKED)},
}
"""What is told of a system when that happens to a job on it."""
JOBS_OF_APPS: Mapping[str, str] = {"PENDING": "JOB_CREATED"}
"""What is told of an app when that happens to a job of it."""
SYSTEMS_OF_APPS: Mapping[str, str] = {
    word: BELOW + word for word in ("ROLES_GRANT", "ROLES_REVOKE", "PUBLISH", "UNPUBLISH", STATUS_UPDATE)
}
"""What is told of an app when that is done to the system on which it runs."""

EVENTS: Mapping[str, tuple[str, ...]] = {
    Kind.SYSTEM: (
        *(*_COMMON, "ROLES_GRANT", "ROLES_REVOKE", "PUBLISH", "UNPUBLISH", "CREDENTIAL_UPDATE", "CREDENTIAL_REMOVE"),
        *("SET_PUBLIC_DEFAULT", "UNSET_PUBLIC_DEFAULT", "SET_USER_DEFAULT", "UNSET_USER_DEFAULT", STATUS_UPDATE),
        *(ERASED, "QUEUE_CREATE", "QUEUE_UPDATE", "QUEUE_DELETE"),
        *(*APPS_OF_SYSTEMS.values(), *JOBS_OF_SYSTEMS.values()),
        *(BELOW + word for word in _OF_PATHS),
    ),
    Kind.APP: (
        *(*_COMMON, "PERMISSION_GRANT", "PERMISSION_REVOKE", "PUBLISHED", "REPUBLISHED", "UNPUBLISHED", "CLONED"),
        *("PUBLISHING_FAILED", "CLONING_FAILED", *JOBS_OF_APPS.values(), *SYSTEMS_OF_APPS.values()),
    ),
    PATH: (*_OF_PATHS, CONTENT_CHANGED),
}
"""What people may be told of each kind of thing."""
_UNDONE = (
    *("INDEX_START", "INDEX_COMPLETE", "INDEX_FAILED", "PREPROCESSING"),
    *("TRANSFORMING_QUEUED", "TRANSFORMING", "TRANSFORMING_COMPLETED", "TRANSFORMING_FAILED"),
)
NEVER: Mapping[str, tuple[str, ...]] = {
    Kind.SYSTEM: (
        *("CREDENTIAL_CREATION", "CREDENTIAL_REFRESH", "CREDENTIAL_EXPIRATION"),
        *("AUTH_CONFIG_CREATE", "AUTH_CONFIG_UPDATE", "AUTH_CONFIG_DELETE"),
        *(BELOW + word for word in _UNDONE),
    ),
    Kind.APP: (),
    PATH: _UNDONE,
}
"""What may be asked for and never happens: nothing here is indexed or transformed, and no credentials are pulled."""

_SPELLINGS: Mapping[str, str] = {
    "JOB_CREATED": "JOB_SUBMIT",
    "JOB_QUEUED": "JOB_QUEUE",
    "CONTENT_CHANGE": CONTENT_CHANGED,
    "APP_CREATED": "APP_CREATE",
    "APP_UPDATED": "APP_UPDATE",
    "APP_DELETED": "APP_DELETE",
    "UPDATE_CREDENTIAL": "CREDENTIAL_UPDATE",
    "REMOVE_CREDENTIAL": "CREDENTIAL_REMOVE",
}
"""Other words for the same: the manuals and the services themselves do not agree."""


FETCHED = "STAGING_COMPLETED,STAGING_FAILED"
"""Words, with commas between them, may be asked for together, of which the first to come counts: this is the end."""


def plain(word: str) -> str:
    """A word in the one spelling by which words are compared."""
    found = word.upper()
    return _SPELLINGS.get(found, found)


def asked(wanted: str, word: str) -> str:
    """How what has happened is called for somebody who wants to hear that; empty when they do not."""
    if wanted == ANYTHING:
        return word
    return next((one.upper() for one in wanted.split(",") if plain(one) == plain(word)), "")


def is_known(kind: str, word: str) -> bool:
    """Whether one may ask to be told that of such a thing."""
    return word == ANYTHING or plain(word) in map(plain, (*EVENTS[kind], *NEVER[kind]))
