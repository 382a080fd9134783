"""What Slurm's words mean: states, lists, refusals, and the batch script that is made of a user's own."""

import subprocess
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.errors import Broken, Invalid, Unavailable
from dragoman.core.launch import Ended, Look
from dragoman.schedulers.slurm_parse import accounted, evidence, job_number, refusal, sacct_rows, squeue_rows
from dragoman.schedulers.slurm_script import batch_script
from dragoman.schedulers.slurm_states import Evidence, Phase, Row, conclude, glance, row_of, settle, unknown

SECOND = 1_000_000
TOKEN = "t0"
END = {"token": TOKEN, "ended": "EXITED", "exit_code": 3, "started_at": 5, "ended_at": 9}
STATES = [
    *(
        "BOOT_FAIL",
        "CANCELLED",
        "COMPLETED",
        "DEADLINE",
        "FAILED",
        "NODE_FAIL",
        "OUT_OF_MEMORY",
        "PREEMPTED",
        "TIMEOUT",
    ),
    *("REVOKED", "SPECIAL_EXIT", "PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "CONFIGURING"),
    *("COMPLETING", "RUNNING", "RESIZING", "SIGNALING", "STAGE_OUT", "STOPPED", "SUSPENDED", "SOMETHING_NEW"),
]


def row(state: str, *, code: int = 0, reason: str = "", job: str = "7") -> Row:
    return Row(job=job, token=TOKEN, state=state, code=code, reason=reason, started_at=1, ended_at=2)


def test_the_list_of_jobs_is_read() -> None:
    """A job has its number (an array's own), state, exit code, reason and times; what is not known yet is None."""
    text = "5|COMPLETED|0|1796008408|1796008409|None|t5 x|y|\n9|FAILED|768|10|N/A|NonZeroExitCode|t9|\n"
    text += "4|OUT_OF_MEMORY|253|N/A|N/A|OutOfMemory|(null)|\nslurm_load_jobs warning\n"
    expected = [
        Row(job="5", token="t5 x|y", state="COMPLETED", started_at=1796008408 * SECOND, ended_at=1796008409 * SECOND),
        Row(job="9", token="t9", state="FAILED", code=3, reason="NonZeroExitCode", started_at=10 * SECOND),
        Row(job="4", token="(null)", state="OUT_OF_MEMORY", code=253, reason="OutOfMemory"),
    ]
    assert expected == squeue_rows(text)


def test_the_accounting_is_read() -> None:
    """A number that has been given away again is told by the comment, where the accounting keeps comments."""
    text = "5|CANCELLED by 1001|0:15|N/A|20|\n6_2|FAILED|1:0|10|20|t6\n7|TIMEOUT|0:0|1|2|other\n"
    text += "8|RUNNING|0:0|1|Unknown|t8\n"
    rows = sacct_rows(text)
    assert [("CANCELLED", 143), ("FAILED", 1), ("TIMEOUT", 0), ("RUNNING", 0)] == [(r.state, r.code) for r in rows]
    found = accounted({"5": "t5", "6": "t6", "7": "t7", "8": "t8"}, rows)
    assert {"t5": ["5"], "t6": ["6"]} == {token: [r.job for r in several] for token, several in found.items()}


def test_evidence_is_read() -> None:
    """What cannot be read is left out, and an end that is none is not there."""
    text = 't0\tksb\t7\t2\t{"token": "t0", "ended": "EXITED", "exit_code": 3, "started_at": 5, "ended_at": 9}\n'
    text += "t1\tu\t\t1\t\nt2\tksxna\tx\t1\tgarbage\n\n"
    expected = {
        "t0": Evidence(submitted=True, begun=True, job="7", tries=2, end=END),
        "t2": Evidence(submitted=True, stopped=True, barred=True, again=True, tries=1),
    }
    assert expected == evidence(text)


@given(st.text(), st.text(alphabet="|0123456789:\n\tkRUNG_ "))
def test_whatever_the_host_prints_is_read(words: str, lines: str) -> None:
    """No answer, however strange, is more than an answer with nothing in it."""
    for text in (words, lines):
        squeue_rows(text)
        sacct_rows(text)
        evidence(text)


@pytest.mark.parametrize(("text", "expected"), [("12\n", "12"), ("12;north\n", "12"), ("a warning\n13\n", "13")])
def test_the_number_is_read(text: str, expected: str) -> None:
    """The number is in the last line, before the cluster's name."""
    assert expected == job_number(text)


def test_no_number_is_no_answer() -> None:
    """Without a number the job is to be looked for."""
    with pytest.raises(Unavailable):
        job_number("thank you\n")


REFUSALS = [
    ("invalid partition specified: nope\nsbatch: error: X: Invalid partition name specified", "queue"),
    ("X: Invalid account or account/partition combination specified", "account"),
    ("X: Requested time limit is invalid (missing or exceeds some limit)", "time"),
    (
        "Memory specification can not be satisfied\nsbatch: error: X: Requested node configuration is not available",
        "memory",
    ),
    ("X: Requested node configuration is not available", "nodes"),
    ("X: Node count specification invalid", "nodes"),
    ("X: More processors requested than permitted", "cores"),
    ("X: Invalid qos specification", "qos"),
    ("X: Requested reservation is invalid", "reservation"),
    ("Invalid generic resource (gres) specification", "gres"),
    ("X: Invalid feature specification", "constraint"),
    ("X: Job dependency problem", "dependency"),
    ("Invalid --mem specification", "memory"),
    ("Invalid --time specification", "time"),
]


@pytest.mark.parametrize(("text", "field"), REFUSALS)
def test_a_refusal_names_its_field(text: str, field: str) -> None:
    """What Slurm refuses is told in its own words, with the part of the request that is meant."""
    text = "sbatch: error: " + text.replace("X:", "Batch job submission failed:")
    problem = refusal("sbatch", 1, text)
    assert isinstance(problem, Invalid)
    assert {(field,)} == set(problem.fields)
    assert "Slurm refuses it: " in problem.message
    assert "sbatch: error" not in problem.message


POLICY = "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (1, f"sbatch: error: QOSMaxCpuPerUserLimit\nsbatch: error: Batch job submission failed: {POLICY}", Broken),
        (
            1,
            f"sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: {POLICY}",
            Unavailable,
        ),
        (
            1,
            "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)",
            Unavailable,
        ),
        (1, "slurm_msg_sendto: address:port=127.0.0.1:1 msg_type=4003: Unexpected missing socket error", Unavailable),
        (140, "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation", Unavailable),
        (1, "sbatch: error: Batch job submission failed: Zero Bytes were transmitted or received", Unavailable),
        (1, "sbatch: error: Munge encode failed: Failed to access socket", Unavailable),
        (137, "", Unavailable),
        (255, "sbatch: unrecognized option '--foo'", Broken),
        (1, "sbatch: error: Batch job submission failed: Access/permission denied", Broken),
        (127, "env: 'sbatch': No such file or directory", Broken),
        (1, "", Broken),
    ],
)
def test_a_failure_is_for_good_or_for_now(code: int, text: str, kind: type) -> None:
    """A controller that is silent or full may be asked again; a no is a no."""
    assert kind is type(refusal("sbatch", code, text))


@pytest.mark.parametrize("verb", ["squeue", "scancel"])
def test_who_only_asks_is_never_refused(verb: str) -> None:
    """A list that cannot be had now may be had later, whatever Slurm says."""
    assert Unavailable is type(refusal(verb, 1, "error: something odd"))


@pytest.mark.parametrize(("state", "found"), list(product(STATES, [Evidence(), Evidence(submitted=True, begun=True)])))
def test_every_state_means_something(state: str, found: Evidence) -> None:
    """Whatever word Slurm has for a job, it waits, is there, or is over; unknown words mean that it is there."""
    seen = row(state)
    look = settle(seen, found) or conclude(seen, found) or unknown(seen, found)
    assert (look.started or look.pending or look.ended is not None) is True
    assert (seen.phase is Phase.OVER) is (look.ended is not None or settle(seen, found) is None)
    assert look.scheduler_state == state


ENDS = [
    ("COMPLETED", 0, Ended.EXITED, 0),
    ("FAILED", 3, Ended.EXITED, 3),
    ("TIMEOUT", 15, Ended.WALLTIME, None),
    ("DEADLINE", 0, Ended.WALLTIME, None),
    ("OUT_OF_MEMORY", 253, Ended.MEMORY, None),
    ("CANCELLED", 15, Ended.SCHEDULER, None),
    ("PREEMPTED", 0, Ended.SCHEDULER, None),
]


@pytest.mark.parametrize(("state", "code", "expected", "exit_code"), ENDS)
def test_a_job_that_left_no_word_has_ended_as_slurm_says(
    state: str, code: int, expected: Ended, exit_code: int | None
) -> None:
    """Whose wrapper was killed with it ends as Slurm says."""
    look = settle(row(state, code=code), Evidence(submitted=True, begun=True, job="7"))
    assert look is not None
    assert (True, expected, exit_code, 1, 2) == (
        look.started, look.ended, look.exit_code, look.started_at, look.ended_at,
    )  # fmt: skip


WORDS = [
    (None, "EXITED", 3, Ended.EXITED),
    (None, "SCHEDULER", 143, Ended.SCHEDULER),
    ("OUT_OF_MEMORY", "EXITED", 137, Ended.MEMORY),
    ("TIMEOUT", "SCHEDULER", 143, Ended.WALLTIME),
    ("TIMEOUT", "EXITED", 0, Ended.EXITED),
    ("CANCELLED", "SCHEDULER", 143, Ended.SCHEDULER),
    ("CANCELLED", "STOPPED", 143, Ended.STOPPED),
    ("FAILED", "SCHEDULER", 143, Ended.EXITED),
    ("NODE_FAIL", "EXITED", 3, Ended.EXITED),
    ("NODE_FAIL", "SCHEDULER", 143, Ended.NODE),
    ("RUNNING", "EXITED", 0, Ended.EXITED),
]


@pytest.mark.parametrize(("state", "own", "code", "expected"), WORDS)
def test_the_jobs_own_word_and_slurms_fit_together(state: str | None, own: str, code: int, expected: Ended) -> None:
    """The exit code is the job's own; why it was so, only Slurm may know."""
    seen = Evidence(
        submitted=True, begun=True, job="7", stopped=own == "STOPPED", end={**END, "ended": own, "exit_code": code}
    )
    look = settle(row(state) if state else None, seen)
    assert look is not None
    assert (expected, code, 5, 9) == (look.ended, look.exit_code, look.started_at, look.ended_at)


def test_a_failure_waits_for_slurms_word() -> None:
    """A job that has failed is not told before Slurm says why; when it gives the reason early, that is enough."""
    seen = Evidence(submitted=True, begun=True, job="7", end={**END, "exit_code": 137})
    assert [None, None] == [settle(row(state), seen) for state in ("RUNNING", "COMPLETING")]
    early = settle(row("COMPLETING", reason="OutOfMemory"), seen)
    assert early is not None
    assert Ended.MEMORY == early.ended


SUBMITTED = Evidence(submitted=True, job="7")


def test_silence_means_nothing_at_once() -> None:
    """A job that Slurm does not know is neither over nor dead; what was never submitted has not begun."""
    assert [None, None] == [settle(None, seen) for seen in (SUBMITTED, Evidence(submitted=True, begun=True))]
    assert Look(started=False) == settle(None, Evidence())
    assert Look(started=False, pending=True) == unknown(None, SUBMITTED)


@pytest.mark.parametrize(
    ("known", "seen", "expected"),
    [
        (None, SUBMITTED, None),
        (row("NODE_FAIL"), SUBMITTED, None),
        (row("FAILED", reason="JobLaunchFailure"), SUBMITTED, None),
        (row("FAILED", reason="JobLaunchFailure"), Evidence(submitted=True, tries=5), Ended.EXITED),
        (None, Evidence(submitted=True, begun=True), Ended.LOST),
        (row("NODE_FAIL"), Evidence(submitted=True, begun=True), Ended.NODE),
        (row("FAILED"), Evidence(submitted=True, begun=True, again=True), Ended.NODE),
        (row("COMPLETED"), SUBMITTED, Ended.LOST),
        (row("CANCELLED"), SUBMITTED, Ended.SCHEDULER),
        (row("CANCELLED"), Evidence(submitted=True, stopped=True), Ended.STOPPED),
    ],
)
def test_what_is_made_of_it_in_the_end(known: Row | None, seen: Evidence, expected: Ended | None) -> None:
    """What never began is submitted again (None), what had begun is lost, and what Slurm ended was ended by Slurm."""
    look = conclude(known, seen)
    assert expected == (look.ended if look else None)


def test_what_was_barred_never_begins() -> None:
    """Whose guard was taken is dead, or was stopped before it began, whatever Slurm says."""
    barred = Evidence(submitted=True, barred=True)
    assert Look(started=False, dead=True) == settle(row("RUNNING"), barred)
    stopped = Evidence(submitted=True, barred=True, stopped=True)
    assert Look(started=False, ended=Ended.STOPPED) == settle(None, stopped)


def test_of_several_jobs_the_one_that_works_speaks() -> None:
    """A twin that does nothing says nothing, and an array is under way as long as one of its tasks is."""
    twins = [row("PENDING", job="8"), row("FAILED", job="7", code=3)]
    seen = Evidence(submitted=True, begun=True, job="7")
    assert ("7", None) == (getattr(row_of(twins, seen), "job", ""), glance(twins))
    assert None is row_of(twins[:1], seen)
    array = [row("COMPLETED"), row("FAILED"), row("PENDING")]
    assert ["PENDING", "FAILED"] == [getattr(row_of(rows), "state", "") for rows in (array, array[:2])]
    assert None is row_of([])


def test_directives_are_kept_and_the_rest_is_not() -> None:
    """Slurm sees the comment lines before the first command, and none after it."""
    text = "#!/bin/sh -e\n\n#SBATCH --nodes 2\n# a comment\n  \n#SBATCH -t 5\nmodule load x\n#SBATCH --mem 9\n"
    script = batch_script(text, name="job.sh", directory="/a b", token=TOKEN, grace=2.5)
    assert ["#!/bin/bash", "#SBATCH --nodes 2", "# a comment", "#SBATCH -t 5"] == script.split("\n")[:4]
    assert "--mem" not in script
    assert "_body=(/bin/sh -e '/a b/.dragoman/t0.body')\n" in script
    assert "_here='/a b'\n" in script
    assert "_grace=2.500\n" in script


@pytest.mark.parametrize("text", ["", "echo hello\n", "#!\necho\n", "#! \n", "#!/bin/sh\r\necho\r\n"])
def test_what_slurm_would_not_take_is_refused(text: str) -> None:
    """A batch script names its interpreter in its first line, and has plain line breaks."""
    with pytest.raises(Invalid, match=r"script: job\.sh"):
        batch_script(text, name="job.sh", directory="/d", token=TOKEN, grace=1.0)


def test_the_made_script_is_bash(tmp_path: Path) -> None:
    """Bash reads what was made, whatever the directory is called."""
    script = batch_script("#!/bin/bash\ntrue\n", name="x", directory="/it's $HOME; a\"b", token=TOKEN, grace=1.0)
    file = tmp_path / "script"
    file.write_text(script)
    assert 0 == subprocess.run(["bash", "-n", file], check=False).returncode
