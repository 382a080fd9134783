"""The Sage door: scheduler, accounts, manifests and code repository. Facts and choices are in docs/dialects/sage.md."""

from uuid import uuid4

from dragoman.config import Settings
from dragoman.core.ports import BlobStore
from dragoman.desk import Desk
from dragoman.dialects.sage.door import DOOR, build
from dragoman.dialects.sage.news import read_news
from dragoman.dialects.sage.profile import PROFILES
from dragoman.dialects.sage.routes import ACCOUNTS, MANAGEMENT, REPOSITORY, scheduler
from dragoman.dialects.sage.starting import startable, starter
from dragoman.web.door import Beside, Claim, Door

__all__ = ["DOOR", "door", "mint", "read_news", "startable", "starter"]

PREFIXES = (
    *("/api/v1", "/users", "/nodes", "/manifests", "/sensors", "/computes", "/token_info"),
    *("/user_profile", "/projects"),
    "/dragoman/v1/jobs",
    *("/api/apps", "/api/submit", "/api/namespaces", "/api/repositories", "/api/permissions", "/api/builds"),
)
CLAIMS = (
    *(Claim(path=path) for path in ("/", "/api", "/api/healthy")),
    Claim(path="/token", methods=frozenset({"GET", "DELETE"})),  # others have ways to get one under the same path
)


def mint() -> str:
    """A random UUID: nothing here shows ids of files, and a job that is started is numbered when it is made."""
    return str(uuid4())


def door(desk: Desk, blobs: BlobStore, settings: Settings) -> Door:
    """The door, open on a desk."""
    routes = (*scheduler(PROFILES[settings.field.profile]), *ACCOUNTS, *REPOSITORY)
    app = build(routes, desk, blobs, settings)
    port = settings.field.management_port
    managed = build(MANAGEMENT, desk, blobs, settings)
    beside = Beside(port=port, setting="field.management_port", app=managed) if port else None
    return Door(name=DOOR, prefixes=PREFIXES, claims=CLAIMS, app=app, beside=beside)
