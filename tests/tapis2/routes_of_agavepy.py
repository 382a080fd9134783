"""Tells all routes that agavepy 0.9.5 knows, run by a Python that has it: service, operation, method and path."""

import json
import sys

from agavepy.agave import load_resource  # type: ignore[import-not-found]

json.load(sys.stdin)
known = [
    [service["path"].strip("/"), asked["nickname"], asked["method"], place["path"].strip("/")]
    for service in load_resource("https://nowhere")["apis"]
    for place in service["api_declaration"]["apis"]
    for asked in place["operations"]
]
json.dump({"routes": known}, sys.stdout)
