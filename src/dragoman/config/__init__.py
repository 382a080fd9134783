"""Settings and the catalogue: reads what the operator wrote, checks it, and says where each value came from.

Names no dialect and no driver; those read the parts that are theirs.
"""

from dragoman.config.load import Origin, load, origins
from dragoman.config.settings import Settings

__all__ = ["Origin", "Settings", "load", "origins"]
