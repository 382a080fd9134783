"""How an app in a Singularity (or Apptainer) image is launched: as a process of the host, or in a batch job. Pure."""

from dragoman.core.shellwords import always_quote, quote
from dragoman.dialects.tapis3.launch_text import (
    ENV,
    EXIT_FILE,
    SCRIPT,
    Spot,
    Text,
    app_args,
    container_args,
    forget_code,
    header,
    image,
    prefix,
    tell_code,
)
from dragoman.dialects.tapis3.options import Known, Unfit, allowed, words
from dragoman.dialects.tapis3.quoting import env_lines, env_option
from dragoman.dialects.tapis3.resolve_job import Resolved

LITERALLY = "export APPTAINER_NO_EVAL=1 SINGULARITY_NO_EVAL=1\n"
"""Else it writes values between double quotes into a script of the container's, and evaluates what an image from a
registry is told. Each generation reads its own name, and Apptainer complains about the other alone."""
_RESERVED = "use envVariables of the job"
_APART = words("compat containall pid")
"""These give a container a process space of its own."""
KNOWN = Known(
    program="singularity",
    valued=words(
        "add-caps app bind dns drop-caps fusemount home hostname mount network network-args no-mount overlay pem-path",
        "pwd scratch security vm-cpu vm-ip vm-ram workdir",
    ),
    flags=words(
        "cleanenv compat contain containall disable-cache ipc net no-home no-init no-privs no-umask nohttps nonet nv",
        "nvcli pid rocm userns uts vm vm-err writable writable-tmpfs",
    ),
    short={
        "B": "bind",
        "e": "cleanenv",
        "c": "contain",
        "C": "containall",
        "H": "home",
        "i": "ipc",
        "n": "net",
        "O": "overlay",
        "o": "overlay",
        "p": "pid",
        "S": "scratch",
        "U": "userns",
        "u": "userns",
        "W": "workdir",
        "w": "writable",
    },
    refused={"env": _RESERVED, "env-file": _RESERVED, "pidfile": "it has its own", "name": "it names jobs itself"},
)


def fork(resolved: Resolved, at: Spot, program: str, *, own_processes: bool = True) -> Text:
    """As a process of the host, in the background of its script. Raises Refused, and Unfit."""
    if not own_processes:
        _check_processes(resolved)
    env_file = always_quote(f"{at.work}/{ENV}")
    run = f"nohup {program} run --env-file {env_file}{_container(resolved)}{app_args(resolved)} {at.redirections} &"
    told = header("The app's container is run in the background, with the environment of the job.", "Its pid is told.")
    return Text(
        script=f"{told}{LITERALLY}{run}\n\npid=$!\necho $pid\n",
        env=env_lines(resolved.attributes["parameterSet"]["envVariables"], exported=False),
        command=f'{forget_code(at)}. ./{SCRIPT}\nwait "$pid"\ncode=$?\n{tell_code(at, heed_app=True)}',
        exit_file=EXIT_FILE,
    )


def _check_processes(resolved: Resolved) -> None:
    for one in allowed(container_args(resolved), KNOWN):
        if one.name in _APART:
            why = "which no container gets on this system: its own service tells why (`dragoman doctor`)"
            raise Unfit(f"The singularity option --{one.name} needs a /proc of its own, {why}. Leave it out.")


def batch_line(resolved: Resolved, program: str) -> str:
    """The commands of a batch job. Raises Refused."""
    variables = env_option(resolved.attributes["parameterSet"]["envVariables"])
    return f"{LITERALLY}{prefix(resolved)}{program} run --env {variables}{_container(resolved)}{app_args(resolved)}\n"


def batch_env(resolved: Resolved) -> str:
    """An environment file for whoever wants to source it."""
    return env_lines(resolved.attributes["parameterSet"]["envVariables"], exported=True)


def _container(resolved: Resolved) -> str:
    options = allowed(container_args(resolved), KNOWN)
    texts = [f" --{one.name}" + (f" {quote(one.value)}" if one.value is not None else "") for one in options]
    return f"{''.join(texts)} {image(resolved)}"
