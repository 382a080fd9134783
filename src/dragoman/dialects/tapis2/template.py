"""Makes the text of a run out of an app's wrapper: values, macros and callbacks put in place. Pure."""

import re
from collections.abc import Mapping

from dragoman.core.shellwords import quote

LOG, CALLBACKS = ".agave.log", ".agave.callback"
"""Files in the directory of a job: what its callbacks say."""
FAILED_MARK = ".dragoman/failed"
"""Tells that the wrapper has called its job a failure."""

HEARTBEAT = "HEARTBEAT"
"""The event of a wrapper that says it is alive; at most one a minute is told."""
EVENT_NAME, RUNTIME_EVENT = "CUSTOM_USER_JOB_EVENT_NAME", "JOB_RUNTIME_CALLBACK_EVENT"
"""The key of a callback by which its event is named, and the event of one that names none."""
_PLACE = re.compile(r"\$\{([A-Za-z0-9_.-]+)\}")
_NOTIFICATION = re.compile(r"\$\{AGAVE_JOB_CALLBACK_NOTIFICATION(?:\|([A-Za-z0-9_,| ]*))?\}")
_WORDS = "RUNNING|CLEANING_UP|SUCCESS|FAILURE|ALIVE|ARCHIVING_START|ARCHIVING_SUCCESS|ARCHIVING_FAILURE"
_CALLBACK = re.compile(rf"\$\{{(?:AGAVE_JOB_CALLBACK|IPLANT)_({_WORDS})\}}")
_ALIVE = "ALIVE"
_ALLOWED = frozenset({"FAILURE", _ALIVE})
"""What authors may say themselves; all else is said for them."""


def filled(wrapper: str, fields: Mapping[str, str]) -> str:
    """The wrapper with the values of its fields; their names count in any letter case."""
    known = {name.lower(): text for name, text in fields.items()}
    return _PLACE.sub(lambda match: known.get(match[1].lower(), match[0]), wrapper)


def notifies(wrapper: str) -> bool:
    """Whether its author has something to tell while it runs."""
    calls = {match[1] for match in _CALLBACK.finditer(wrapper)}
    return _ALIVE in calls or _NOTIFICATION.search(wrapper) is not None


def called(text: str) -> str:
    """The text with the callbacks of its author as commands; those that are not an author's are left out."""
    text = _NOTIFICATION.sub(lambda match: _notification(match[1] or ""), text)
    return _CALLBACK.sub(lambda match: _callback(match[1]) if match[1] in _ALLOWED else "", text)


def _callback(word: str) -> str:
    more = f' && : > "$AGAVE_JOB_DIRECTORY/{FAILED_MARK}"' if word == "FAILURE" else ""
    return f"agave_log_response {word}{' && agave_beat' if word == _ALIVE else more}"


def _notification(words: str) -> str:
    """Writes the named variables into a file of the job's directory, as JSON."""
    head, bar, tail = words.partition("|")
    event, names = (head.strip() or RUNTIME_EVENT, tail) if bar else (RUNTIME_EVENT, head)
    variables = [name.strip() for name in names.split(",") if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name.strip())]
    return f"agave_notify {quote(event)} {' '.join(variables)}".rstrip()


def resolved(text: str, macros: Mapping[str, str]) -> str:
    """The text with the facts of its job; an unknown name stays as it is."""
    return _PLACE.sub(lambda match: macros.get(match[1], match[0]), text)


OPENING = """\
AGAVE_JOB_DIRECTORY={directory}
cd -- "$AGAVE_JOB_DIRECTORY" || exit 1
AGAVE_LOG_FILE="$AGAVE_JOB_DIRECTORY/{log}"

agave_log_response() {{
  printf '[%s] %s\\n' "$(date +%Y-%m-%dT%H:%M:%S%z)" "$*" >> "$AGAVE_LOG_FILE"
}}

agave_notify() {{
  agave_log_response "NOTIFICATION $1"
  {{
    printf '{{"CUSTOM_USER_JOB_EVENT_NAME":"%s"' "$1"
    shift
    for name in "$@"; do
      value=${{!name//\\\\/\\\\\\\\}}
      value=${{value//\\"/\\\\\\"}}
      value=${{value//$'\\n'/\\\\n}}
      value=${{value//$'\\t'/\\\\t}}
      printf ',"%s":"%s"' "$name" "${{value//[[:cntrl:]]/}}"
    done
    printf '}}\\n'
  }} >> "$AGAVE_JOB_DIRECTORY/{callbacks}"
}}

agave_beat() {{
  if (( SECONDS >= ${{AGAVE_NEXT_BEAT:-0}} )); then
    AGAVE_NEXT_BEAT=$((SECONDS + 60))
    printf '{{"CUSTOM_USER_JOB_EVENT_NAME":"{heartbeat}"}}\n' >> "$AGAVE_JOB_DIRECTORY/{callbacks}"
  fi
}}

agave_end() {{
  local code=$?
  agave_log_response CLEANING_UP
  if [ "$code" = 0 ] && [ -e "$AGAVE_JOB_DIRECTORY/{mark}" ]; then exit 1; fi
}}
trap agave_end EXIT

agave_log_response RUNNING
"""


def opening(directory: str) -> str:
    """The lines before the author's: where the job is, and what callbacks do."""
    words = {"log": LOG, "callbacks": CALLBACKS, "mark": FAILED_MARK, "heartbeat": HEARTBEAT}
    return OPENING.format(directory=quote(directory), **words)
