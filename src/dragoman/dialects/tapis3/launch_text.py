"""The pieces that all launch scripts share. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dragoman.core.paths import on_host
from dragoman.core.shellwords import Unsafe, quote, read_prefix, read_words
from dragoman.dialects.tapis3.options import Refused
from dragoman.dialects.tapis3.resolve_job import Resolved

SCRIPT, ENV, EXIT_FILE = "tapisjob.sh", "tapisjob.env", "tapisjob.exitcode"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What one kind of launch is made of; see core.hosted.Hosted for each."""

    script: str
    env: str
    command: str = ""
    undo: str = ""
    prepare: str = ""
    exit_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where things are on the execution host, as absolute paths."""

    root: str
    """The root of the system."""
    work: str
    input: str
    output: str
    out: str
    """The file for what the job says."""
    err: str
    """The file for its complaints; may be the same."""

    @property
    def redirections(self) -> str:
        """Sends what a command says into its files."""
        if self.out == self.err:
            return f"> {quote(self.out)} 2>&1"
        return f"2> {quote(self.err)} 1> {quote(self.out)}"


def spot(job: Mapping[str, Any], root: str) -> Spot:
    """The places of a job below the root of its system."""
    work, inputs, output = (on_host(root, job[f"execSystem{name}Dir"]) for name in ("Exec", "Input", "Output"))
    log = job["parameterSet"]["logConfig"]
    out, err = (f"{output.rstrip('/')}/{log[key]}" for key in ("stdoutFilename", "stderrFilename"))
    return Spot(root=root, work=work, input=inputs, output=output, out=out, err=err)


def header(*steps: str) -> str:
    """The first lines of a script."""
    told = "".join(f"#   {number}. {step}\n" for number, step in enumerate(steps, 1))
    return f"#!/bin/bash\n\n# Written for one job of this service, and run once. In this order:\n#\n{told}\n"


def image_name(resolved: Resolved) -> str:
    """The image of the app. Raises Refused."""
    name = str(resolved.app.get("containerImage") or "").strip()
    if not name or name.startswith("-"):
        raise Refused(f"The app's containerImage is no image: {name!r}.")
    return name


def image(resolved: Resolved) -> str:
    """The image of the app as one word. Raises Refused."""
    return quote(image_name(resolved))


def app_args(resolved: Resolved) -> str:
    """The arguments of the app, each behind a space. Raises Refused."""
    texts = []
    for one in resolved.attributes["parameterSet"]["appArgs"]:
        try:
            texts.append(read_words(one["arg"]).text)
        except Unsafe as fault:
            raise Refused(f"The argument {one['name']}: {fault}.") from fault
    return "".join(f" {text}" for text in texts if text)


def container_args(resolved: Resolved) -> list[str]:
    """The options for the container, as they were written."""
    return [one["arg"] for one in resolved.attributes["parameterSet"]["containerArgs"]]


def prefix(resolved: Resolved) -> str:
    """What stands in front of the command, with a space behind it. Raises Refused."""
    job = resolved.attributes
    text = (job["mpiCmd"] if job["mpi"] else job["cmdPrefix"]) or ""
    try:
        return f"{read_prefix(text)} " if text else ""
    except Unsafe as fault:
        raise Refused(f"The prefix of the command: {fault}.") from fault


def forget_code(at: Spot) -> str:
    """Text that takes away the exit code of whatever ran here before."""
    return f"rm -f -- {quote(f'{at.output}/{EXIT_FILE}')}\n"


def tell_code(at: Spot, *, heed_app: bool) -> str:
    """Text that writes ``$code`` down, unless the app has written its own, and ends with it.

    ``heed_app``: the code that the app wrote counts. Uses nothing but the shell itself.
    """
    file = quote(f"{at.output}/{EXIT_FILE}")
    heed = (
        f"elif IFS=$' \\t\\r\\n' read -r told < {file} || [ -n \"$told\" ]; then\n"
        "  case $told in [0-9]|[0-9][0-9]|[0-9][0-9][0-9]) code=$((10#$told > 255 ? 255 : 10#$told)) ;; esac\n"
    )
    write = f"if [ ! -e {file} ]; then\n  printf '%s\\n' \"$code\" > {file}\n"
    return f'{write}{heed if heed_app else ""}fi\nexit "$code"\n'
