"""Makes a workload of a job: its directories, what is brought there, its scripts, what is kept of it. Pure."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dragoman.core.hosted import Hosted, Keeping, Place, Script, Source
from dragoman.core.shellwords import quote
from dragoman.dialects.tapis2.amounts import clock
from dragoman.dialects.tapis2.slugs import script_name
from dragoman.dialects.tapis2.system_facet import variables
from dragoman.dialects.tapis2.system_words import SCHEDULERS
from dragoman.dialects.tapis2.template import CALLBACKS, LOG, called, filled, notifies, opening, resolved

OWN = ".dragoman"
"""The directory in a job's that is ours: nothing in it is the job's."""
LEFT_OUT = ".agave.archive"
"""Names what was there before the job began; its author may add to it."""
_MODE = 0o700

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A job of which everything is known."""

    attributes: Json
    """What the job shows for ever."""
    facet: Json
    """Of its execution system."""
    queue: Json
    wrapper: str
    fields: Mapping[str, str]
    """What stands in the wrapper for each input and parameter."""
    macros: Mapping[str, str]
    modules: tuple[str, ...]
    account_id: int
    system_id: int
    archive_id: int | None
    """None: nothing is archived."""
    directory: str
    """Of the job, below the root of its system."""
    archive: str
    """Where its outputs go, below the root of that system."""
    base: str
    """The root of the execution system, as commands see it."""
    assets: Source
    inputs: tuple[Source, ...]
    variables: Mapping[str, str]
    """Of the event that has started it; they are data, in which no macro is looked for."""

    @property
    def is_batch(self) -> bool:
        """Whether a batch scheduler runs it."""
        return SCHEDULERS[self.facet["scheduler"]] != "fork"

    @property
    def script(self) -> str:
        """The name of its script."""
        return f"{self.attributes['slug']}.ipcexe"

    @property
    def host_directory(self) -> str:
        """Its directory, as commands see it."""
        return f"{self.base}{self.directory}"


def launch(plan: Plan) -> Hosted:
    """The workload."""
    place = Place(system_id=plan.system_id, path=plan.directory)
    own = Place(system_id=plan.system_id, path=f"{plan.directory}/{OWN}")
    target = None if plan.archive_id is None else Place(system_id=plan.archive_id, path=plan.archive)
    job, here = plan.attributes, quote(plan.host_directory)
    return Hosted(
        system_id=plan.system_id,
        account_id=plan.account_id,
        directories=(place, own, *((target,) if target else ())),
        work=own,
        output=place,
        sources=(plan.assets, *plan.inputs),
        scripts=(Script(name=plan.script, text=script(plan), mode=_MODE),),
        batch=plan.script if plan.is_batch else "",
        command=f"cd -- {here} || exit 1\nexec /bin/bash ./{quote(plan.script)}",
        prepare=_prepare(plan),
        queue=plan.queue["name"],
        walltime=job["maxSeconds"],
        tells=CALLBACKS if notifies(filled(plan.wrapper, plan.fields)) else "",
        keeping=_keeping(target, on_failure=bool(job["archiveOnAppError"])),
    )


def _keeping(target: Place | None, *, on_failure: bool) -> Keeping | None:
    """Everything new goes to the archive, and nothing stays behind."""
    if target is None:
        return None
    return Keeping(
        target=target,
        excludes=(f"{OWN}/**",),
        launch_files=False,
        on_failure=on_failure,
        left_out=LEFT_OUT,
        clears=True,
    )


def _prepare(plan: Plan) -> str:
    """Text that puts the script where people look for it, and lists all that is there before the job begins."""
    name, mark = quote(plan.script), LEFT_OUT
    return (
        f"cd -- {quote(plan.host_directory)} || exit 1\n"
        f"cp -- ./{OWN}/{name} ./{name} && chmod u+x -- ./{name} || exit 1\n"
        f"rm -f -- ./{OWN}/failed && : >> {LOG} && : >> {mark} || exit 1\n"
        f"find . -path ./{OWN} -prune -o ! -type d -print > ./{OWN}/there && cp -- ./{OWN}/there {mark}\n"
    )


def script(plan: Plan) -> str:
    """The text that runs."""
    body = called(filled(plan.wrapper.replace("\r\n", "\n"), plan.fields))
    before = "".join(
        [
            _batch_header(plan) if plan.is_batch else _fork_header(plan),
            opening(plan.host_directory),
            _startup(plan),
            *(f"module {one}\n" for one in plan.modules),
            _exports(variables(plan.facet["environment"])),
        ]
    )
    after = body if body.endswith("\n") else f"{body}\n"
    return f"{resolved(before, plan.macros)}{_exports(plan.variables)}{resolved(after, plan.macros)}"


def _exports(values: Mapping[str, str]) -> str:
    return "".join(f"export {key}={shlex.quote(value)}\n" for key, value in values.items())


def _startup(plan: Plan) -> str:
    path = plan.facet.get("startupScript")
    return f'. {quote(path)} >> "$AGAVE_LOG_FILE" 2>&1 || true\n' if path else ""


def _fork_header(plan: Plan) -> str:
    slug = plan.attributes["slug"]
    return (
        "#!/bin/bash\n\n"
        "# Written for one job, and run once: the header, the directory of the job, the callbacks, modules, the\n"
        "# environment of the system, the wrapper of the app with its values.\n\n"
        f"echo $$ > {slug}.pid\nexec 2>{slug}.err 1>{slug}.out\n\n"
    )


def _batch_header(plan: Plan) -> str:
    job, queue = plan.attributes, plan.queue
    name = script_name(job["slug"])
    log = f"{plan.host_directory.replace('%', '%%')}/{name}-{job['uuid']}"
    custom = queue.get("customDirectives") or ""
    lines = [f"-J {name}", f"-o {quote(f'{log}.out')}", f"-e {quote(f'{log}.err')}"]
    if not (custom and str(plan.facet["scheduler"]).startswith("CUSTOM_")):
        lines += [f"-t {clock(job['maxSeconds'])}"] if job["maxSeconds"] else []
        lines += [f"-p {queue['mappedName'] or queue['name']}", f"-N {job['nodeCount']} -n {job['processorsPerNode']}"]
        lines += custom.splitlines()
        return "#!/bin/bash\n" + "".join(f"#SBATCH {line}\n" for line in lines if line.strip()) + "\n"
    return "#!/bin/bash\n" + "".join(f"#SBATCH {line}\n" for line in lines) + f"{custom.rstrip()}\n\n"
