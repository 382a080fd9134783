"""What the tests of blob stores share."""

from typing import BinaryIO

from dragoman.core.ports import BlobStore, Stored


def adopt(blobs: BlobStore, key: str, source: BinaryIO) -> Stored:
    """Have a file adopted, from the first block to the last."""
    work = blobs.adopt(key, source)
    while True:
        try:
            next(work)
        except StopIteration as end:
            stored: Stored = end.value
            return stored
