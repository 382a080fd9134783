"""Writes what was done to systems and apps. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from dragoman.core.registered import HistoryItem
from dragoman.dialects.tapis3.times import iso

OPERATIONS: Mapping[str, str] = {
    "create": "CREATE",
    "change": "MODIFY",
    "enable": "ENABLE",
    "disable": "DISABLE",
    "delete": "DELETE",
    "undelete": "UNDELETE",
    "change_owner": "CHANGE_OWNER",
    "grant": "GRANT_PERMS",
    "revoke": "REVOKE_PERMS",
    "share": "MODIFY",
    "unshare": "MODIFY",
    "set_credential": "SET_CRED",
    "remove_credential": "REMOVE_CRED",
    "lock": "LOCK",
    "unlock": "UNLOCK",
    "choose": "MODIFY",
    "forget": "MODIFY",
    "copy": "MODIFY",
}
"""Our words to the wire's."""


def write_history(item: HistoryItem, *, tenant: str) -> dict[str, Any]:
    """One thing that was done; who asked and on whose behalf are the same here."""
    return {
        "jwtTenant": tenant,
        "jwtUser": item.account,
        "oboTenant": tenant,
        "oboUser": item.account,
        "operation": OPERATIONS[item.operation],
        "description": json.dumps(dict(item.detail)),
        "created": iso(item.at),
    }
