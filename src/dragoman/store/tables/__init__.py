"""The tables, the same on SQLite and PostgreSQL. Times are microseconds since 1970, UTC; states are their words."""

from dragoman.store.tables.accounts import account, account_profile, issued_token, oauth_client, revoked_token, token
from dragoman.store.tables.apps import app
from dragoman.store.tables.columns import metadata
from dragoman.store.tables.files import file, known_path, postit
from dragoman.store.tables.jobs import event, job, job_input, run
from dragoman.store.tables.nodes import goal, goal_part, heard, node
from dragoman.store.tables.queue import work
from dragoman.store.tables.rights import audit, grants
from dragoman.store.tables.subscriptions import delivery, subscription, topic, topic_delivery, topic_subscription
from dragoman.store.tables.systems import chosen_system, credential, known_host, scheduler_profile, system
from dragoman.store.tables.transfers import transfer, transfer_part
from dragoman.store.tables.triggers import standing_trigger, trigger_start

__all__ = [
    "account",
    "account_profile",
    "app",
    "audit",
    "chosen_system",
    "credential",
    "delivery",
    "event",
    "file",
    "goal",
    "goal_part",
    "grants",
    "heard",
    "issued_token",
    "job",
    "job_input",
    "known_host",
    "known_path",
    "metadata",
    "node",
    "oauth_client",
    "postit",
    "revoked_token",
    "run",
    "scheduler_profile",
    "standing_trigger",
    "subscription",
    "system",
    "token",
    "topic",
    "topic_delivery",
    "topic_subscription",
    "transfer",
    "transfer_part",
    "trigger_start",
    "work",
]
