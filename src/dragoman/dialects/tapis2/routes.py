"""Every path this door answers, subject by subject; the first that fits counts."""

from dragoman.dialects.tapis2 import (
    app_actions,
    app_pems,
    apps,
    clients,
    files,
    job_outputs,
    job_pems,
    jobs,
    notifications,
    profiles,
    submit,
    system_parts,
    systems,
    tenants,
    tokens,
    uuids,
)
from dragoman.dialects.tapis2.door import Route

ROUTES: tuple[Route, ...] = (
    *tenants.ROUTES,
    *tokens.ROUTES,
    *clients.ROUTES,
    *profiles.ROUTES,
    *system_parts.ROUTES,
    *systems.ROUTES,
    *files.ROUTES,
    *app_pems.ROUTES,
    *app_actions.ROUTES,
    *apps.ROUTES,
    *notifications.ROUTES,
    *jobs.LISTS,
    *submit.ROUTES,
    *job_outputs.ROUTES,
    *job_pems.ROUTES,
    *jobs.ROUTES,
    *uuids.ROUTES,
)
