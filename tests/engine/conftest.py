"""What the engine's tests share."""

from tests.places.conftest import house

__all__ = ["house"]
