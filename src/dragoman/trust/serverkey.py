"""The service's own key, DATA/server.key: 32 random bytes, made once and readable by its owner alone."""

import os
import secrets

from dragoman.core.errors import Conflict
from dragoman.trust.keyfile import kept

FILE_NAME = "server.key"
BYTES = 32


def server_key(data: str) -> bytes:
    """The key in the data directory; made, and safe on disk, when there is none.

    Processes that start at the same moment get the same key. Raises Conflict when others may read the file or it is
    no key, and Unavailable when the disk refuses.
    """
    key = kept(data, FILE_NAME, lambda: secrets.token_bytes(BYTES))
    if len(key) != BYTES:
        path = os.path.join(data, FILE_NAME)
        raise Conflict(f"{path} is no key: it must hold {BYTES} bytes.", hint="Restore it from a backup, or delete it.")
    return key
