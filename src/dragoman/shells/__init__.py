"""The shells: how bytes get to and from the hosts where runs execute. Starts nothing; that is the schedulers' part."""

from dragoman.shells.local import LocalShell
from dragoman.shells.unpack import UnpackLimits

__all__ = ["LocalShell", "UnpackLimits"]
