"""Every path this door answers, who may ask, and by which handler."""

from collections.abc import Sequence

from dragoman.dialects.sage import apps, goals, jobs, logs, management, manifests, people, submit, tokens
from dragoman.dialects.sage.door import Auth, Handler, Route, Service
from dragoman.dialects.sage.ping import ping
from dragoman.dialects.sage.profile import Profile


def scheduler(profile: Profile) -> Sequence[Route]:
    """The scheduler; older versions want a token for lists and details."""
    lists = Auth.NEEDED if profile.is_closed else Auth.OPTIONAL
    details = Auth.NEEDED if profile.is_closed else Auth.READING
    return (
        Route(path="/", methods={"*": ping}, auth=Auth.OPEN),
        Route(path="/api/v1/create", methods={"GET": jobs.create_named, "POST": jobs.create}),
        Route(path="/api/v1/edit", methods={"POST": jobs.edit}),
        Route(path="/api/v1/submit", methods={"GET": submit.by_id, "POST": submit.by_file}),
        Route(path="/api/v1/jobs/list", methods={"GET": jobs.listing}, auth=lists),
        Route(path="/api/v1/jobs/{id}/status", methods={"GET": jobs.status}, auth=details),
        Route(path="/api/v1/jobs/{id}/rm", methods={"GET": jobs.remove}),
        Route(path="/api/v1/jobs/{id}/template", methods={"GET": jobs.as_file}, auth=Auth.READING),
        Route(path="/dragoman/v1/jobs/{id}/logs", methods={"GET": logs.listing}, auth=details),
        Route(path="/dragoman/v1/jobs/{id}/runs/{run}/log", methods={"GET": logs.log}, auth=details),
        Route(path="/api/v1/goals/{node}", methods={"GET": goals.listing}, auth=Auth.READING),
        Route(path="/api/v1/goals/{node}/stream", methods={"GET": goals.stream}, auth=Auth.READING),
    )


def _account(path: str, auth: Auth = Auth.NEEDED, **methods: Handler) -> Route:
    return Route(path=path, methods=methods, auth=auth, service=Service.ACCOUNTS)


ACCOUNTS: Sequence[Route] = (
    _account("/token", GET=tokens.token, DELETE=tokens.revoke),
    _account("/token_info", Auth.OPEN, POST=tokens.token_info),
    _account("/users", GET=people.users),
    _account("/users/{name}", GET=people.user),
    _account("/users/{name}/access", GET=people.access),
    _account("/users/{name}/projects", GET=people.own_projects),
    _account("/user_profile/{name}", GET=people.profile, PUT=people.change_profile, PATCH=people.change_profile),
    _account("/projects", GET=people.projects),
    _account("/nodes/{vsn}/users", Auth.READING, GET=people.node_users),
    _account("/nodes/{vsn}/authorized_keys", Auth.READING, GET=people.authorized_keys),
    _account("/manifests", Auth.READING, GET=manifests.listing),
    _account("/manifests/{vsn}", Auth.READING, GET=manifests.find),
    _account("/sensors", Auth.READING, GET=manifests.sensors),
    _account("/computes", Auth.READING, GET=manifests.computes),
)
"""The account service, with what it knows of nodes."""


def _app(path: str, auth: Auth = Auth.OPTIONAL, **methods: Handler) -> Route:
    return Route(path=f"/api{path}", methods=methods, auth=auth, service=Service.REPOSITORY)


_APP = "/{namespace}/{name}/{version}"
REPOSITORY: Sequence[Route] = (
    _app("", Auth.OPEN, GET=apps.hello),
    _app("/healthy", Auth.OPEN, GET=apps.healthy),
    _app("/apps", GET=apps.listing),
    _app("/apps/{namespace}", GET=apps.listing),
    _app("/apps/{namespace}/{name}", GET=apps.listing),
    _app(f"/apps{_APP}", GET=apps.find, PUT=apps.freeze, DELETE=apps.delete, POST=apps.submit_there),
    _app("/submit", Auth.NEEDED, POST=apps.submit),
    _app("/namespaces", GET=apps.namespaces, PUT=apps.unmakeable),
    _app("/namespaces/{namespace}", GET=apps.namespaces, PUT=apps.unmakeable),
    _app("/repositories", GET=apps.repositories, PUT=apps.unmakeable),
    _app("/repositories/{namespace}", GET=apps.repositories, PUT=apps.unmakeable),
    _app("/repositories/{namespace}/{name}", GET=apps.repositories, PUT=apps.unmakeable),
    _app("/permissions/{namespace}/{name}", Auth.NEEDED, GET=apps.permissions, PUT=apps.permit),
    _app(f"/builds{_APP}", Auth.NEEDED, POST=apps.build, GET=apps.build),
)
"""The code repository."""


def _managed(path: str, handler: Handler, auth: Auth = Auth.OPEN) -> Route:
    methods = {"GET": handler, **dict.fromkeys(("POST", "PUT", "DELETE"), management.refuse)}
    return Route(path=f"/api/v1{path}", methods=methods, auth=auth, service=Service.MANAGEMENT)


MANAGEMENT: Sequence[Route] = (
    _managed("/system/metrics", management.metrics),
    _managed("/data/jobs", management.job, Auth.READING),
    _managed("/data/plugins", management.plugins),
    _managed("/data/plugins/whitelist", management.whitelist),
    _managed("/data/nodes", management.nodes),
    _managed("/db", management.refuse),
)
"""What is answered on a port of its own, to whoever reaches it: nothing that others may not read as well."""
