"""The Tapis v3 door: below /v3. Facts and choices are in docs/dialects/tapis3.md."""

from dragoman.config import Settings
from dragoman.core.ports import BlobStore
from dragoman.desk import Desk
from dragoman.dialects.tapis3.door import DOOR, PREFIX, build
from dragoman.dialects.tapis3.ids import mint
from dragoman.dialects.tapis3.notices import notices
from dragoman.dialects.tapis3.retelling import Words
from dragoman.dialects.tapis3.routes import ROUTES
from dragoman.dialects.tapis3.starting import starter
from dragoman.web.door import Door

__all__ = ["TELLER", "door", "mint", "notices", "starter"]

TELLER = Words(DOOR)


def door(desk: Desk, blobs: BlobStore, settings: Settings) -> Door:
    """The door, open on a desk; uploads go straight to ``blobs``."""
    return Door(name=DOOR, prefixes=(PREFIX,), app=build(ROUTES, desk, blobs, settings))
