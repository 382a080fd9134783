"""Reads and writes subscriptions to jobs as this door knows them. Pure."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from dragoman.config import Settings
from dragoman.core.errors import Path
from dragoman.core.notices import NewSubscription, Subscription, Target, Trouble
from dragoman.desk.receivers import receiver_fault
from dragoman.dialects.tapis3.history import TARGETS
from dragoman.dialects.tapis3.job_fields import Faults, Json
from dragoman.dialects.tapis3.notices import METHODS
from dragoman.dialects.tapis3.times import iso

MINUTE = 60_000_000


def new_subscription(words: Mapping[str, Any], *, owner: str, tenant: str, job: str) -> NewSubscription:
    """A subscription to a job, from its words as ``read_job`` reads them."""
    return NewSubscription(
        alias=str(uuid4()),
        name=f"jobs~{owner}~{tenant}~{job}~{secrets.token_hex(2)}",
        description=words["description"] or "",
        filter=words["eventCategoryFilter"],
        targets=tuple(
            Target(method=METHODS[one["deliveryMethod"]], address=one["deliveryAddress"])
            for one in words["deliveryTargets"]
        ),
        enabled=words["enabled"],
        seconds=words["ttlMinutes"] * 60,
    )


def check_targets(asked: Sequence[Mapping[str, Any]], settings: Settings, where: Path) -> None:
    """Raise Invalid with every target that can be seen to be wrong; names are looked up when there is news for them."""
    faults = Faults()
    for place, one in enumerate(asked):
        for number, target in enumerate(one["deliveryTargets"]):
            path = (*where, *((place,) if where else ()), "deliveryTargets", number, "deliveryAddress")
            method = METHODS[target["deliveryMethod"]]
            if why := receiver_fault(method, target["deliveryAddress"], settings):
                faults.add(path, why)
    faults.tell()


def write_subscription(
    one: Subscription, *, owner: str, tenant: str, job: str, troubles: Sequence[Trouble] = ()
) -> Json:
    """A subscription as it is shown, with the receivers that some of its notices did not reach."""
    kind = "*" if one.filter == "ALL" else one.filter
    return {
        "tenant": tenant,
        "owner": owner,
        "name": one.name,
        "description": one.description or None,
        "enabled": one.enabled,
        "typeFilter": f"jobs.{kind}.*",
        "subjectFilter": job,
        "deliveryTargets": [
            {"deliveryMethod": TARGETS[target.method], "deliveryAddress": target.address} for target in one.targets
        ],
        "ttlMinutes": (one.expires_at - one.created_at) // MINUTE,
        "uuid": one.alias,
        "expiry": iso(one.expires_at),
        "created": iso(one.created_at),
        "updated": iso(one.created_at),
        "undelivered": [_trouble(each) for each in troubles if each.subscription_id == one.id],
    }


def _trouble(one: Trouble) -> Json:
    return {
        "deliveryMethod": TARGETS[one.target.method],
        "deliveryAddress": one.target.address,
        "givenUp": one.given_up,
        "waiting": one.waiting,
        "reason": one.reason,
        "nextTry": iso(one.next_try) if one.next_try is not None else None,
    }
