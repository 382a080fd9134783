"""The directives and module lines of a batch job for Slurm. Pure."""

from collections.abc import Mapping
from typing import Any

from dragoman.core.shellwords import CONTROL, Unsafe, read_prefix, read_words
from dragoman.dialects.tapis3.job_lookups import PROFILE
from dragoman.dialects.tapis3.launch_text import SCRIPT, Spot
from dragoman.dialects.tapis3.options import Known, Option, Refused, allowed, words
from dragoman.dialects.tapis3.quoting import slurm_value
from dragoman.dialects.tapis3.resolve_job import Resolved

_BY_PROFILE = {"MEM": "mem", "PARTITION": "partition"}
_OUR_OWN = "it is fixed here"
KNOWN = Known(
    program="Slurm",
    valued=words(
        "account acctg-freq array batch bb bbf begin cluster-constraint clusters comment constraint container",
        "core-spec cores-per-socket cpu-freq cpus-per-gpu cpus-per-task deadline delay-boot dependency distribution",
        "error exclude export export-file extra-node-info gid gpu-bind gpu-freq gpus gpus-per-node gpus-per-socket",
        "gpus-per-task gres gres-flags hint input job-name kill-on-invalid-dep licenses mail-type mail-user mcs-label",
        "mem-bind mem-per-cpu mem-per-gpu mincpus network nodefile nodelist ntasks-per-core ntasks-per-gpu",
        "ntasks-per-node ntasks-per-socket open-mode output power prefer priority profile qos reservation signal",
        "sockets-per-node switches thread-spec threads-per-core time-min tmp tres-per-task wait-all-nodes wckey",
        "tapis-profile",
    ),
    flags=words("contiguous hold ignore-pbs no-requeue overcommit reboot requeue spread-job use-min-nodes verbose"),
    optional=words("exclusive get-user-env nice no-kill oversubscribe propagate"),
    short={
        "A": "account",
        "a": "array",
        "b": "begin",
        "B": "extra-node-info",
        "C": "constraint",
        "c": "cpus-per-task",
        "d": "dependency",
        "D": "chdir",
        "e": "error",
        "F": "nodefile",
        "G": "gpus",
        "h": "help",
        "H": "hold",
        "i": "input",
        "J": "job-name",
        "k": "no-kill",
        "L": "licenses",
        "m": "distribution",
        "M": "clusters",
        "n": "ntasks",
        "N": "nodes",
        "o": "output",
        "O": "overcommit",
        "p": "partition",
        "q": "qos",
        "Q": "quiet",
        "s": "oversubscribe",
        "S": "core-spec",
        "t": "time",
        "v": "verbose",
        "V": "version",
        "w": "nodelist",
        "W": "nodelist",
        "x": "exclude",
        "X": "exclude",
    },
    refused={
        "mem": "use memoryMB of the job",
        "nodes": "use nodeCount of the job",
        "ntasks": "use nodeCount and coresPerNode of the job",
        "partition": "use execSystemLogicalQueue of the job",
        "time": "use maxMinutes of the job",
        **dict.fromkeys(("chdir", "help", "parsable", "quiet", "test-only"), _OUR_OWN),
        **dict.fromkeys(("uid", "usage", "version", "wait", "wrap"), _OUR_OWN),
    },
)


def directives(resolved: Resolved, at: Spot) -> str:
    """The lines that tell Slurm about the job, in the order of their options. Raises Refused."""
    given = allowed([one["arg"] for one in resolved.attributes["parameterSet"]["schedulerOptions"]], KNOWN)
    options = {one.name: one for one in given if f"--{one.name}" != PROFILE}
    for name, value in _generated(resolved, at, is_array="array" in options).items():
        options.setdefault(name, Option(name=name, value=value))
    for word in resolved.profile.get("hiddenOptions") or ():
        options.pop(_BY_PROFILE.get(word, ""), None)
    lines = [f"#SBATCH {_line(options[name])}\n" for name in sorted(options)]
    return f"# Slurm directives.\n{''.join(lines)}\n"


def _generated(resolved: Resolved, at: Spot, *, is_array: bool) -> dict[str, str]:
    job = resolved.attributes
    found = {
        "job-name": SCRIPT,
        "mem": str(job["memoryMB"]),
        "nodes": str(job["nodeCount"]),
        "ntasks": str(job["nodeCount"] * job["coresPerNode"]),
        "partition": resolved.hpc_queue,
        "time": str(job["maxMinutes"]),
    }
    if is_array:
        return found
    # Slurm puts facts of the job in place of a percent sign and a letter: directories are to stay what they are.
    out, err = (path.rpartition("/") for path in (at.out, at.err))
    found["output"] = f"{out[0].replace('%', '%%')}/{out[2]}"
    return found if at.out == at.err else {**found, "error": f"{err[0].replace('%', '%%')}/{err[2]}"}


def _line(option: Option) -> str:
    if option.value is not None and CONTROL.search(option.value):  # a second line would be a command
        raise Refused(f"The value of --{option.name} has control characters in it.")
    if option.value is None:
        return f"--{option.name}"
    between = "=" if option.name in KNOWN.optional else " "
    return f"--{option.name}{between}{slurm_value(option.value)}"


def module_lines(profile: Mapping[str, Any]) -> str:
    """The lines that load what the profile names. Raises Refused."""
    lines = []
    for spec in profile.get("moduleLoads") or ():
        try:
            command = read_prefix(spec["moduleLoadCommand"])
            modules = [read_words(name).text for name in spec.get("modulesToLoad") or ()]
        except Unsafe as fault:
            raise Refused(
                f"The scheduler profile {profile.get('name')} loads modules in a way that {fault}."
            ) from fault
        lines += [f"{command} {module}\n" for module in modules] or [f"{command}\n"]
    return "".join(lines) + ("\n" if lines else "")
