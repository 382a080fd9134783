"""The transcripts of the bash command line of Tapis v2: what each command asks, and what it takes out of the answer.

Versions 2.3.1 and 3.1.0 ask the same, unless a command is marked with one of them. The files of the tutorial are sent as
they are written there, in several lines: it is curl that takes out the ends of lines.
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
    {"id": "predictions", "value": {"type": "number", "default": 5, "required": true, "visible": true}}
  ],
  "outputs": []
}
"""
WRAPPER = """\
mkdir sub
echo "classified $${imagefile} $${predictions}" | tee predictions.txt > sub/again.txt
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
        *("tenants-init -t tacc.prod", "GET /tenants/"),
        *(jq('.result[] | select(.code == "tacc.prod") | .baseUrl'), "$url/"),
        login="nothing",
    ),
    Ask(
        *("clients-create -S -N cli -D desc -u joe -p secret", "POST /clients/v2/?pretty=true"),
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
        *("auth-tokens-create -S -u joe -p secret", "POST /token", jq(TOKEN), CACHED),
        form("username=$user&password=$encoded&grant_type=password&scope=PRODUCTION"),
        login="client",
    ),
    Ask(
        *("auth-tokens-refresh -S", "POST /token", jq(TOKEN), CACHED),
        form("grant_type=refresh_token&refresh_token=$refresh&scope=PRODUCTION"),
        login="client",
    ),
)
"""From nothing to a token in the cache."""

APPS = (
    Ask(
        *("files-mkdir -N DIR -S SYS PATH", f"PUT {MEDIA}/?pretty=true"),
        *(said('"Successfully created folder"'), "Successfully created folder"),
        form("action=mkdir&path=applications/classify"),
    ),
    Ask(
        *("files-upload -F wrapper.sh -S SYS DIR", f"POST {MEDIA}/applications/classify?pretty=true"),
        *(said(".status"), "success", part(WRAPPER), 202),
    ),
    Ask(
        *("files-rename", f"PUT {MEDIA}/applications/classify/tmp.x7Yq?pretty=true"),
        *(said('"Successfully renamed"'), "Successfully renamed", form("action=rename&path=wrapper.sh")),
    ),
    Ask(
        *("apps-addupdate --notemplate -F app.json", "POST /apps/v2/?pretty=true"),
        *(said('"Successfully added app " + .result.id'), r"Successfully added app (?P<app>joe\.app\.imageclassify-1\.0)"),
        *(part(APP), 201),
    ),
)
"""What the tutorial's earlier lesson has left: an app."""

SEED = (
    Ask("apps-list", "GET /apps/v2?pretty=true", EVERY_ID, r"(?:.*\n)*$app(?:\n.*)*"),
    Ask("jobs-submit -F", SUBMIT, said(SUBMITTED), f"Successfully submitted job (?P<job>{UUID}-007)", json(JOB), 201),
    Ask(
        *("jobs-submit -F -V", SUBMIT, AS_IT_CAME),
        r'\{\n  "status" : "success",\n  "message" : .*,\n  "version" : "[^"]+",\n  "result" : \{\n'
        rf'    "id" : "(?P<second>{UUID}-007)",\n    "name" : "joe\.app\.imageclassify",\n'
        r'(?:.*\n)*    "status" : "ACCEPTED",\n(?:.*\n)*'
        r'    "archivePath" : "joe/archive/jobs/job-(?P=second)",\n(?:.*\n)*  \}\n\}',
        *(json(JOB), 201),
    ),
    Ask(
        *("jobs-list", "GET /jobs/v2/?pretty=true", said(f".result[] | {ID_AND_STATUS}")),
        "$second [A-Z_]+\n$job [A-Z_]+",
    ),
    Ask("jobs-status ID", "GET /jobs/v2/$job/status?pretty=true", said(".result.status"), "FINISHED", again=True),
    Ask(
        *("jobs-output-list -L ID", "GET /jobs/v2/$job/outputs/listings/?pretty=true", said(ROWS_OF_OUTPUTS)),
        rf"(?:{OUTPUT}\n)+- {{19}}joe {{17}}\d\d {{18}}predictions\.txt {DATE}\n(?:{OUTPUT}\n)*d {{19}}joe .* sub {DATE}",
    ),
    Ask(
        "curl -sk -H ... files/v2/media",
        f"GET {MEDIA}/joe/archive/jobs/job-$job/predictions.txt",
        *(AS_IT_CAME, CLASSIFIED),
    ),
    Ask(
        *("jobs-output-get -r ID", "GET /jobs/v2/$job/outputs/listings/"),
        *(said('.result[] | "\\(.type) \\(.name)"'), r"(?:file .*\n)+file predictions\.txt\n(?:file .*\n)*dir sub"),
    ),
    Ask("jobs-output-get -r ID", "GET /jobs/v2/$job/outputs/media/predictions.txt", AS_IT_CAME, CLASSIFIED),
    Ask(
        *("jobs-output-get -r ID", "GET /jobs/v2/$job/outputs/listings/sub"),
        *(said('.result[] | "\\(.type) \\(.name)"'), r"file again\.txt"),
    ),
    Ask("jobs-output-get -r ID", "GET /jobs/v2/$job/outputs/media/sub/again.txt", AS_IT_CAME, CLASSIFIED),
)
"""The lesson about jobs, in its order."""

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
JSON_OF_NOTIFICATION = (
    '{"event":"FINISHED","persistent": true,"associatedUuid":"$job","url":"http://127.0.0.1:9/done",'
    '"policy":{"retryStrategy":"IMMEDIATE","retryLimit":5,"retryRate":5,"retryDelay":0,"saveOnFailure": false}}'
)
LINES = r"(?:.*\n)*"
MORE = r"(?:\n.*)*"
DONE = ".status"

TOKENS = (
    Ask(
        *("auth-session-init, 3.0", "GET /tenants"),
        *(jq('.result[] | select(.code == "tacc.prod") | .baseUrl'), "$url/"),
        login="nothing",
    ),
    Ask(
        *("auth-session-init, 3.0", "POST /clients/v2"),
        jq(".result.name, .result.description, .result.consumerKey, .result.consumerSecret"),
        r"session\nAutogenerated client\n(?P<key>\w+)\n(?P<secret>\w+)",
        form("clientName=session&description=Autogenerated+client&tier=Unlimited&callbackUrl="),
        status=201,
        login="password",
    ),
    Ask(
        *("auth-session-init, 3.0", "POST /token?pretty=true", jq(TOKEN), CACHED),
        form("username=$user&password=$encoded&grant_type=password&scope=PRODUCTION"),
        login="client",
    ),
    Ask(
        *("auth-tokens-create, wrong password", "POST /token", AS_IT_CAME),
        r'\{"error":"invalid_grant","error_description":"Authentication failed for joe"\}',
        form("username=$user&password=wrong&grant_type=password&scope=PRODUCTION"),
        status=400,
        login="client",
    ),
    Ask("profiles-list me", "GET /profiles/v2/me?pretty=true", said(".result.email"), r"joe@example\.com"),
    Ask(
        *("auth-tokens-revoke", "POST /revoke", AS_IT_CAME, "", form("token=$token")),
        login="client",
    ),
    Ask(
        *("apps-list", "GET /apps/v2?pretty=true", said(".result[].id"), "Invalid Credentials.*"),
        status=401,
    ),
    Ask(
        *("clients-delete", "DELETE /clients/v2/session?pretty=true"),
        *(said('"Successfully deleted client session"'), "Successfully deleted client session"),
        login="password",
    ),
)
"""Sessions of version 3.0, logins that fail, and the end of a token and a client."""

MORE_APPS = (
    Ask("apps-list ID", "GET /apps/v2/$app?pretty=true", said(".result.id"), "$app"),
    Ask("apps-search", "GET /apps/v2?pretty=true&name.like=%2aimageclass%2a", EVERY_ID, "$app"),
    Ask("apps-pems-list", "GET /apps/v2/$app/pems/?pretty=true", said(PEMS), "joe (?:READ |WRITE |EXECUTE ){3}"),
    Ask(
        *("jobs-template APP", "GET /apps/v2/$app?pretty=true"),
        *(said('.result | .parameters[] | "\\(.id) \\(.value.default)"'), "imagefile null\npredictions 5"),
    ),
    Ask(
        *("jobs-template APP", "GET /apps/v2/$app?filter=executionSystem"),
        *(jq(".result.executionSystem"), "local"),
    ),
    Ask(
        *("apps-addupdate -F app.json, nothing in it", "POST /apps/v2/?pretty=true", said(".result.id"), ".+"),
        *(part(""), 400),
    ),
    Ask(
        *("apps-addupdate -F app.json ID", "POST /apps/v2/$app?pretty=true"),
        *(said('"Successfully updated app " + .result.id'), "Successfully updated app $app", part(APP)),
    ),
)

SYSTEMS = (
    Ask(
        *("systems-addupdate -F s.json", "POST /systems/v2/?pretty=true"),
        *(said('"Successfully added system " + .result.id'), f"Successfully added system (?P<system>{STORE})"),
        *(part(SYSTEM), 201),
    ),
    Ask("systems-list", "GET /systems/v2/?pretty=true", EVERY_ID, f"{LINES}$system{MORE}"),
    Ask("systems-list -S", "GET /systems/v2/?type=storage&pretty=true", EVERY_ID, f"{LINES}$system{MORE}"),
    Ask("systems-list -E -P", "GET /systems/v2/?public=true&type=execution&pretty=true", EVERY_ID, "local"),
    Ask(
        *("systems-setdefault ID", "PUT /systems/v2/$system?pretty=true"),
        said('"Successfully set \\(.result.id) as the default \\(.result.type) system for joe"'),
        "Successfully set $system as the default STORAGE system for joe",
        form("action=setDefault"),
    ),
    Ask(
        *("systems-roles-list ID", "GET /systems/v2/$system/roles/?pretty=true"),
        *(said('.result[] | "\\(.username) \\(.role)"'), "joe OWNER"),
    ),
    Ask(
        *("systems-roles-addupdate -u bob -r USER ID", "POST /systems/v2/$system/roles/bob?pretty=true"),
        *(said(DONE), "success", json('{"role":"USER"}'), 201),
    ),
    Ask(
        *("systems-roles-list ID", "GET /systems/v2/$system/roles/?pretty=true"),
        *(said('.result[] | "\\(.username) \\(.role)"'), "joe OWNER\nbob USER"),
    ),
    Ask(
        *("systems-delete ID", "DELETE /systems/v2/$system?pretty=true"),
        *(said('"Successfully deleted system $system"'.replace("$system", "joe.tacc.corral.storage")),),
        "Successfully deleted system $system",
    ),
)

MODE = 'if .permissions == "ALL" then "rwx" else .permissions end'
FILE = (
    f'.result[] | (if .type == "dir" then "d" else "-" end) + ({MODE})'
    ' + "------  joe  \\(.length)  \\(.lastModified[11:16])  \\(.name)"'
)
LISTING = "/files/v2/listings/system/local.storage"
FILES = (
    Ask(
        *("files-mkdir -N d -S SYS foo", f"PUT {MEDIA}/?pretty=true", said(DONE), "success"),
        form("action=mkdir&path=foo"),
    ),
    Ask(
        *("files-mkdir -N d -S SYS foo", f"PUT {MEDIA}/foo?pretty=true", said(DONE), "success"),
        form("action=mkdir&path=sub"),
    ),
    Ask("files-upload -F a.txt -S SYS dir", f"POST {MEDIA}/foo?pretty=true", said(DONE), "success", part("hello"), 202),
    Ask(
        *("files-list -S SYS foo", f"GET {LISTING}/foo?pretty=true"),
        *(said(".result[].name"), r"\.\nsub\ntmp\.x7Yq"),
    ),
    Ask(
        *("files-list -L", f"GET {LISTING}/foo?pretty=true", said(FILE)),
        r"drwx------  joe  \d+  \d\d:\d\d  \.\ndrwx.* sub\n-rwx------  joe  5  \d\d:\d\d  tmp\.x7Yq",
    ),
    Ask("files-get -S SYS p", f"GET {MEDIA}/foo/tmp.x7Yq", AS_IT_CAME, "hello"),
    Ask(
        *("files-copy", f"PUT {MEDIA}/foo/tmp.x7Yq?pretty=true", said(DONE), "success"),
        form("action=copy&path=foo/copied.txt"),
    ),
    Ask(
        *("files-move", f"PUT {MEDIA}/foo/copied.txt?pretty=true", said(DONE), "success"),
        form("action=move&path=foo/sub/moved.txt"),
    ),
    Ask(
        *("files-rename", f"PUT {MEDIA}/foo/sub/moved.txt?pretty=true", said(DONE), "success"),
        form("action=rename&path=last.txt"),
    ),
    Ask("files-list -S SYS foo", f"GET {LISTING}/foo/sub?pretty=true", said(".result[].name"), r"\.\nlast\.txt"),
    Ask(
        *("files-import -U URL -S SYS d", f"POST {MEDIA}/foo?pretty=true", said(DONE), "success"),
        *(form("urlToIngest=$here%2Ftenants&notifications=&fileName=&fileType=&fileName="), 202),
    ),
    Ask(
        *("files-get -S SYS p", f"GET {MEDIA}/foo/tenants"),
        *(("grep", "-o", '"code":"tacc.prod"'), r'"code":"tacc\.prod"'),
    ),
    Ask(
        *("files-pems-update", "POST /files/v2/pems/system/local.storage/foo/tmp.x7Yq?pretty=true"),
        *(said(DONE), "success", form("username=bob&permission=READ&recursive=false")),
    ),
    Ask("files-delete", f"DELETE {MEDIA}/foo/sub?pretty=true", said(DONE), "success"),
    Ask(
        *("files-mkdir agave://SYS/applications/, 3.0", f"PUT {MEDIA}?pretty=true", said(DONE), "success"),
        form("action=mkdir&path=others%2F"),
    ),
    Ask("files-cp a.txt agave://SYS/, 3.0", f"POST {MEDIA}/others/", said(DONE), "success", part("hello"), 202),
    Ask(
        *("files-cp agave://SYS/a agave://SYS/b, 3.0", f"PUT {MEDIA}/others/tmp.x7Yq?pretty=true"),
        *(said(DONE), "success", form("action=copy&path=others/b")),
    ),
    Ask("files-rm agave://SYS/b, 3.0", f"DELETE {MEDIA}/others/b?pretty=true", said(DONE), "success"),
    Ask("files-list -S SYS foo", f"GET {LISTING}/others?pretty=true", said(".result[].name"), r"\.\ntmp\.x7Yq"),
)

LISTED = said(f".result[] | {ID_AND_STATUS}")
RESUBMITTED = said('"Successfully resubmitted job ID as " + .result.id')
AS_NEW = rf"Successfully resubmitted job ID as (?P<another>(?!$job){UUID}-007)"
ENDED = Ask("jobs-status ID", "GET /jobs/v2/$another/status?pretty=true", said(".result.status"), "FINISHED", again=True)
JOBS = (
    Ask("jobs-list ID", "GET /jobs/v2/$job?pretty=true", said(f".result | {ID_AND_STATUS}"), "$job FINISHED"),
    Ask(
        *("jobs-history ID", "GET /jobs/v2/$job/history?pretty=true", said(".result[].description")),
        r"(?:.+\n)+Job completed successfully",
    ),
    Ask(
        *("jobs-output-list ID", "GET /jobs/v2/$job/outputs/listings/?pretty=true", said(".result[].name")),
        r"(?:[^.\n].*\n)+predictions\.txt\nsub",
    ),
    Ask("jobs-output-get ID FILE", "GET /jobs/v2/$job/outputs/media/predictions.txt", AS_IT_CAME, CLASSIFIED),
    Ask(
        *("jobs-output-get ID FILE", "GET /jobs/v2/$job/outputs/media/no.txt"),
        *(("grep", '"status":"error"'), r'\{"status":"error","message":"File/folder does not exist",.*\}'),
        status=404,
    ),
    Ask(
        *("jobs-submit -F, bad app", SUBMIT, said(SUBMITTED), r"No app found matching nope-1\.0 for joe"),
        *(json('{"name":"joe.bad",\n"appId":"nope-1.0"}\n'), 400),
    ),
    Ask("jobs-list ID", "GET /jobs/v2/nope?pretty=true", said(".result.id"), r"No job found with job id nope\.", status=404),
    Ask("jobs-search", "GET /jobs/v2?pretty=true&status.eq=FINISHED&name.like=%2aimage%2a", LISTED, f"{LINES}$job FINISHED"),
    Ask("jobs-pems-list ID", "GET /jobs/v2/$job/pems/?pretty=true", said(PEMS), "joe READ WRITE "),
    Ask(
        *("jobs-pems-update ID", "POST /jobs/v2/$job/pems/bob?pretty=true"),
        *(said('"Successfully updated permission for \\(.result.username)"'), "Successfully updated permission for bob"),
        form("permission=READ"),
    ),
    Ask("jobs-pems-list ID", "GET /jobs/v2/$job/pems/?pretty=true", said(PEMS), "joe READ WRITE \nbob READ "),
    Ask("jobs-resubmit ID, 2.3.1", "POST /jobs/v2/$job?pretty=true", RESUBMITTED, AS_NEW, json(None), 202),
    ENDED,
    Ask("jobs-resubmit ID, 3.1.0", "POST /jobs/v2/$job/resubmit?pretty=true", RESUBMITTED, AS_NEW, status=202),
    Ask(
        *("jobs-stop ID", "POST /jobs/v2/$another?pretty=true"),
        *(said('"Successfully stopped job " + .result.id'), "Successfully stopped job $another"),
        json('{"action":"stop"}'),
    ),
    Ask(
        *("jobs-status ID", "GET /jobs/v2/$another/status?pretty=true", said(".result.status"), "STOPPED"),
        again=True,
    ),
    Ask(
        *("jobs-hide ID", "POST /jobs/v2/$job/hide?pretty=true"),
        *(said('"Successfully hid job " + .result.id'), "Successfully hid job $job"),
    ),
    Ask("jobs-list", "GET /jobs/v2/?pretty=true", LISTED, r"(?:(?!$job).*\n?)*"),
    Ask(
        *("jobs-status ID", "GET /jobs/v2/$job/status?pretty=true", said(".result.status")),
        *(r"Job with uuid $job is not visible\.",),
        status=404,
    ),
    Ask(
        *("jobs-unhide ID", "POST /jobs/v2/$job/unhide?pretty=true"),
        *(said('"Successfully restored job " + .result.id + "."'), r"Successfully restored job $job\."),
    ),
    Ask("jobs-status ID", "GET /jobs/v2/$job/status?pretty=true", said(".result.status"), "FINISHED"),
)

CREATED = said('"Successfully created notification " + .result.id')
AS_CREATED = f"Successfully created notification (?P<note>{UUID}-011)"
NOTIFICATIONS = (
    Ask(
        *("notifications-addupdate -U url -E FINISHED -A UUID -p", "POST /notifications/v2/?pretty=true"),
        *(CREATED, AS_CREATED, json(JSON_OF_NOTIFICATION), 201),
    ),
    Ask(
        *("notifications-addupdate -U url ... ID", "POST /notifications/v2/$note?pretty=true"),
        *(said('"Successfully updated notification " + .result.id'), "Successfully updated notification $note"),
        json(JSON_OF_NOTIFICATION),
    ),
    Ask(
        *("notifications-list", "GET /notifications/v2/?pretty=true", EVERY_ID),
        rf"{LINES}$note{MORE}",
    ),
    Ask(
        *("notifications-delete ID", "DELETE /notifications/v2/$note?pretty=true"),
        *(said('.message // "Successfully deleted"'), ".+"),
    ),
    Ask(
        *("notifications-addupdate -F n.json", "POST /notifications/v2/?pretty=true"),
        *(CREATED, AS_CREATED, part(JSON_OF_NOTIFICATION), 201),
    ),
)

CHAPTERS = {
    "tokens": TOKENS,
    "apps": MORE_APPS,
    "systems": SYSTEMS,
    "files": FILES,
    "jobs": JOBS,
    "notifications": NOTIFICATIONS,
}
"""All that the tutorial does not type; each starts from what the tutorial has left."""
