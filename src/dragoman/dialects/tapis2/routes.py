"""Every path this door answers, subject by subject; the first that fits counts."""

from dragoman.dialects.tapis2 import clients, profiles, tenants, tokens
from dragoman.dialects.tapis2.door import Route

ROUTES: tuple[Route, ...] = (*tenants.ROUTES, *tokens.ROUTES, *clients.ROUTES, *profiles.ROUTES)
