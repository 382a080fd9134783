"""Whatever a well-formed request says, it becomes a job or is refused; and no script is broken by it."""

import subprocess
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.core.errors import Invalid
from tests.tapis3.job_examples import app, cluster, hosted, script, system

TEXT = st.text(st.sampled_from("a1 ${}()'\"\\`-=/.,:;&|<>*?[]~#!%é\n"), max_size=16) | st.sampled_from(
    ["${JobUUID}", "${JobName}", "${ExecSystemExecDir}", "HOST_EVAL($X, /d)", "--bind", "--opt v", "-x=1", "../..", "/"]
)
ARGS = st.lists(st.fixed_dictionaries({"arg": TEXT}), max_size=3)
OPTIONS = st.lists(
    st.builds(
        lambda name, between, value: {"arg": f"{name}{between}{value}"},
        st.sampled_from(["--bind", "--volume", "-v", "--label", "--comment", "-J", "--output", "--pwd", "--mount"]),
        st.sampled_from([" ", "="]),
        TEXT,
    ),
    max_size=3,
)
URLS = st.builds("{}{}".format, st.sampled_from(["tapis://s/", "https://h/", "tapislocal://exec.tapis/"]), TEXT)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("description", "mpiCmd", "cmdPrefix"), TEXT),
        **dict.fromkeys(("execSystemExecDir", "execSystemInputDir", "execSystemOutputDir", "archiveSystemDir"), TEXT),
        "name": TEXT,
        "isMpi": st.booleans(),
        "fileInputs": st.lists(
            st.fixed_dictionaries({"sourceUrl": URLS}, optional={"targetPath": TEXT, "envKey": TEXT}), max_size=2
        ),
        "fileInputArrays": st.lists(
            st.fixed_dictionaries({"sourceUrls": st.lists(URLS, max_size=2)}, optional={"targetDir": TEXT}), max_size=2
        ),
        "parameterSet": st.fixed_dictionaries(
            {},
            optional={
                "appArgs": ARGS,
                "containerArgs": OPTIONS,
                "schedulerOptions": OPTIONS,
                "envVariables": st.lists(
                    st.fixed_dictionaries({"key": st.sampled_from("ABC")}, optional={"value": TEXT}), max_size=2
                ),
                "archiveFilter": st.fixed_dictionaries({"includes": st.lists(TEXT, max_size=2)}),
            },
        ),
    },
)
PLACE = {"enableCmdPrefix": True, "batchSchedulerProfile": None}
MADE_OF: list[dict[str, Any]] = [
    {"on": system(**PLACE)},
    {"on": system(**PLACE), "of": app(runtime="DOCKER", containerImage="sci/bb")},
    {"on": system(**PLACE), "of": app(runtime="ZIP", containerImage="https://h/x.zip")},
    {"on": cluster(**PLACE)},
    {"on": cluster(**PLACE), "of": app(runtime="ZIP", containerImage="/opt/x y.zip")},
]


@settings(max_examples=300)
@given(BODIES, st.sampled_from(MADE_OF))
def test_nothing_else_is_raised(body: dict[str, Any], made_of: dict[str, Any]) -> None:
    """A request is refused with its fields named, or accepted."""
    with suppress(Invalid):
        hosted(body, **made_of)


@settings(max_examples=80)
@given(BODIES, st.sampled_from(MADE_OF))
def test_every_script_is_a_script(body: dict[str, Any], made_of: dict[str, Any]) -> None:
    """What is written can be read by bash from its first to its last line."""
    try:
        work = hosted(body, **made_of)
    except Invalid:
        return
    if work.refusal:
        return
    texts = [script(work), work.command, work.prepare, work.undo]
    for text in filter(None, texts):
        read = subprocess.run(["/bin/bash", "-n", "-c", text], capture_output=True, timeout=120, check=False)
        assert (0, b"") == (read.returncode, read.stderr)
