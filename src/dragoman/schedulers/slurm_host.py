"""The small programs for ``sh`` that run on a host with Slurm. Those that are arguments fit on one line, without "!".

There are login shells that take nothing else as an argument. They use what the shell itself can do, so that a look into
a thousand directories starts no process.
"""

_EACH = "tab=$(printf '\\t'); while IFS=$tab read -r token here; do "

FIRST_IN = 'PATH=$1:$PATH; export PATH; shift; exec "$@"'
"""PATH COMMAND…: run it where these directories are looked through first."""

EVIDENCE = (
    _EACH + "guard=$here/.started-$token ours=$here/.dragoman/$token flags=k job= end=; "
    'if [ -d "$here" ] && [ -x "$here" ]; then :; else flags=u; fi; '
    'if [ -e "$ours.sh" ]; then flags=${flags}s; fi; '
    'if [ -e "$ours.stop" ]; then flags=${flags}x; fi; '
    'if [ -d "$guard" ]; then flags=${flags}b; elif [ -e "$guard" ]; then flags=${flags}n; fi; '
    'if [ -e "$guard/again" ]; then flags=${flags}a; fi; '
    'if [ -r "$guard/job" ]; then read -r job < "$guard/job"; '
    'elif [ -r "$ours.job" ]; then read -r job < "$ours.job"; fi; '
    'if [ -r "$here/exit.json" ]; then read -r end < "$here/exit.json"; fi; '
    'set -- "$here"/.dragoman/*.sh; '
    'printf "%s\\t%s\\t%s\\t%s\\t%s\\n" "$token" "$flags" "$job" "$#" "$end"; '
    "done"
)
"""Lines of token and directory in; lines of token, flags, job, number of submissions and exit.json out."""

BAR = (
    _EACH + "guard=$here/.started-$token; "
    '( set -C; : > "$guard" ) 2> /dev/null; '
    'if [ -f "$guard" ]; then printf "%s\\n" "$token"; fi; '
    "done"
)
"""Lines of token and directory in; the tokens out that will never begin: their guard is a file now."""

SUBMIT = """\
cd "$here" || exit 74
if [ "$how" = first ] && { [ -e ".dragoman/$token.sh" ] || [ -e ".started-$token" ]; }; then exit 73; fi
umask 077
[ -d .dragoman ] || mkdir -p .dragoman || exit 74
printf %s "$body" > ".dragoman/$token.body" || exit 74
printf %s "$script" > ".dragoman/$token.sh" || { rm -f ".dragoman/$token.sh"; exit 74; }
umask "$mask"
set -- "$@" ".dragoman/$token.sh"
job=$({ eval "$login"$'\\n'"$settings"; } 2> /dev/null; exec "$@") || exit
printf "%s\\n" "$job"
printf "%s\\n" "${job%%;*}" > ".dragoman/$token.job"
"""
"""Write down what is submitted, submit it, note its number though nobody hears it. Read from standard input, behind
``here``, ``token``, ``how`` (first or again), ``body``, ``script``, ``settings`` (of Slurm's commands), LOGIN and the
words of sbatch: so it starts few programs.

The first submission under a token is refused with 73 when there was one before, or when it may not begin any more.
"""

LOGIN = r"""
login=$(
    unset LANG SSH_CLIENT SSH_CONNECTION SSH_TTY
    set -a; for file in /etc/locale.conf /etc/default/locale; do [ ! -r "$file" ] || . "$file"; done; set +a
    tell='exec /bin/bash -c "echo; echo =; export -p; export -f"'
    timeout -k 5 20 /bin/bash -c 'exec -a "-${SHELL##*/}" "$SHELL" -c "$1"' bash "$tell"
) < /dev/null 2> /dev/null
case $login in
    *$'\n=\n'*) own=$(compgen -e); login="unset -v ${own//$'\n'/ } 2> /dev/null"$'\n'${login##*$'\n=\n'} ;;
    *) login= ;;
esac
"""
"""Bash for the variables that a login shell of the account has, so that jobs see those and none of ours.

Slurm can do it (``--export=NONE``), but it begins a login for each job, on its node, and gives up nodes where that
takes long. Where a login shell cannot tell, jobs have the variables of the session that submits them.
"""

WITHDRAW = 'rm -f -- "$1/.dragoman/$2.sh"'
"""DIRECTORY TOKEN: nothing was submitted after all."""

STOP = (
    "here=$1 token=$2 how=$3 seconds=$4; shift 4; stop=$here/.dragoman/$token.stop guard=$here/.started-$token; "
    'if [ -e "$stop" ] && [ "$how" = term ]; then read -r was at < "$stop"; '
    'if [ $(($(date +%s) - ${at:-0})) -gt "$seconds" ]; then how=kill; else exit 0; fi; fi; '
    'printf "%s %s\\n" "$how" "$(date +%s)" > "$stop.new" && mv "$stop.new" "$stop" || exit 74; '
    '( set -C; : > "$guard" ) 2> /dev/null; '
    'if [ "$#" -eq 0 ]; then exit 0; fi; '
    'if [ -d "$guard" ] && [ "$how" = term ]; then exec scancel --signal=TERM --full "$@"; fi; '
    'exec scancel "$@"'
)
"""DIRECTORY TOKEN term|kill SECONDS JOB…: note the wish, see that nothing begins any more, and tell Slurm.

A second ``term`` after SECONDS is a ``kill``.
"""
