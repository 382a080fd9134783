"""Renders docs/configuration.md from the settings themselves, so that the page cannot lie.

Reads nothing but its own source.
"""

import ast
import inspect
from itertools import pairwise

from dragoman.config.settings import OPTIONS, SECTIONS, Option
from dragoman.config.values import allowed

_OPENING = """# Configuration

<!-- Rendered by `scripts/docs.py` from src/dragoman/config/settings: change the settings, not this page. -->

Nothing needs to be configured: every setting has a default. To change some, write them to `dragoman.toml` in the data
directory, or to any file that you name with `--config FILE`:

```toml
[server]
port = 8443

[local]
slots = 8
hide = ["/srv/private"]
```

Every setting also has an environment variable, its *twin*: `[server] port` is `DRAGOMAN_SERVER_PORT`. A list of paths
is written as in `PATH`, with colons; any other list with commas. An empty variable counts as not set. A secret can be
kept in a file of its own that a twin ending in `_FILE` names (`DRAGOMAN_DATABASE_URL_FILE=/run/secrets/database`).

The command line goes before the environment, the environment before the file, the file before the default.
`dragoman config show` prints every value and where it came from; secrets are masked. A setting that does not exist, or
has the wrong type, stops the start with a message that names it.
"""


def configuration_page() -> str:
    """The whole of docs/configuration.md."""
    return _OPENING + "".join(_section(section) for section in SECTIONS)


def _section(section: str) -> str:
    form, words = SECTIONS[section], meanings()
    lines = [f"\n## [{section}]\n", f"{form.__doc__}\n", "| key | default | may be | meaning |", "|---|---|---|---|"]
    lines += [_row(option, words[option.name]) for option in OPTIONS.values() if option.section == section]
    return "\n".join(lines) + "\n"


def _row(option: Option, meaning: str) -> str:
    secret = " Secret." if option.secret else ""
    return f"| `{option.key}` | `{_toml(option.default)}` | {allowed(option)} | {meaning}{secret} |"


def _toml(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return "[]" if value == () else f"{value:_}" if isinstance(value, int) and value > 9999 else str(value)


def meanings() -> dict[str, str]:
    """Each setting's own docstring, by its name."""
    return {
        f"{section}.{key}": words
        for section, form in SECTIONS.items()
        for key, words in _field_docstrings(form).items()
    }


def _field_docstrings(form: type) -> dict[str, str]:
    tree, found = ast.parse(inspect.getsource(form)), {}
    for item, after in pairwise(item for node in tree.body if isinstance(node, ast.ClassDef) for item in node.body):
        match item, after:
            case ast.AnnAssign(target=ast.Name(id=key)), ast.Expr(value=ast.Constant(value=str(words))):
                found[key] = " ".join(words.split())
    return found
