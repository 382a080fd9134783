"""The data door: nodes hand in what they measure and upload, and people query it. See docs/dialects/beehive.md."""

from dragoman.config import Settings
from dragoman.core.ports import BlobStore
from dragoman.desk import Accounts
from dragoman.desk.data import Data
from dragoman.dialects.beehive.door import build
from dragoman.dialects.beehive.routes import PREFIXES, ROUTES
from dragoman.web.door import Door

__all__ = ["door"]


def door(data: Data, accounts: Accounts, blobs: BlobStore, settings: Settings) -> Door:
    """The door, open on the desk's verbs on data; what nodes upload goes straight to ``blobs``."""
    return Door(name="beehive", prefixes=PREFIXES, app=build(ROUTES, data, accounts, blobs, settings))
