"""Every path this door answers below /v3/, subject by subject; the first that fits counts."""

from dragoman.dialects.tapis3 import (
    apps,
    children,
    clients,
    credentials,
    files,
    health,
    job_notices,
    job_outputs,
    job_shares,
    jobs,
    people,
    profiles,
    refused,
    rights,
    sites,
    submit,
    systems,
    tokens,
)
from dragoman.dialects.tapis3.door import Route

ROUTES: tuple[Route, ...] = (
    *health.ROUTES,
    *refused.ROUTES,
    *sites.ROUTES,
    *tokens.ROUTES,
    *clients.ROUTES,
    *people.ROUTES,
    *files.ROUTES,
    *profiles.ROUTES,
    *credentials.ROUTES,
    *rights.ROUTES,
    *children.ROUTES,
    *systems.ROUTES,
    *apps.ROUTES,
    *submit.ROUTES,
    *job_outputs.ROUTES,
    *job_shares.ROUTES,
    *job_notices.ROUTES,
    *jobs.ROUTES,
)
