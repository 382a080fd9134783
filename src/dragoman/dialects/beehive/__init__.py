"""The data door: nodes hand in what they measure and upload, and people query it. See docs/dialects/beehive.md."""

from dragoman.config import Settings
from dragoman.core.ports import BlobStore
from dragoman.desk import Desk
from dragoman.dialects.beehive.door import build
from dragoman.dialects.beehive.routes import PREFIXES, ROUTES
from dragoman.web.door import Door

__all__ = ["door"]


def door(desk: Desk, blobs: BlobStore, settings: Settings) -> Door:
    """The door, open on a desk; what nodes upload goes straight to ``blobs``."""
    return Door(name="beehive", prefixes=PREFIXES, app=build(ROUTES, desk, blobs, settings))
