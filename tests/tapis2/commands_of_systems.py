"""What is typed at the bash command line of Tapis v2 about systems and files: what each command asks, and prints.

The commands of version 3.0 name systems and paths by addresses; those of 2.3.1 and 3.1.0 ask the same.
"""

from tests.tapis2.transcripts import AS_IT_CAME, Ask, form, json, part, said
from tests.tapis2.tutorial import EVERY_ID

SYSTEM = """\
{
  "id": "joe.tacc.corral.storage",
  "name": "Storage system for TACC cloud storage on corral",
  "status": "UP",
  "type": "STORAGE",
  "description": "Storage system for TACC cloud storage on corral",
  "site": "www.tacc.utexas.edu",
  "storage": {
    "host": "localhost",
    "port": 22,
    "protocol": "LOCAL",
    "rootDir": "/",
    "homeDir": "/corral",
    "proxy": null,
    "auth": {"type": "LOCAL"}
  }
}
"""
STORE = r"joe\.tacc\.corral\.storage"
LINES = r"(?:.*\n)*"
MORE = r"(?:\n.*)*"
DONE = ".status"
SECOND = SYSTEM.replace("joe.tacc.corral.storage", "joe.files")
ADDED = Ask(
    "systems-addupdate -F s.json",
    "POST /systems/v2/?pretty=true",
    said('"Successfully added system " + .result.id'),
    f"Successfully added system (?P<system>{STORE})",
    part(SYSTEM),
    201,
)

SYSTEMS = (
    ADDED,
    Ask("systems-list", "GET /systems/v2/?pretty=true", EVERY_ID, f"{LINES}$system{MORE}"),
    Ask("systems-list -S", "GET /systems/v2/?type=storage&pretty=true", EVERY_ID, f"{LINES}$system{MORE}"),
    Ask("systems-list -E -P", "GET /systems/v2/?public=true&type=execution&pretty=true", EVERY_ID, "local"),
    Ask(
        "systems-setdefault ID",
        "PUT /systems/v2/$system?pretty=true",
        said('"Successfully set \\(.result.id) as the default \\(.result.type) system for joe"'),
        "Successfully set $system as the default STORAGE system for joe",
        form("action=setDefault"),
    ),
    Ask(
        "systems-roles-list ID",
        "GET /systems/v2/$system/roles/?pretty=true",
        said('.result[] | "\\(.username) \\(.role)"'),
        "joe OWNER",
    ),
    Ask(
        "systems-roles-addupdate -u bob -r USER ID",
        "POST /systems/v2/$system/roles/bob?pretty=true",
        said(DONE),
        "success",
        json('{"role":"USER"}'),
        201,
    ),
    Ask(
        "systems-roles-list ID",
        "GET /systems/v2/$system/roles/?pretty=true",
        said('.result[] | "\\(.username) \\(.role)"'),
        "joe OWNER\nbob USER",
    ),
    Ask(
        "systems-delete ID",
        "DELETE /systems/v2/$system?pretty=true",
        said('"Successfully deleted system"'),
        "Successfully deleted system",
    ),
    Ask(
        "systems-addupdate -F s.json",
        "POST /systems/v2/?pretty=true",
        said(".result.id"),
        r"There is a system $system already, or there was one\. Choose another id\.",
        part(SYSTEM),
        400,
    ),
)

CLOCK = r"\d\d:\d\d:\d\d\.\d{3}Z"
"""The command line cuts seconds off only where an offset west of UTC follows them: -05:00."""
MODES = '{ALL: "rwx", READ_WRITE: "rw-", READ: "r--", READ_EXECUTE: "r-x", NONE: "---"}'
FILE = (
    f'.result[] | (if .type == "dir" then "d" else "-" end) + {MODES}[.permissions]'
    ' + "------  joe  \\(.length)  \\(.lastModified | sub(".*T"; "") | sub(":..\\\\....-..:..$"; ""))  \\(.name)"'
)
OWN = "/files/v2/media/system/joe.files"
LISTING = "/files/v2/listings/system/joe.files"
FILES = (
    Ask(
        "systems-addupdate -F s.json",
        "POST /systems/v2/?pretty=true",
        said('"Successfully added system " + .result.id'),
        r"Successfully added system joe\.files",
        part(SECOND),
        201,
    ),
    Ask("files-mkdir -N d -S SYS foo", f"PUT {OWN}/?pretty=true", said(DONE), "success", form("action=mkdir&path=foo")),
    Ask(
        "files-mkdir -N d -S SYS foo",
        f"PUT {OWN}/foo?pretty=true",
        said(DONE),
        "success",
        form("action=mkdir&path=sub"),
    ),
    Ask("files-upload -F a.txt -S SYS dir", f"POST {OWN}/foo?pretty=true", said(DONE), "success", part("hello"), 202),
    Ask("files-list -S SYS foo", f"GET {LISTING}/foo?pretty=true", said(".result[].name"), r"\.\nsub\ntmp\.x7Yq"),
    Ask(
        "files-list -L",
        f"GET {LISTING}/foo?pretty=true",
        said(FILE),
        rf"drwx------  joe  \d+  {CLOCK}  \.\ndrwx.* sub\n-rw-------  joe  5  {CLOCK}  tmp\.x7Yq",
    ),
    Ask("files-get -S SYS p", f"GET {OWN}/foo/tmp.x7Yq", AS_IT_CAME, "hello"),
    Ask(
        "files-copy",
        f"PUT {OWN}/foo/tmp.x7Yq?pretty=true",
        said(DONE),
        "success",
        form("action=copy&path=foo/copied.txt"),
    ),
    Ask(
        "files-move",
        f"PUT {OWN}/foo/copied.txt?pretty=true",
        said(DONE),
        "success",
        form("action=move&path=foo/sub/moved.txt"),
    ),
    Ask(
        "files-rename",
        f"PUT {OWN}/foo/sub/moved.txt?pretty=true",
        said(DONE),
        "success",
        form("action=rename&path=last.txt"),
    ),
    Ask("files-list -S SYS foo", f"GET {LISTING}/foo/sub?pretty=true", said(".result[].name"), r"\.\nlast\.txt"),
    Ask(
        "files-import -U URL -S SYS d",
        f"POST {OWN}/foo?pretty=true",
        said(DONE),
        "success",
        form("urlToIngest=$here%2Ftenants&notifications=&fileName=&fileType=&fileName="),
        202,
    ),
    Ask(
        "files-get -S SYS p",
        f"GET {OWN}/foo/tenants",
        ("grep", "-o", '"code":"tacc.prod"'),
        r'"code":"tacc\.prod"',
        again=True,
    ),
    Ask(
        "files-pems-update",
        "POST /files/v2/pems/system/joe.files/foo/tmp.x7Yq?pretty=true",
        said(DONE),
        "success",
        form("username=bob&permission=READ&recursive=false"),
    ),
    Ask("files-delete", f"DELETE {OWN}/foo/sub?pretty=true", said(DONE), "success"),
    Ask(
        "files-mkdir agave://SYS/applications/, 3.0",
        f"PUT {OWN}?pretty=true",
        said(DONE),
        "success",
        form("action=mkdir&path=others%2F"),
    ),
    Ask("files-cp a.txt agave://SYS/, 3.0", f"POST {OWN}/others/", said(DONE), "success", part("hello"), 202),
    Ask(
        "files-cp agave://SYS/a agave://SYS/b, 3.0",
        f"PUT {OWN}/others/tmp.x7Yq?pretty=true",
        said(DONE),
        "success",
        form("action=copy&path=others/b"),
    ),
    Ask("files-rm agave://SYS/b, 3.0", f"DELETE {OWN}/others/b?pretty=true", said(DONE), "success"),
    Ask("files-list -S SYS foo", f"GET {LISTING}/others?pretty=true", said(".result[].name"), r"\.\ntmp\.x7Yq"),
)
