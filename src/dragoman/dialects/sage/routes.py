"""Every path this door answers, who may ask, and by which handler."""

from collections.abc import Sequence

from dragoman.dialects.sage import goals, jobs, submit
from dragoman.dialects.sage.door import Auth, Route
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
        Route(path="/api/v1/goals/{node}", methods={"GET": goals.listing}, auth=Auth.READING),
        Route(path="/api/v1/goals/{node}/stream", methods={"GET": goals.stream}, auth=Auth.READING),
    )
