"""Keeps bytes by key: the adapters behind the BlobStore port."""

from dragoman.blobs.local import LocalBlobs

__all__ = ["LocalBlobs"]
