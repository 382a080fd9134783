"""The Rescale door: REST API v2, and the same under v3. Facts and choices are in docs/dialects/rescale.md."""

from dragoman.config import Settings
from dragoman.core.ports import BlobStore
from dragoman.desk import Desk
from dragoman.dialects.rescale.door import DOOR, PREFIXES, build
from dragoman.dialects.rescale.ids import mint
from dragoman.dialects.rescale.routes import ROUTES
from dragoman.dialects.rescale.starting import starter
from dragoman.web.door import Door

__all__ = ["door", "mint", "starter"]


def door(desk: Desk, blobs: BlobStore, settings: Settings) -> Door:
    """The door, open on a desk; uploads go straight to ``blobs``."""
    return Door(name=DOOR, prefixes=PREFIXES, app=build(ROUTES, desk, blobs, settings))
