"""Makes the batch script that Slurm gets: the user's own directives around a guard that runs the user's script once.

Pure. On the node it needs bash and the usual small programs, no Python::

    .started-TOKEN/          the run-once guard; a file of this name: it was made sure that nothing ever begins
    .started-TOKEN/job       the number of the batch job that has it
    .started-TOKEN/again     that very job was begun a second time by Slurm, which did nothing
    .started-TOKEN/N/        what task N of an array job has to itself; N is 0 for an ordinary job
    .dragoman/TOKEN.body     the user's script as it was at submission
    .dragoman/TOKEN.stop     somebody asked for the end: ``term`` or ``kill``, and when
    exit.json                how it ended, as ``wrapper`` writes it
"""

import re
import shlex

from dragoman.core.errors import Invalid

_APPENDS = re.compile(r"^#SBATCH\s.*--open-mode[= ]\s*a", re.MULTILINE)
_EXPORTS = re.compile(r"^#SBATCH\s.*--export[= ]", re.MULTILINE)

_GUARD = """
unset SLURM_EXPORT_ENV
job=${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID} guard=$here/.started-$token stop=$here/.dragoman/$token.stop
part=$guard/${SLURM_ARRAY_TASK_ID:-0}
now() {
    now=${EPOCHREALTIME/[.,]/}
    [ -n "$now" ] || now=$(date +%s%6N)
}
{
    mkdir -p "$guard"
    if mkdir "$part"; then
        now
        [ -e "$guard/job" ] || printf '%s\\n' "$job" > "$guard/job"
        [ -e "$guard/at" ] || printf '%s\\n' "$now" > "$guard/at"
    else
        [ -e "$guard" ] || exit 73
        [ "$(cat "$guard/job")" = "$job" ] && : > "$guard/again"
        exit 0
    fi
} 2> /dev/null
"""

# All are submitted to append, so that a job that has nothing to do spoils no output; who has the guard begins anew.
_FRESH = """
for file in /dev/fd/1 /dev/fd/2; do
    if [ -f "$file" ]; then : > "$file"; fi
done 2> /dev/null
"""

_BODY = """
over() {
    trap '' HUP INT QUIT USR1 USR2 TERM ALRM
    if [ -e "$stop" ]; then ended=STOPPED; elif [ -n "$told" ]; then ended=SCHEDULER; else ended=EXITED; fi
    printf '%d %s\\n' "$1" "$ended" > "$part/end.new" && mv "$part/end.new" "$part/end"
    tell "$1" "$ended"
    [ -z "$timer" ] || kill "$timer"
    exit "$1"
} 2> /dev/null

tell() {
    local code=0 ended=EXITED ends=("$guard"/*/end) end one how began
    [ "${#ends[@]}" -ge "${SLURM_ARRAY_TASK_COUNT:-1}" ] || return
    for end in "${ends[@]}"; do
        read -r one how < "$end"
        [ "$code" -ne 0 ] || code=$one
        [ "$ended" != EXITED ] || ended=$how
    done
    read -r began < "$guard/at"
    now
    printf '{"token": "%s", "ended": "%s", "exit_code": %d, "started_at": %s, "ended_at": %s, "job": "%s"}\\n' \\
        "$token" "$ended" "$code" "$began" "$now" "$job" > "$part/exit.json" &&
        mv "$part/exit.json" "$here/exit.json"
}

hear() {
    if [ "$1" = TERM ]; then
        told=yes
        if read -r how at < "$stop"; then
            # Our own stop tells every process of the job; what Slurm itself says is for the script's shell alone.
            if [ "$how" = kill ]; then end_it; fi
            [ -n "$timer" ] || { (sleep "$grace" && kill -s ALRM $$) & timer=$!; }
            return
        fi
    fi
    kill -s "$1" "$(cat "$part/pid")"
} 2> /dev/null

end_it() {
    kill -s KILL "$(cat "$part/pid")"
    over 137
}

for name in HUP INT QUIT USR1 USR2 TERM; do trap "hear $name" "$name"; done
trap end_it ALRM
exec 3<&0 4>&1
# Everything that descends from the script holds the other end of this pipe.
exec 8< <(
    exec 9>&1 1>&4 4>&- 0<&3 3<&-
    trap : HUP INT QUIT USR1 USR2 TERM ALRM
    (printf '%s\\n' "$BASHPID" > "$part/pid"; trap - HUP INT QUIT USR1 USR2 TERM ALRM; exec "${body[@]}")
    printf '%d\\n' "$?" >&9
)
exec 3<&- 4>&-
read -r -u 8 code || told=yes # somebody killed it and who watched it
# What was asked to end may have its grace, though its shell is gone.
if [ -e "$stop" ]; then read -r -u 8 rest; fi
over "${code:-137}"
"""


def batch_script(text: str, *, name: str, directory: str, token: str, grace: float) -> str:
    """The script to submit. Raises Invalid when ``text`` is none that Slurm would take."""
    first = text.split("\n", 1)[0]
    interpreter = first[2:].split(None, 1) if first.startswith("#!") else []
    if not interpreter:
        raise Invalid.field("script", why=f"{name} must begin with #! and the path of its interpreter.")
    if "\r\n" in text:
        raise Invalid.field("script", why=f"{name} has DOS line breaks.")
    body = (*(word.strip() for word in interpreter), f"{directory}/.dragoman/{token}.body")
    values = {
        "here": shlex.quote(directory),
        "token": shlex.quote(token),
        "grace": f"{grace:.3f}",
        "body": f"({shlex.join(body)})",
        "told": "",
        "timer": "",
    }
    lines = "".join(f"{key}={value}\n" for key, value in values.items())
    fresh = "" if _APPENDS.search(_head(text)) else _FRESH
    return f"#!/bin/bash\n{_head(text)}{lines}{_GUARD}{fresh}{_BODY}"


def keeps_environment(text: str) -> bool:
    """Whether the script says itself which variables its job gets."""
    return _EXPORTS.search(_head(text)) is not None


def _head(text: str) -> str:
    """The comment lines before the first command, where Slurm looks for directives."""
    lines = text.split("\n")[1:]
    count = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    return "".join(f"{line}\n" for line in lines[:count] if line.strip())
