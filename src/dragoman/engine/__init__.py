"""The only place that moves a run: claims work, handles it outside any transaction, commits behind the fence."""

from dragoman.engine.loop import Engine
from dragoman.engine.world import Limits, Persistence, Place, World

__all__ = ["Engine", "Limits", "Persistence", "Place", "World"]
