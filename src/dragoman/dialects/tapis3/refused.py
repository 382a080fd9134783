"""What the services of a federation of sites have and one house has not: told clearly, instead of not being there."""

from starlette.responses import Response

from dragoman.dialects.tapis3.door import Call, Route
from dragoman.dialects.tapis3.errors import Refused

_ONE_SITE = "There is one site with one tenant; its settings name them."
_PEOPLE = "Accounts belong to this service; `dragoman account add` makes one."
_BROWSER = "People log in with the password grant of POST /v3/oauth2/tokens."
_SERVICES = "There are no service accounts; people get tokens from POST /v3/oauth2/tokens."
_NOTICES = "Subscribe to a job with POST /v3/jobs/subscribe/{jobUuid}, or with `subscriptions` in its request."
_TOLD_BY_JOBS = "Events come from jobs; POST /v3/jobs/{jobUuid}/sendEvent adds one of your own."
_RIGHTS = "Rights belong to systems, apps, files and jobs: see their `perms` and `share` routes."

TABLE: tuple[tuple[str, str, str], ...] = (
    ("POST", "sites", _ONE_SITE),
    ("DELETE", "sites/{site_id}", _ONE_SITE),
    ("POST", "tenants", _ONE_SITE),
    ("GET", "tenants/ldaps", _PEOPLE),
    ("POST", "tenants/ldaps", _PEOPLE),
    ("GET", "tenants/ldaps/{ldap_id}", _PEOPLE),
    ("DELETE", "tenants/ldaps/{ldap_id}", _PEOPLE),
    ("GET", "tenants/owners", _ONE_SITE),
    ("POST", "tenants/owners", _ONE_SITE),
    ("GET", "tenants/owners/{email}", _ONE_SITE),
    ("DELETE", "tenants/owners/{email}", _ONE_SITE),
    ("PUT", "tenants/{tenant_id}", _ONE_SITE),
    ("POST", "tokens", _SERVICES),
    ("PUT", "tokens", _SERVICES),
    ("PUT", "tokens/keys", "The key pair is made once and kept."),
    ("GET", "oauth2/admin/config", _ONE_SITE),
    ("PUT", "oauth2/admin/config", _ONE_SITE),
    ("POST", "oauth2/v2/token", _SERVICES),
    ("POST", "oauth2/device/code", _BROWSER),
    ("GET", "oauth2/authorize", _BROWSER),
    ("POST", "oauth2/authorize", _BROWSER),
    ("GET", "oauth2/login", _BROWSER),
    ("GET", "notifications/subscriptions", _NOTICES),
    ("POST", "notifications/subscriptions", _NOTICES),
    ("GET", "notifications/subscriptions/search", _NOTICES),
    ("POST", "notifications/subscriptions/search", _NOTICES),
    ("GET", "notifications/subscriptions/byName/{name}", _NOTICES),
    ("PATCH", "notifications/subscriptions/byName/{name}", _NOTICES),
    ("DELETE", "notifications/subscriptions/byName/{name}", _NOTICES),
    ("GET", "notifications/subscriptions/byUuid/{uuid}", _NOTICES),
    ("DELETE", "notifications/subscriptions/byUuid/{uuid}", _NOTICES),
    ("DELETE", "notifications/subscriptions/bySubject/{subject}", _NOTICES),
    ("GET", "notifications/subscriptions/{name}/isEnabled", _NOTICES),
    ("POST", "notifications/subscriptions/{name}/enable", _NOTICES),
    ("POST", "notifications/subscriptions/{name}/disable", _NOTICES),
    ("POST", "notifications/subscriptions/{name}/updateTTL/{ttlMinutes}", _NOTICES),
    ("POST", "notifications/events/publish", _TOLD_BY_JOBS),
    ("POST", "notifications/events", _TOLD_BY_JOBS),
    ("POST", "notifications/events/endSeries", _TOLD_BY_JOBS),
    ("POST", "notifications/test/begin", _NOTICES),
    ("GET", "notifications/test/{name}", _NOTICES),
    ("DELETE", "notifications/test/{name}", _NOTICES),
    ("POST", "notifications/test/callback/{name}", _NOTICES),
    *((method, "security/{path:path}", _RIGHTS) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
)
"""Method, path, and what to do instead."""


def _route(method: str, path: str, instead: str) -> Route:
    async def refuse(_: Call) -> Response:
        raise Refused(400, f"This is not offered here. {instead}")

    return Route(method=method, path=path, handler=refuse, open=True)


ROUTES: tuple[Route, ...] = tuple(_route(*row) for row in TABLE)
