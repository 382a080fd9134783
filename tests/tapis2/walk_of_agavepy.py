"""What a script with agavepy 0.9.5 does, from login to outputs, run by a Python that has it. Tells what it saw.

Reads from its input: url, proxy, username, password, key, secret, app, and a token that has expired.
"""

import json
import os
import sys
import time
from datetime import datetime

told = json.load(sys.stdin)
os.environ["https_proxy"] = told["proxy"]
os.environ["no_proxy"] = ""

import requests  # noqa: E402 - the client looks for its proxy when it is imported
import urllib3  # noqa: E402
from agavepy.agave import Agave, AgaveException  # type: ignore[import-not-found]  # noqa: E402

urllib3.disable_warnings()
common = {"api_server": told["url"], "username": told["username"], "password": told["password"], "verify": False}
ag = Agave(api_key=told["key"], api_secret=told["secret"], **common)
seen = {"who": ag.profiles.get()["username"]}
seen["apps"] = [one["id"] for one in ag.apps.list()]
seen["app"] = ag.apps.get(appId=told["app"])["name"]
seen["systems"] = sorted(one["id"] for one in ag.systems.list())
seen["system"] = ag.systems.get(systemId="local")["type"]

body = {"name": "of agavepy", "appId": told["app"], "archiveSystem": "local.storage", "parameters": {"imagefile": "x"}}
job = ag.jobs.submit(body=body)
seen["submitted"] = job.status
end = time.monotonic() + 240
while ag.jobs.getStatus(jobId=job.id)["status"] != "FINISHED" and time.monotonic() < end:
    time.sleep(0.2)
seen["status"] = ag.jobs.getStatus(jobId=job.id).status
seen["listed"] = [one["id"] for one in ag.jobs.list(limit=2, offset=0)] == [job.id]
seen["history"] = [one["status"] for one in ag.jobs.getHistory(jobId=job.id)]
seen["outputs"] = [one["name"] for one in ag.jobs.listOutputs(jobId=job.id, filePath="/")]
whole = ag.jobs.get(jobId=job.id)
seen["whole"] = whole.remoteOutcome
seen["times"] = isinstance(whole.ended, datetime)
media = ag.files.download(systemId="local.storage", filePath=f"{job.archivePath}/predictions.txt")
seen["predictions"] = media.text
found = ag.files.list(systemId="local.storage", filePath=job.archivePath)
seen["archive"] = [one["name"] for one in found]

again = ag.jobs.submit(body=body)
try:
    ag.jobs.manage(jobId=again.id, body={"action": "stop"})
except (requests.HTTPError, AgaveException) as problem:
    seen["stopped"] = str(problem)
else:
    seen["stopped"] = "ok"
try:
    ag.jobs.submit(body={**body, "appId": "nope-1.0"})
    seen["refused"] = ""
except requests.HTTPError as problem:
    seen["refused"] = problem.response.json()["message"] if problem.response is not None else repr(problem)
except AgaveException as problem:
    seen["refused"] = problem.args[0]["message"]

ag._token = told["expired"]
ag.refresh_aris()
before = ag.token.token_info["access_token"]
try:
    ag.jobs.list()
except Exception as problem:  # noqa: BLE001 - told to the test
    seen["after expiry"] = repr(problem)
seen["renewed"] = ag.token.token_info["access_token"] != before
seen["lives on"] = len(ag.jobs.list(limit=1))
json.dump(seen, sys.stdout)
