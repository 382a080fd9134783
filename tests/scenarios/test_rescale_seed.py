"""The seed's curl commands as they are typed there, with only the address, the key and the ids replaced."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.scenarios.rescale import FINISHED, airfoil_zip
from tests.service import Account, Service, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.client]

UPLOAD = r"""
curl -X POST -H 'Content-Type:multipart/form-data' \
-H 'Authorization: Token <api-token>' \
-F "file=@airfoil2d.zip" \
https://platform.rescale.com/api/v2/files/contents/
"""
ANALYSES = r"""
curl -H "Authorization: Token <api-token>" https://platform.rescale.com/api/v2/analyses/
"""
CREATE = r"""
cat <<EOF > data.json
{
  "name": "Basic Job",
  "jobanalyses": [
    {
      "useMpi": false,
      "command": "./airFoil2D/Allrun",
      "analysis": {
        "code": "openfoam",
        "version": "2.3.0-openmpi"
      },
      "hardware": {
        "coresPerSlot": 1,
        "slots": 1,
        "coreType": "standard-plus"
      },
      "inputFiles": [
        {
          "id": "XkpTse"
        }
      ]
    }
  ]
}
EOF
curl -X POST --data @data.json \
-H "Authorization: Token <api-token>" \
-H "Content-Type: application/json" \
https://platform.rescale.com/api/v2/jobs/
"""
SUBMIT = r"""
curl -X POST -H 'Authorization: Token <api-token>' \
https://platform.rescale.com/api/v2/jobs/QTVia/submit/
"""
STATUSES = r"""
curl -H 'Authorization: Token <api-token>'  https://platform.rescale.com/api/v2/jobs/QTVia/statuses/
"""
RUNS = r"""
curl -H 'Authorization: Token <api-token>'  https://platform.rescale.com/api/v2/jobs/QTVia/runs/
"""
FILES = r"""
curl -H 'Authorization: Token <api-token>'  https://platform.rescale.com/api/v2/jobs/QTVia/files/?search=process_output
"""
DOWNLOAD = r"""
curl -H 'Authorization: Token <api-token>' \
https://platform.rescale.com/api/v2/files/iudjqe/contents/ > process_output.log
"""


class Terminal:
    """A shell in a directory, whose user follows the tutorial."""

    def __init__(self, place: Path, url: str, token: str) -> None:
        if shutil.which("curl") is None:
            pytest.skip("needs curl")
        self._place = place
        self._real = {"https://platform.rescale.com": url, "<api-token>": token}

    def learn(self, shown: str, real: str) -> None:
        """From now on, ``real`` is typed where the tutorial has ``shown``."""
        self._real[shown] = real

    def type(self, command: str) -> str:
        """What a command of the tutorial prints."""
        for shown, real in self._real.items():
            command = command.replace(shown, real)
        done = subprocess.run(
            ["bash", "-c", command], cwd=self._place, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def test_the_seed_works_as_typed(service: Service, demouser: Account, tmp_path: Path) -> None:
    """From the upload to the downloaded log, with nothing but curl."""
    airfoil_zip(tmp_path)
    terminal = Terminal(tmp_path, service.url, demouser.token)
    uploaded = json.loads(terminal.type(UPLOAD))
    assert ("airfoil2d.zip", True) == (uploaded["name"], uploaded["isUploaded"])
    offered = json.loads(terminal.type(ANALYSES))["results"]
    openfoam = next(one for one in offered if one["code"] == "openfoam")
    assert "2.3.0-openmpi" in [one["versionCode"] for one in openfoam["versions"]]
    terminal.learn("XkpTse", uploaded["id"])
    created = json.loads(terminal.type(CREATE))
    assert "airfoil2d.zip" == created["jobanalyses"][0]["inputFiles"][0]["name"]
    terminal.learn("QTVia", created["id"])
    assert "" == terminal.type(SUBMIT)
    wait_until(lambda: "Completed" in terminal.type(STATUSES), 120)
    newest = json.loads(terminal.type(STATUSES))["results"][0]
    assert ("Completed", FINISHED) == (newest["status"], newest["statusReason"])
    assert 75 == json.loads(terminal.type(RUNS))["results"][0]["outputFileCount"]
    terminal.learn("iudjqe", json.loads(terminal.type(FILES))["results"][0]["id"])
    terminal.type(DOWNLOAD)
    assert "Running simpleFoam on" in (tmp_path / "process_output.log").read_text()
