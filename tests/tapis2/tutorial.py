"""The tutorial about jobs as it is typed at the bash command line of Tapis v2: what each command asks, and prints.

Versions 2.3.1 and 3.1.0 ask the same. The files of the tutorial are sent as they are written there, in several lines:
it is curl that takes out the ends of lines.
"""

from tests.tapis2.transcripts import AS_IT_CAME, Ask, form, jq, json, part, said

UUID = "[0-9a-f-]{36}"
DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:\d\d)"

TOKEN = 'if .token_type == "bearer" then "\\(.expires_in) \\(.access_token) \\(.refresh_token)" else tojson end'
CACHED = "14400 (?P<token>[0-9a-zA-Z]{25,40}) (?P<refresh>[0-9a-zA-Z]{25,40})"
EVERY_ID = said(".result[].id")
ID_AND_STATUS = '"\\(.id) \\(.status)"'
PEMS = (
    '.result[] | "\\(.username) " + ([.permission | to_entries[] | select(.value) | .key | ascii_upcase + " "] | add)'
)
ROWS_OF_OUTPUTS = (
    'def right(n): tostring | (" " * (n - length)) + .; .result[] | (if .type == "dir" then "d" else "-" end)'
    ' + (" joe" | right(22)) + " " + (.length | right(18)) + " " + (.name | right(32)) + " " + .lastModified'
)
OUTPUT = rf"[d-] {{9}} {{10}}joe [ \d]{{18}} [ \S]{{32,}} {DATE}"

APP = """\
{
  "name": "joe.app.imageclassify",
  "version": "1.0",
  "label": "Image Classifier",
  "shortDescription": "Classify an image",
  "executionSystem": "local",
  "executionType": "CLI",
  "parallelism": "SERIAL",
  "deploymentSystem": "local.storage",
  "deploymentPath": "applications/classify",
  "templatePath": "wrapper.sh",
  "testPath": "wrapper.sh",
  "inputs": [],
  "parameters": [
    {"id": "imagefile", "value": {"type": "string", "required": true, "visible": true}},
    {"id": "predictions", "value": {"type": "number", "default": 5, "required": true, "visible": true}},
    {"id": "seconds", "value": {"type": "number", "default": 0, "required": true, "visible": true}}
  ],
  "outputs": []
}
"""
WRAPPER = """\
mkdir sub
echo "classified $${imagefile} $${predictions}" | tee predictions.txt > sub/again.txt
sleep $${seconds}
"""
CLASSIFIED = r"classified https://texassports\.com/images/2015/10/16/bevo_1000\.jpg 5"
JOB = """\
{
  "name":"joe.app.imageclassify",
  "appId":"joe.app.imageclassify-1.0",
  "archive":true,
  "archiveSystem":"local.storage",
  "memoryPerNode":"1",
  "parameters": {
    "imagefile": "https://texassports.com/images/2015/10/16/bevo_1000.jpg"
    },
  "notifications":[
    {
      "url":"me@example.org",
      "event":"*",
      "persistent":true
    }
    ]
}
"""
MEDIA = "/files/v2/media/system/local.storage"
SUBMIT = "POST /jobs/v2/?pretty=true"
SUBMITTED = '"Successfully submitted job " + .result.id'

BOOT = (
    Ask("tenants-list", "GET /tenants/?pretty=true", jq(".result[].code"), r"tacc\.prod", login="nothing"),
    Ask(
        "tenants-init -t tacc.prod",
        "GET /tenants/",
        jq('.result[] | select(.code == "tacc.prod") | .baseUrl'),
        "$url/",
        login="nothing",
    ),
    Ask(
        "clients-create -S -N cli -D desc -u joe -p secret",
        "POST /clients/v2/?pretty=true",
        said(
            '"Successfully created client \\(.result.name)",'
            ' "key: \\(.result.consumerKey) ", "secret: \\(.result.consumerSecret)"'
        ),
        r"Successfully created client cli\nkey: (?P<key>\w+) \nsecret: (?P<secret>\w+)",
        form("clientName=cli&tier=Unlimited&description=desc&callbackUrl="),
        status=201,
        login="password",
    ),
    Ask("clients-list", "GET /clients/v2/?pretty=true", said(".result[].name"), "cli", login="password"),
    Ask(
        "auth-tokens-create -S -u joe -p secret",
        "POST /token",
        jq(TOKEN),
        CACHED,
        form("username=$user&password=$encoded&grant_type=password&scope=PRODUCTION"),
        login="client",
    ),
    Ask(
        "auth-tokens-refresh -S",
        "POST /token",
        jq(TOKEN),
        CACHED,
        form("grant_type=refresh_token&refresh_token=$refresh&scope=PRODUCTION"),
        login="client",
    ),
)
"""From nothing to a token in the cache."""

APPS = (
    Ask(
        "files-mkdir -N DIR -S SYS PATH",
        f"PUT {MEDIA}/?pretty=true",
        said('"Successfully created folder"'),
        "Successfully created folder",
        form("action=mkdir&path=applications/classify"),
    ),
    Ask(
        "files-upload -F wrapper.sh -S SYS DIR",
        f"POST {MEDIA}/applications/classify?pretty=true",
        said(".status"),
        "success",
        part(WRAPPER),
        202,
    ),
    Ask(
        "files-rename",
        f"PUT {MEDIA}/applications/classify/tmp.x7Yq?pretty=true",
        said('"Successfully renamed"'),
        "Successfully renamed",
        form("action=rename&path=wrapper.sh"),
    ),
    Ask(
        "apps-addupdate --notemplate -F app.json",
        "POST /apps/v2/?pretty=true",
        said('"Successfully added app " + .result.id'),
        r"Successfully added app (?P<app>joe\.app\.imageclassify-1\.0)",
        part(APP),
        201,
    ),
)
"""What the tutorial's earlier lesson has left: an app."""

SEED = (
    Ask("apps-list", "GET /apps/v2?pretty=true", EVERY_ID, r"(?:.*\n)*$app(?:\n.*)*"),
    Ask("jobs-submit -F", SUBMIT, said(SUBMITTED), f"Successfully submitted job (?P<job>{UUID}-007)", json(JOB), 201),
    Ask(
        "jobs-submit -F -V",
        SUBMIT,
        AS_IT_CAME,
        r'\{\n  "status" : "success",\n  "message" : .*,\n  "version" : "[^"]+",\n  "result" : \{\n'
        rf'    "id" : "(?P<second>{UUID}-007)",\n    "name" : "joe\.app\.imageclassify",\n'
        r'(?:.*\n)*    "status" : "ACCEPTED",\n(?:.*\n)*'
        r'    "archivePath" : "joe/archive/jobs/job-(?P=second)",\n(?:.*\n)*  \}\n\}',
        json(JOB),
        201,
    ),
    Ask(
        "jobs-list", "GET /jobs/v2/?pretty=true", said(f".result[] | {ID_AND_STATUS}"), "$second [A-Z_]+\n$job [A-Z_]+"
    ),
    Ask("jobs-status ID", "GET /jobs/v2/$job/status?pretty=true", said(".result.status"), "FINISHED", again=True),
    Ask(
        "jobs-output-list -L ID",
        "GET /jobs/v2/$job/outputs/listings/?pretty=true",
        said(ROWS_OF_OUTPUTS),
        rf"(?:{OUTPUT}\n)+- {{19}}joe {{17}}\d\d {{18}}predictions\.txt {DATE}\n"
        rf"(?:{OUTPUT}\n)*d {{19}}joe .* sub {DATE}",
    ),
    Ask(
        "curl -sk -H ... files/v2/media",
        f"GET {MEDIA}/joe/archive/jobs/job-$job/predictions.txt",
        AS_IT_CAME,
        CLASSIFIED,
    ),
    Ask(
        "jobs-output-get -r ID",
        "GET /jobs/v2/$job/outputs/listings/",
        said('.result[] | "\\(.type) \\(.name)"'),
        r"(?:file .*\n)+file predictions\.txt\n(?:file .*\n)*dir sub",
    ),
    Ask("jobs-output-get -r ID", "GET /jobs/v2/$job/outputs/media/predictions.txt", AS_IT_CAME, CLASSIFIED),
    Ask(
        "jobs-output-get -r ID",
        "GET /jobs/v2/$job/outputs/listings/sub",
        said('.result[] | "\\(.type) \\(.name)"'),
        r"file again\.txt",
    ),
    Ask("jobs-output-get -r ID", "GET /jobs/v2/$job/outputs/media/sub/again.txt", AS_IT_CAME, CLASSIFIED),
)
"""The lesson about jobs, in its order."""
