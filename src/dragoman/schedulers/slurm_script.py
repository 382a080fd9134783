"""Makes the batch script that Slurm gets: the user's own directives around a guard that runs the user's script once.

Pure. On the node it needs bash and the usual small programs, no Python. Its variables begin with "_", so that it
changes none that the script is to see. In the run directory::

    .started-TOKEN/          the run-once guard; a file of this name: it was made sure that nothing ever begins
    .started-TOKEN/job       the number of the batch job that has it
    .started-TOKEN/again     that very job was begun a second time by Slurm, which did nothing
    .started-TOKEN/N/        what task N of an array job has to itself; an ordinary job has the guard itself
    .dragoman/TOKEN.body     the user's script as it was at submission
    .dragoman/TOKEN.stop     somebody asked for the end: ``term`` or ``kill``, and when
    exit.json                how it ended, as ``wrapper`` writes it
"""

import re
import shlex

from dragoman.core.errors import Invalid

_APPENDS = re.compile(r"^#SBATCH\s.*--open-mode[= ]\s*a", re.MULTILINE)

_GUARD = """
unset SLURM_EXPORT_ENV
_job=${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID} _guard=$_here/.started-$_token _stop=$_here/.dragoman/$_token.stop
_part=$_guard${SLURM_ARRAY_TASK_ID:+/$SLURM_ARRAY_TASK_ID}
now() {
    _now=${EPOCHREALTIME/[.,]/}
    [ -n "$_now" ] || _now=$(date +%s%6N)
}
{
    [ "$_part" = "$_guard" ] || mkdir -p "$_guard"
    if mkdir "$_part"; then
        now
        [ -e "$_guard/job" ] || printf '%s\\n' "$_job" > "$_guard/job"
        [ -e "$_guard/at" ] || printf '%s\\n' "$_now" > "$_guard/at"
    else
        [ -e "$_guard" ] || exit 73
        [ "$(cat "$_guard/job")" = "$_job" ] && : > "$_guard/again"
        exit 0
    fi
} 2> /dev/null
"""

# All are submitted to append, so that a job that has nothing to do spoils no output; who has the guard begins anew.
_FRESH = """
for _file in /dev/fd/1 /dev/fd/2; do
    if [ -f "$_file" ]; then : > "$_file"; fi
done 2> /dev/null
"""

_BODY = """
over() {
    trap '' HUP INT QUIT USR1 USR2 TERM ALRM
    if [ -e "$_stop" ]; then ended=STOPPED; elif [ -n "$_told" ]; then ended=SCHEDULER; else ended=EXITED; fi
    if [ "$_part" = "$_guard" ]; then
        tell "$1" "$ended"
    else
        printf '%d %s\\n' "$1" "$ended" > "$_part/end.new" && mv "$_part/end.new" "$_part/end"
        tell_of_all
    fi
    [ -z "$_timer" ] || kill "$_timer"
    exit "$1"
} 2> /dev/null

tell_of_all() {
    local code=0 ended=EXITED ends=("$_guard"/*/end) end one how
    [ "${#ends[@]}" -ge "$SLURM_ARRAY_TASK_COUNT" ] || return
    for end in "${ends[@]}"; do
        read -r one how < "$end"
        [ "$code" -ne 0 ] || code=$one
        [ "$ended" != EXITED ] || ended=$how
    done
    tell "$code" "$ended"
}

# It is one write to a new file: what is there without its end has not been told.
tell() {
    local began
    read -r began < "$_guard/at"
    now
    printf '{"token": "%s", "ended": "%s", "exit_code": %d, "started_at": %s, "ended_at": %s, "job": "%s"}\\n' \\
        "$_token" "$2" "$1" "$began" "$_now" "$_job" > "$_here/exit.json"
}

hear() {
    if [ "$1" = TERM ]; then
        _told=yes
        if read -r how at < "$_stop"; then
            # Our own stop tells every process of the job; what Slurm itself says is for the script's shell alone.
            if [ "$how" = kill ]; then end_it; fi
            [ -n "$_timer" ] || { (sleep "$_grace" && kill -s ALRM $$) & _timer=$!; }
            return
        fi
    fi
    kill -s "$1" "$(cat "$_part/pid")"
} 2> /dev/null

end_it() {
    kill -s KILL "$(cat "$_part/pid")"
    over 137
}

for _name in HUP INT QUIT USR1 USR2 TERM; do trap "hear $_name" "$_name"; done
trap end_it ALRM
exec 3<&0 4>&1
# Everything that descends from the script holds the other end of this pipe.
exec 8< <(
    exec 9>&1 1>&4 4>&- 0<&3 3<&-
    trap : HUP INT QUIT USR1 USR2 TERM ALRM
    (printf '%s\\n' "$BASHPID" > "$_part/pid"; trap - HUP INT QUIT USR1 USR2 TERM ALRM; exec "${_body[@]}")
    printf '%d\\n' "$?" >&9
)
exec 3<&- 4>&-
read -r -u 8 _code || _told=yes # somebody killed it and who watched it
# What was asked to end may have its grace, though its shell is gone.
if [ -e "$_stop" ]; then read -r -u 8 _rest; fi
over "${_code:-137}"
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
    lines = "".join(f"_{key}={value}\n" for key, value in values.items())
    fresh = "" if _APPENDS.search(_head(text)) else _FRESH
    return f"#!/bin/bash\n{_head(text)}{lines}{_GUARD}{fresh}{_BODY}"


def _head(text: str) -> str:
    """The comment lines before the first command, where Slurm looks for directives."""
    lines = text.split("\n")[1:]
    count = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    return "".join(f"{line}\n" for line in lines[:count] if line.strip())
