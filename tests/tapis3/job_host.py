"""A host for scripts: a directory, real bash, and container programs that write down what they are asked to do."""

import os
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dragoman.core.hosted import Hosted
from dragoman.core.paths import on_host

_SINGULARITY = """\
#!/bin/bash
# Says what it was given, reads its environment file as the real one does, and runs $APP.
printf '%s\\0' "$@" > "$TOLD/argv"
while [ $# -gt 0 ]; do
  if [ "$1" = --env-file ]; then env -i /bin/bash -c 'set -a; . "$1"; env -0' x "$2" > "$TOLD/env"; fi
  shift
done
eval "$APP"
"""
_DOCKER = """\
#!/bin/bash
# One container at most: its log and its code are what $APP says and exits with.
printf '%s\\n' "$*" >> "$TOLD/calls"
case $1 in
  run) printf '%s\\0' "$@" > "$TOLD/argv"
       printf '%s' "$PODMAN_USERNS" > "$TOLD/userns"
       if [ -n "$REFUSES" ]; then echo "no such image" >&2; exit 125; fi
       (eval "$APP") > "$TOLD/log" 2> "$TOLD/log2"
       echo $? > "$TOLD/code"
       printf 'a%.0s' {1..64}; echo ;;
  wait) if [ -n "$DEAF" ]; then exit 1; fi; cat "$TOLD/code" ;;
  ps) if [ -e "$TOLD/code" ]; then echo "Exited ($(cat "$TOLD/code")) 2 seconds ago"; fi ;;
  logs) cat "$TOLD/log"; cat "$TOLD/log2" >&2 ;;
  rm) rm -f "$TOLD/code" ;;
esac
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What became of a command."""

    code: int
    out: str
    err: str


class Host:
    """A directory that plays a host. ``root`` is the root of its one system."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "root"
        self._told, self._programs = directory / "told", directory / "bin"
        for made in (self.root, self._told, self._programs):
            made.mkdir()
        for name, text in (("singularity", _SINGULARITY), ("docker", _DOCKER), ("podman", _DOCKER)):
            program = self._programs / name
            program.write_text(text)
            program.chmod(0o755)

    def place(self, path: str) -> Path:
        """Where a path of the system is."""
        return Path(on_host(str(self.root), path))

    def stage(self, work: Hosted) -> None:
        """Make the directories and write the scripts, as the service does."""
        for one in work.directories:
            self.place(one.path).mkdir(parents=True, exist_ok=True)
        for script in work.scripts:
            file = self.place(work.work.path) / script.name
            file.write_text(script.text)
            file.chmod(script.mode)

    def run(self, work: Hosted, text: str, **environment: str) -> Ran:
        """Run a text in the working directory."""
        environment = {
            "PATH": f"{self._programs}:{os.environ['PATH']}",
            "TOLD": str(self._told),
            "APP": ":",
        } | environment
        ran = subprocess.run(
            ["/bin/bash", "-c", text],
            cwd=self.place(work.work.path),
            env=environment,
            capture_output=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Ran(code=ran.returncode, out=ran.stdout.decode(), err=ran.stderr.decode())

    def launch(self, work: Hosted, **environment: str) -> Ran:
        """Stage, prepare and run it to its end."""
        self.stage(work)
        if work.prepare:
            prepared = self.run(work, work.prepare, **environment)
            assert 0 == prepared.code, prepared.err
        return self.run(work, work.command, **environment)

    def argv(self) -> list[str]:
        """What the container program was given last."""
        return (self._told / "argv").read_bytes().decode().split("\0")[:-1]

    def told(self, name: str) -> str:
        """Something else that it wrote down."""
        return (self._told / name).read_text()

    def environment(self) -> dict[str, str]:
        """The environment that the last container got from its file."""
        pairs = (self._told / "env").read_bytes().decode().split("\0")[:-1]
        found = dict(pair.split("=", 1) for pair in pairs)
        return {key: value for key, value in found.items() if key not in {"PWD", "SHLVL", "_", "OLDPWD"}}

    def output(self, work: Hosted, name: str) -> str:
        """A file of the output directory."""
        return (self.place(work.output.path) / name).read_text()

    def modes(self, work: Hosted) -> dict[str, int]:
        """The permission bits of what is in the working directory."""
        found = self.place(work.work.path).iterdir()
        return {one.name: stat.S_IMODE(one.stat().st_mode) for one in found if one.is_file()}
