"""What version 2.2.11 of the bash command line asks, and reads, otherwise than those after it."""

from tests.tapis2.commands_of_systems import LINES, MORE
from tests.tapis2.transcripts import Ask, form, jq, json, part, said
from tests.tapis2.tutorial import EVERY_ID, ID_AND_STATUS, JOB, MEDIA, SUBMIT, SUBMITTED, UUID

OURS = "GET /clients/v2/cli/subscriptions?pretty=true"
AGAIN = '{"action": "resubmit", "ignoreInputConflicts": false, "ignoreParameterConflicts": false }'

ELDER = (
    Ask(
        "tenants-init -t tacc.prod, 2.2.11",
        "GET /tenants?pretty=true&limit=1000",
        jq(".result | .[] | .code, .baseUrl"),
        r"tacc\.prod\n$url/",
        login="nothing",
    ),
    Ask("clients-subscriptions-list", OURS, said(".result[].apiName"), f"{LINES}Jobs{MORE}", login="password"),
    Ask("profiles-list -N bo", "GET /profiles/v2/?full_name=bo&name=bo&pretty=true", said(".result[].username"), "bob"),
    Ask("apps-list -t none", "GET /apps/v2?tag.like=*none*&pretty=true", EVERY_ID, ""),
    Ask("apps-list -S loc", "GET /apps/v2?executionSystem.like=*loc*&pretty=true", EVERY_ID, f"{LINES}$app{MORE}"),
    Ask(
        "files-upload -N named.txt -T raw -F a.txt",
        f"POST {MEDIA}/?pretty=true",
        said(".result.name"),
        r"named\.txt",
        part("hello", "fileName=named.txt&fileType=raw"),
        202,
    ),
    Ask(
        "jobs-output-list ID, 2.2.11",
        "GET /jobs/v2/$job/outputs/listings/?pretty=true",
        said(".result[].path"),
        rf"{LINES}/predictions\.txt\n/sub",
    ),
    Ask(
        "jobs-search, 2.2.11",
        "GET /jobs/v2?pretty=true&status=FINISHED&created.after=-3%20hours",
        said(f".result[] | {ID_AND_STATUS}"),
        f"{LINES}$job FINISHED{MORE}",
    ),
    Ask(
        "jobs-submit -F, 2.2.11",
        SUBMIT,
        said(SUBMITTED),
        f"Successfully submitted job (?P<another>{UUID}-007)",
        part(JOB.replace('"parameters": {', '"parameters": {\n    "seconds": 600,')),
        201,
    ),
    Ask("jobs-stop ID, 2.2.11", "POST /jobs/v2/$another?pretty=true", said(".status"), "success", form("action=stop")),
    Ask("jobs-status ID", "GET /jobs/v2/$another/status?pretty=true", said(".result.status"), "STOPPED", again=True),
    Ask("jobs-delete ID", "DELETE /jobs/v2/$another?pretty=true", said(".status"), "success"),
    Ask(
        "jobs-restore ID",
        "POST /jobs/v2/$another?pretty=true",
        said('"Successfully restored job \\(.result.id)."'),
        r"Successfully restored job $another\.",
        json('{"action":"restore"}'),
    ),
    Ask(
        "jobs-resubmit ID, 2.2.11",
        "POST /jobs/v2/$job?pretty=true",
        said(".result.id"),
        f"(?P<again>(?!$job){UUID}-007)",
        json(AGAIN),
        202,
    ),
    Ask(
        "jobs-submit -W",
        "GET /jobs/v2/$again/history?pretty=true",
        said('[.result[].status] | map(select(test("FINISHED|FAILED"))) | .[]'),
        "FINISHED",
        again=True,
    ),
)
