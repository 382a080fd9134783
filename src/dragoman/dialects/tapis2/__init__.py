"""The Tapis v2 (Agave) door: /jobs/v2, /apps/v2 and so on. Facts and choices are in docs/dialects/tapis2.md."""

from dragoman.config import Settings
from dragoman.core.ports import BlobStore
from dragoman.desk import Desk
from dragoman.dialects.tapis2.door import CLAIMS, DOOR, PREFIXES, build
from dragoman.dialects.tapis2.ids import mint
from dragoman.dialects.tapis2.notices import notices
from dragoman.dialects.tapis2.reports import reports
from dragoman.dialects.tapis2.routes import ROUTES
from dragoman.dialects.tapis2.starting import starter
from dragoman.dialects.tapis2.system_facet import Words
from dragoman.web.door import Door

__all__ = ["TELLER", "door", "mint", "notices", "reports", "starter"]

TELLER = Words(DOOR)


def door(desk: Desk, blobs: BlobStore, settings: Settings) -> Door:
    """The door, open on a desk; uploads go straight to ``blobs``."""
    return Door(name=DOOR, prefixes=PREFIXES, claims=CLAIMS, app=build(ROUTES, desk, blobs, settings))
