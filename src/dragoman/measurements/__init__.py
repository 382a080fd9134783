"""Measurements in a database of their own: series, and the points of each side by side. Behind core's port.

The functions in this room are the store's kind, ``fn(conn, …)``, and run on the same two databases, by a Db port that
is handed in.
"""

from dragoman.measurements.kept import KeptMeasurements
from dragoman.measurements.tables import prepare

__all__ = ["KeptMeasurements", "prepare"]
