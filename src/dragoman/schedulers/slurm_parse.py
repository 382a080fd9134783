"""Reads what Slurm's commands print: rows of squeue and sacct, evidence from run directories, refusals. Pure."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from dragoman.core.errors import Broken, Invalid, Problem, Unavailable
from dragoman.schedulers.slurm_states import Evidence, Phase, Row
from dragoman.schedulers.traces import is_end

SQUEUE_FIELDS = ("ArrayJobID", "State", "exit_code", "StartTime", "EndTime", "Reason", "Comment")
SQUEUE = (
    *("squeue", "--me", "--noheader", "--states=all"),
    "--Format=" + ",".join(f"{name}:|" for name in SQUEUE_FIELDS),
)
"""All of a user's jobs that Slurm remembers, to be asked with the environment TIMES."""
SACCT_FIELDS = ("JobID", "State", "ExitCode", "Start", "End", "Comment")
SACCT = ("sacct", "--noheader", "--parsable2", "--allocations", "--format=" + ",".join(SACCT_FIELDS))
"""The same from the accounting, but for the reason, of the jobs that are named after it."""
TIMES = "SLURM_TIME_FORMAT=%s"

_SECOND = 1_000_000
_DIGITS = 13
_USAGE = 255
"""Exit code for options that cannot be."""


def squeue_rows(text: str) -> list[Row]:
    """The rows of squeue's answer."""
    return _rows(SQUEUE_FIELDS, (line.removesuffix("|") for line in text.splitlines()))


def sacct_rows(text: str) -> list[Row]:
    """The rows of sacct's answer."""
    return _rows(tuple(name for name in SQUEUE_FIELDS if name != "Reason"), text.splitlines())


def by_token(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of each comment; the jobs that are none of ours are among them."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.token, []).append(row)
    return found


def accounted(tokens: Mapping[str, str], rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows that tell the end of these jobs, by token; ``tokens`` maps each job's number to its token.

    Not every accounting keeps comments; where it does, a number that was given away again is seen by them.
    """
    named = (
        replace(row, token=tokens[row.job])
        for row in rows
        if row.token in ("", tokens.get(row.job)) and row.job in tokens
    )
    return by_token(row for row in named if row.phase is Phase.OVER)


def _rows(names: Sequence[str], lines: Iterable[str]) -> list[Row]:
    split = (line.split("|", len(names) - 1) for line in lines)
    return [_row(dict(zip(names, fields, strict=True))) for fields in split if len(fields) == len(names)]


def _row(told: Mapping[str, str]) -> Row:
    reason = told.get("Reason", "")
    return Row(
        job=told["ArrayJobID"].partition("_")[0],
        token=told["Comment"].strip(),
        state=told["State"].partition(" ")[0],  # sacct says "CANCELLED by 1000"
        code=_exit_code(told["exit_code"]),
        reason="" if reason == "None" else reason,
        started_at=_time(told["StartTime"]),
        ended_at=_time(told["EndTime"]),
    )


def _exit_code(text: str) -> int:
    """The command squeue prints what wait() gave, sacct ``code:signal``."""
    if ":" in text:
        code, _, signal = text.partition(":")
        status = _number(code) << 8 | _number(signal)
    else:
        status = _number(text)
    return 128 + (status & 127) if status & 127 else status >> 8 & 255


def _time(text: str) -> int | None:
    return _number(text) * _SECOND or None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else 0


def evidence(text: str) -> dict[str, Evidence]:
    """What was found in run directories (see slurm_host.EVIDENCE), by token; the unreadable ones are left out."""
    found = {}
    for line in text.splitlines():
        token, flags, job, tries, end = (*line.split("\t", 4), "", "", "", "")[:5]
        if flags and "u" not in flags:
            found[token] = Evidence(
                submitted="s" in flags,
                begun="b" in flags,
                barred="n" in flags,
                stopped="x" in flags,
                again="a" in flags,
                job=job if _number(job) else "",
                tries=_number(tries),
                end=_end(token, end),
            )
    return found


def _end(token: str, text: str) -> Mapping[str, object] | None:
    try:
        end = json.loads(text)
    except ValueError:
        return None
    return end if isinstance(end, dict) and end.get("token") == token and is_end(end) else None


def job_number(text: str) -> str:
    """The number in what ``sbatch --parsable`` prints: ``number`` or ``number;cluster``. Raises Unavailable."""
    number = text.strip().rpartition("\n")[2].partition(";")[0]
    if not _number(number):
        raise Unavailable(f"Slurm took the job, but gave no number for it: {text.strip()[-200:]}")
    return number


_SILENT = re.compile(
    r"Unable to contact|onnection|connect failure|timed out|temporarily|try again|Zero Bytes|[Ss]ocket|slurm_\w+:"
    r"|Transport|[Mm]unge|Authentication|authentication|Broken pipe|[Nn]etwork|No route|Unexpected m|Insane|Header"
    r"|SubmitJobs?(PerUser|PerAccount)?Limit"
)
"""Nobody answers now, or there is no room in the line now."""
_FIELDS: Sequence[tuple[str, str]] = (
    ("account", r"\baccount\b"),
    ("queue", r"partition"),
    ("qos", r"\bqos\b|QOS"),
    ("time", r"time limit|--time"),
    ("memory", r"[Mm]emory|--mem"),
    ("nodes", r"[Nn]ode (count|configuration|name)"),
    ("cores", r"processors|CPU"),
    ("dependency", r"dependency"),
    ("reservation", r"reservation"),
    ("gres", r"\bgres\b"),
    ("constraint", r"feature"),
)
"""What is wrong, by Slurm's words; the first that fits."""
_POLICY = "accounting/QOS policy"
"""One message for many limits: its words say nothing about which."""
_NOISE = re.compile(r"^\w+: (?:error: |fatal: )?(?:Batch job submission failed: )?", re.MULTILINE)


def refusal(verb: str, code: int, text: str) -> Problem:
    """What one of Slurm's commands means when it fails: Unavailable, Invalid with a field, or Broken.

    Only what is submitted can be refused for good; all else is never asked for more than Slurm has.
    """
    if code in (126, 127):
        where = "Its folder must be in a PATH that the login or the system sets."
        return Broken(f"Slurm's {verb} was not found on the host.", hint=where)
    lines = [line.strip() for line in _NOISE.sub("", text).splitlines() if line.strip()]
    said = " ".join(dict.fromkeys(lines))[-1000:] or f"exit code {code}"
    if verb != "sbatch" or _SILENT.search(text) or (code >= 128 and code != _USAGE):
        return Unavailable(f"Slurm's {verb} had no success: {said}")
    if _POLICY not in said:
        for field, words in _FIELDS:
            if re.search(words, said):
                return Invalid.field(field, why=f"Slurm refuses it: {said}")
    return Broken(f"Slurm refuses it: {said}")
