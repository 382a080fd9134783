"""Batch scripts tell Slurm what was asked for, and give the app exactly its environment and words."""

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tapis3.job_examples import IMAGE, PROFILE, WORK, app, args, cluster, hosted, resolved, script, variables
from tests.tapis3.job_host import Host

BATCH = cluster(rootDir="/", batchSchedulerProfile=None)


def directives(text: str) -> list[str]:
    """The lines for Slurm."""
    return [line.removeprefix("#SBATCH ") for line in text.splitlines() if line.startswith("#SBATCH ")]


def test_the_seeds_script_is_as_published() -> None:
    """Sorted directives without what the profile hides, then the modules, then the command."""
    body = args("--account PRJ", "--tapis-profile tacc", key="schedulerOptions")
    work = hosted(body, on=cluster(rootDir="/"), profile=PROFILE)
    text = script(work)
    expected = [
        "--account PRJ",
        "--job-name tapisjob.sh",
        "--nodes 1",
        "--ntasks 1",
        f"--output {WORK}/output/tapisjob.out",
        "--partition normal",
        "--time 10",
    ]
    assert expected == directives(text)
    assert "# Slurm directives.\n#SBATCH" in text
    lines = text.splitlines()
    assert ["module load tacc-singularity", "", "export APPTAINER_NO_EVAL=1 SINGULARITY_NO_EVAL=1"] == lines[-4:-1]
    assert lines[-1].startswith('singularity run --env _tapisAppId="img",_tapisAppVersion="0.0.1",')
    assert lines[-1].endswith(f" {IMAGE}")
    assert ("tapisjob.sh", "", "tapisNormal", 600) == (work.batch, work.command, work.queue, work.walltime)
    assert "export _tapisAppId=img\n" in script(work, "tapisjob.env")


def test_amounts_become_options() -> None:
    """Tasks are nodes times cores; memory is told unless it is hidden."""
    body = {"nodeCount": 2, "coresPerNode": 3, "memoryMB": 500, "maxMinutes": 7}
    found = directives(script(hosted(body, on=BATCH)))
    assert {"--nodes 2", "--ntasks 6", "--mem 500", "--time 7"} <= set(found)


def test_log_files_are_named_unless_the_user_names_them() -> None:
    """Two names make two options; an array has a file for each of its jobs."""
    log = {"parameterSet": {"logConfig": {"stdoutFilename": "o", "stderrFilename": "e"}}}
    found = directives(script(hosted({"execSystemOutputDir": "/50%/o", **log}, on=BATCH)))
    assert ["--error /50%%/o/e", "--output /50%%/o/o"] == [one for one in found if "o/" in one]
    mine = directives(script(hosted(args("-o mine", "-J me", key="schedulerOptions"), on=BATCH)))
    assert {"--output mine", "--job-name me"} <= set(mine)
    assert not [
        one for one in directives(script(hosted(args("-a 1-3", key="schedulerOptions"), on=BATCH))) if "output" in one
    ]


def test_values_that_are_no_words_are_quoted_for_slurm() -> None:
    """Its directive lines have rules of their own; options with an optional value need it joined."""
    given = (
        "--comment 'two \"words\"'",
        "--constraint intel&gpu",
        "--exclusive=user",
        "--hold",
        "-W n1,n2",
        "--nice -5",
    )
    found = directives(script(hosted(args(*given, key="schedulerOptions"), on=BATCH)))
    wanted = {
        '--comment "two \\"words\\""',
        "--constraint intel&gpu",
        "--exclusive=user",
        "--hold",
        "--nodelist n1,n2",
        "--nice=-5",
    }
    assert wanted <= set(found)


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--time 5", "maxMinutes"),
        ("-t 5", "maxMinutes"),
        ("--mem=5", "memoryMB"),
        ("-N 2", "nodeCount"),
        ("-n 2", "coresPerNode"),
        ("-p normal", "execSystemLogicalQueue"),
        ("--wrap ls", "given by the service"),
        ("-D /tmp", "given by the service"),
        ("--uid 0", "given by the service"),
        ("--odd", "not supported"),
    ],
)
def test_options_that_nobody_may_give(option: str, told: str) -> None:
    """The refusal says what to use instead."""
    assert told in hosted(args(option, key="schedulerOptions"), on=BATCH).refusal


def test_docker_and_other_schedulers_are_refused() -> None:
    """Neither is run by anybody."""
    assert "Docker" in hosted(of=app(runtime="DOCKER"), on=BATCH).refusal
    assert "PBS" in hosted(on=cluster(batchScheduler="PBS", batchSchedulerProfile=None)).refusal


def test_prefixes_stand_in_front() -> None:
    """An MPI job has its mpiCmd there, others their cmdPrefix."""
    place = cluster(batchSchedulerProfile=None, mpiCmd="ibrun", enableCmdPrefix=True)
    assert "\nibrun singularity run " in script(hosted({"isMpi": True}, on=place))
    assert "\ntime -p singularity run " in script(hosted({"cmdPrefix": "time -p"}, on=place))


@pytest.mark.parametrize(
    ("loads", "lines"),
    [
        (
            [{"moduleLoadCommand": "module load", "modulesToLoad": ["a", "b/1.2"]}],
            ["module load a", "module load b/1.2"],
        ),
        ([{"moduleLoadCommand": "module purge", "modulesToLoad": []}], ["module purge"]),
        ([{"moduleLoadCommand": "module use $HOME/m"}], ["module use $HOME/m"]),
    ],
)
def test_module_lines(loads: list[dict[str, object]], lines: list[str]) -> None:
    """One for each module, or the bare command."""
    text = script(hosted(on=cluster(), profile={"name": "tacc", "moduleLoads": loads}))
    assert lines == text.splitlines()[-3 - len(lines) : -3]


def test_a_profile_runs_nothing_else() -> None:
    """Anybody can make one, so it is no place for commands."""
    loads = [{"moduleLoadCommand": "rm -rf / ;", "modulesToLoad": []}]
    assert "loads modules" in hosted(on=cluster(), profile={"name": "tacc", "moduleLoads": loads}).refusal


VALUES = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(["A", "B", "C"]), VALUES | st.sampled_from(['a,b"c', "$HOME", "`id`", "a\\"])))
def test_variables_of_a_batch_job_never_expand_on_the_host(values: dict[str, str]) -> None:
    """The option is read as Singularity reads it, and gives exactly the values."""
    body = {
        "parameterSet": {
            "envVariables": [{"key": key, "value": value} for key, value in values.items()],
            "appArgs": [{"arg": "--x '$HOME' \"a b\""}],
        }
    }
    with TemporaryDirectory() as made:
        host = Host(Path(made))
        work = hosted(body, on=BATCH, root=str(host.root))
        host.stage(work)
        ran = host.run(work, f"./{work.batch}", APP="exit 4")
        assert (4, "") == (ran.code, ran.err)
        run, env, told, image, *words = host.argv()
        assert ("run", "--env", IMAGE, ["--x", "$HOME", "a b"]) == (run, env, image, words)
        pairs = next(csv.reader(io.StringIO(told, newline="")))
        assert variables(resolved(body, on=BATCH)) == dict(pair.split("=", 1) for pair in pairs)
