"""Takes pictures with a camera of the node and uploads them; on pywaggle's core, and on OpenCV only where it is.

A camera is named as people named it: its address stands in the node's data-config.json.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from waggle.plugin import Plugin

DATA_CONFIG = "/run/waggle/data-config.json"


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """What the plugin was called with."""
    parser = argparse.ArgumentParser(prog="imagesampler", description=__doc__)
    parser.add_argument("-stream", "--stream", default="bottom_camera", help="name of the camera")
    parser.add_argument("-name", "--name", default="", help="name of the camera in the meta of the upload")
    parser.add_argument(
        "-interval", "--interval", type=float, default=0.0, help="seconds between pictures; 0: only one"
    )
    return parser.parse_args(words)


def camera(name: str) -> Mapping[str, Any]:
    """What the node says of the camera of that name. Raises LookupError."""
    path = Path(os.environ.get("WAGGLE_DATA_CONFIG_PATH", DATA_CONFIG))
    sections = json.loads(path.read_text())
    names = sorted(str(section["match"].get("id")) for section in sections)
    for section in sections:
        if section["match"].get("id") == name:
            found: Mapping[str, Any] = section["handler"]["args"]
            return found
    raise LookupError(f"This node has no camera {name}. It has: {', '.join(names) or 'none'}.")


def picture(name: str, folder: str) -> tuple[Path, int]:
    """A picture of now in a file, and its time in nanoseconds."""
    address = camera(name).get("snapshot")
    if address is None:
        return by_opencv(name, folder)
    path, at = Path(folder, "sample.png"), time.time_ns()
    with urllib.request.urlopen(str(address), timeout=30) as answer:  # noqa: S310 - the node's own address
        path.write_bytes(answer.read())
    return path, at


def by_opencv(name: str, folder: str) -> tuple[Path, int]:
    """The same by pywaggle's own camera."""
    from waggle.data.vision import Camera

    sample = Camera(name).snapshot()
    path = Path(folder, "sample.jpg")
    sample.save(path)
    return path, int(sample.timestamp)


def main(words: Sequence[str]) -> int:
    """Take one picture, or one after the other."""
    wanted = arguments(words)
    with Plugin() as plugin, tempfile.TemporaryDirectory() as folder:
        while True:
            path, at = picture(wanted.stream, folder)
            plugin.upload_file(path, timestamp=at, meta={"camera": wanted.name or wanted.stream})
            if not wanted.interval:
                return 0
            time.sleep(wanted.interval)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (LookupError, ImportError, OSError, RuntimeError) as problem:
        sys.exit(f"imagesampler: {problem}")
