"""How an app in an archive is unpacked and launched, without a container. Pure.

The archive holds ``tapisjob_app.sh``, or names another program in a line ``tapisjob_executable=`` of its manifest.
"""

from dragoman.core.errors import Invalid
from dragoman.core.paths import name_of, read_uri
from dragoman.core.shellwords import quote
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
    prefix,
    tell_code,
)
from dragoman.dialects.tapis3.options import Known, Refused, allowed
from dragoman.dialects.tapis3.quoting import env_lines
from dragoman.dialects.tapis3.resolve_job import Resolved

KNOWN = Known(program="ZIP", valued=frozenset(), flags=frozenset({"tapis-zip-save"}), short={}, refused={})
PID_FILE = "tapisjob.pid"

_CHOOSE = """\
app=tapisjob_app.sh
if [ -f ./tapisjob.manifest ]; then
  while IFS='=' read -r key value || [ -n "$key" ]; do
    if [ "$key" = tapisjob_executable ]; then app=${value%$'\\r'}; fi
  done < ./tapisjob.manifest
fi
"""

_UNPACK = """\
archive={archive}
fail() {{ printf '%s\\n' "$1" >&2; exit 1; }}
[ -f "$archive" ] || fail "The app's archive ${{archive##*/}} is not where its containerImage says."
IFS= read -r -n 2 start < "$archive"
case $start in
  PK)
    if command -v unzip > /dev/null; then unzip -q -o "$archive" -d . < /dev/null || [ $? = 1 ]
    else python3 -m zipfile -e "$archive" .
    fi || fail "The app's archive ${{archive##*/}} cannot be unpacked." ;;
  *) tar -xf "$archive" || fail "The app's archive ${{archive##*/}} cannot be unpacked." ;;
esac
{choose}
case /$app/ in */../*) fail "The app's archive names a program outside of it: $app" ;; esac
[ -f "./$app" ] || fail "The app's archive has no $app, and no tapisjob.manifest that names another program."
[ -x "./$app" ] || chmod u+x -- "./$app" || fail "The program $app cannot be made executable."
"""


def fork(resolved: Resolved, at: Spot) -> Text:
    """As a process of the host, in the background of its script. Raises Refused."""
    run = f'nohup {prefix(resolved)}./"$app"{app_args(resolved)} {at.redirections} &'
    told = header("The environment of the job is set.", "The app is run in the background.", "Its pid is told.")
    tidy = _tidy(resolved)
    return Text(
        script=f"{told}. ./{ENV}\n{_CHOOSE}{run}\n\npid=$!\necho $pid > ./{PID_FILE}\necho $pid\n",
        env=env(resolved),
        command=f'{forget_code(at)}. ./{SCRIPT}\nwait "$pid"\ncode=$?\n{tidy}{tell_code(at, heed_app=True)}',
        prepare=prepare(resolved),
        exit_file=EXIT_FILE,
    )


def batch_line(resolved: Resolved) -> str:
    """The commands of a batch job. Raises Refused."""
    run = f'{prefix(resolved)}./"$app"{app_args(resolved)}\n'
    tidy = _tidy(resolved)
    return f". ./{ENV}\n{_CHOOSE}{run}" + (f'code=$?\n{tidy}exit "$code"\n' if tidy else "")


def env(resolved: Resolved) -> str:
    """The environment file, which is sourced."""
    return env_lines(resolved.attributes["parameterSet"]["envVariables"], exported=True)


def fetched(resolved: Resolved) -> tuple[str, str] | None:
    """The address to fetch the archive from, and its name in the working directory; None: it is on the host already.

    Raises Refused.
    """
    image = str(resolved.app.get("containerImage") or "").strip()
    if image.startswith("/"):
        return None
    try:
        uri = read_uri(image, field="containerImage")
    except Invalid as problem:
        raise Refused(str(problem)) from problem
    name = name_of(uri.path.partition("?")[0].rstrip("/"))
    if uri.scheme not in ("tapis", "http", "https") or not name:
        raise Refused(f"The app's containerImage is no address of an archive: {image}")
    return image, name


def prepare(resolved: Resolved) -> str:
    """Text that unpacks the archive into the working directory, and may do so again."""
    allowed(container_args(resolved), KNOWN)
    return _UNPACK.format(archive=_archive(resolved), choose=_CHOOSE.rstrip())


def _archive(resolved: Resolved) -> str:
    source = fetched(resolved)
    return quote(f"./{source[1]}" if source else str(resolved.app["containerImage"]).strip())


def _tidy(resolved: Resolved) -> str:
    """Text that removes the archive, where it was fetched for this job alone and nobody wants to keep it."""
    keeps = bool(allowed(container_args(resolved), KNOWN))
    return "" if keeps or fetched(resolved) is None else f"command -p rm -f -- {_archive(resolved)}\n"
