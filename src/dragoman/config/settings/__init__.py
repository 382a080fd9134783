"""Every setting there is, with its default and its meaning; docs/configuration.md is rendered from these files.

Holds no reading or checking of files (see load) and no secrets.
"""

from dragoman.config.settings.edge import Field, Measurements, Node
from dragoman.config.settings.options import OPTIONS, SECTIONS, Option, Settings
from dragoman.config.settings.outbound import Mail, Notify, Outbound
from dragoman.config.settings.service import Database, Engine, Local, Realm, Server, Upload

__all__ = [
    "OPTIONS",
    "SECTIONS",
    "Database",
    "Engine",
    "Field",
    "Local",
    "Mail",
    "Measurements",
    "Node",
    "Notify",
    "Option",
    "Outbound",
    "Realm",
    "Server",
    "Settings",
    "Upload",
]
