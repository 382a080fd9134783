"""The words with which apps are described. Pure data."""

import re

PARALLELISMS = ("SERIAL", "PARALLEL", "PTHREAD")
EXECUTION_TYPES = ("HPC", "CLI")
EXECUTION_TYPES_ELSEWHERE = ("CONDOR", "ATMOSPHERE")
TYPES = ("string", "number", "bool", "flag", "enumeration")
"""Of parameters."""
FLAGS = frozenset({"bool", "flag"})

NAME = re.compile(r"[0-9A-Za-z._()-]{1,64}")
VERSION = re.compile(r"(?=.{3,16}\Z)[0-9]+(?:\.[0-9]+)+")
KEY = re.compile(r"[A-Za-z0-9_.-]{1,64}")
"""The id of an input, a parameter or an output."""

NAME_FAULT = "'app.name' may only contain alphanumeric characters, periods, and dashes."
VERSION_FAULT = "Invalid 'app.version' value. Please provide a version in x.x.x format"
