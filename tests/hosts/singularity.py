"""A stand-in for Singularity, which Debian 12 has not: the command line that jobs use, on Charliecloud's containers.

It is no Singularity: ``run --env-file FILE --env NAME="value",… IMAGE WORDS…`` and nothing more, of images in a
directory. The containers are real.
"""

import os
import shutil

import pytest

from tests.hosts.images import RUNSCRIPT, make_image

_PROGRAM = """\
#!/bin/bash
set -u
variables=$(mktemp); trap 'rm -f "$variables"' EXIT
[ "${{1-}}" = run ] || {{ echo "FATAL: only run is known here" >&2; exit 255; }}
shift
while [ $# -gt 0 ]; do
  case $1 in
    --env-file) env -i PATH="$PATH" HOME="$HOME" /bin/bash -c 'set -a; . "$1"; env' x "$2" >> "$variables"; shift 2 ;;
    --env) /usr/bin/python3 -c 'import csv, sys; print("\\n".join(next(csv.reader([sys.argv[1]]))))' "$2" \\
             >> "$variables"; shift 2 ;;
    -*) echo "FATAL: unknown option $1" >&2; exit 255 ;;
    *) break ;;
  esac
done
image={images}/${{1#*://}}; shift
[ -d "$image" ] || {{ echo "FATAL: could not open image $image: no such file or directory" >&2; exit 255; }}
export USER=${{USER:-$(id -un)}}
[ -s "$variables" ] && options=(--set-env="$variables") || options=()
# Not exec: the file of variables is to be removed. Who signals us means the container.
ch-run "${{options[@]}}" -b /home:/home -c "$PWD" "$image" -- /{runscript} "$@" &
trap 'kill $!; wait $!' TERM INT
wait $!
"""


def add_singularity(programs: str, images: str) -> None:
    """Put the program ``singularity`` into a directory; its images are below another. Skips without Charliecloud."""
    if not shutil.which("ch-run", path="/usr/bin:/bin"):
        pytest.skip("no ch-run here: apt-get install charliecloud")
    path = f"{programs}/singularity"
    with open(path, "w") as file:
        file.write(_PROGRAM.format(images=images, runscript=RUNSCRIPT))
    os.chmod(path, 0o755)


def add_image(images: str, name: str, script: str) -> None:
    """Add an image that ``docker://NAME`` means."""
    make_image(f"{images}/{name}", script)
