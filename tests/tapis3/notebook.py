"""The seed's notebook as it is typed there, and what runs its cells.

Replaced are only the picture's address, whose quotes stay, and one slip: the cell that submits prints
``job_output_vm.uuid``, a name that there is not yet. The cells that register systems and app stand in the tutorial's
earlier notebooks.
"""

import contextlib
import io
from typing import Any

LOGIN = """
from tapipy.tapis import Tapis
client = Tapis(base_url=base_url, username=userid, password=password)
client.get_tokens()
app_id = "gateways21-vm-" + userid + "-img"
system_id_vm = "gateways21-vm-" + userid
system_id_hpc = "gateways21-hpc-" + userid
"""
REGISTER_VM = """
client.systems.createSystem(id=system_id_vm, description="System for testing jobs on a VM", systemType="LINUX",
    host=host, port=port, defaultAuthnMethod="PASSWORD", rootDir=home,
    canExec=True, jobRuntimes=[{"runtimeType": "SINGULARITY"}], jobWorkingDir="workdir")
client.systems.createUserCredential(systemId=system_id_vm, userName=userid, password=host_password, loginUser=host_user)
print([one.path for one in client.files.listFiles(systemId=system_id_vm, path="/")])
"""
REGISTER_HPC = """
client.systems.createSystem(id=system_id_hpc, description="System for testing jobs on HPC", systemType="LINUX",
    host=host, port=port, defaultAuthnMethod="PKI_KEYS", rootDir="/",
    canExec=True, jobRuntimes=[{"runtimeType": "SINGULARITY"}], jobWorkingDir="HOST_EVAL($WORK2)",
    canRunBatch=True, batchScheduler="SLURM", batchSchedulerProfile="tacc", batchDefaultLogicalQueue="tapisNormal",
    batchLogicalQueues=[{
        "name": "tapisNormal", "hpcQueueName": "debug", "maxJobs": 50, "maxJobsPerUser": 10,
        "minNodeCount": 1, "maxNodeCount": 16, "minCoresPerNode": 1, "maxCoresPerNode": 68,
        "minMemoryMB": 1, "maxMemoryMB": 16384, "minMinutes": 1, "maxMinutes": 60}])
client.systems.createUserCredential(systemId=system_id_hpc, userName=userid,
    privateKey=host_private_key, publicKey=host_public_key, loginUser=host_user)
"""
REGISTER_APP = """
client.apps.createAppVersion(id=app_id, version="0.0.1", description="Simple image classifier",
    runtime="SINGULARITY", runtimeOptions=["SINGULARITY_RUN"], containerImage=app_image,
    jobAttributes={
        "parameterSet": {"archiveFilter": {"includeLaunchFiles": False}},
        "memoryMB": 1, "nodeCount": 1, "coresPerNode": 1, "maxMinutes": 10})
"""
ARGUMENTS = """
pa = {
 "parameterSet": {
      "appArgs": [
          {"arg": "--image_file", "meta": { "name": "arg1", "required": True}},
          {"arg": "'IMAGE'",
           "meta": {"name": "arg2", "required": True}
          }
      ]
}
}
"""
SUBMIT_VM = """
job_response_vm=client.jobs.submitJob(name='img-classifier-job-vm',description='image classifier',appId=app_id,execSystemId=system_id_vm,appVersion= '0.0.1',
  **pa)
print(job_response_vm.uuid)
"""  # noqa: E501
JOB_VM = """
# Get job uuid from the job submission response
print("****************************************************")
job_uuid_vm=job_response_vm.uuid
print("Job UUID: " + job_uuid_vm)
print("****************************************************")
"""
JOBS_LIST = """
print(client.jobs.getJobList())
"""
STATUS_VM = """
# Check the status of the job
print("****************************************************")
print(client.jobs.getJobStatus(jobUuid=job_uuid_vm))
print("****************************************************")
"""
OUTPUT_VM = """
# Download output of the job
print("Job Output file:")

print("****************************************************")
jobs_output_vm= client.jobs.getJobOutputDownload(jobUuid=job_uuid_vm,outputPath='tapisjob.out')
print(jobs_output_vm)
print("****************************************************")
"""
SUBMIT_HPC = """
# Run Image classifier app on the HPC Machine
# In the arg pass a url of the image you would like to classify
pa = {
 "parameterSet": {
      "appArgs": [
          {"arg": "--image_file"},
          {"arg": "'IMAGE'"}

      ],
      "schedulerOptions": [
        {"arg": "--tapis-profile tacc"}

      ]
}
}
# Submit a hpc job
job_response_hpc=client.jobs.submitJob(name='img-classifier-job-hpc',description='image classifier',appId=app_id,execSystemId=system_id_hpc,appVersion= '0.0.1',
  **pa)
"""  # noqa: E501
STATUS_HPC = """
# Check the status of the job
print("****************************************************")
job_uuid_hpc=job_response_hpc.uuid
print(client.jobs.getJobStatus(jobUuid=job_uuid_hpc))
print("****************************************************")
"""
OUTPUT_HPC = """
# Download output of the job
print("Job Output file:")

print("****************************************************")
jobs_output_hpc= client.jobs.getJobOutputDownload(jobUuid=job_uuid_hpc,outputPath='tapisjob.out')
print(jobs_output_hpc)
print("****************************************************")
"""
SCORES = """
print ("==============Image Classifier Scores ============================")
s = jobs_output_vm.split(b'\\n')
# If you want to analyze the results of hpc output uncomment the line below and comment line above
# s = jobs_output_hpc.split(b'\\n')
s.reverse()
scores=[]
for i in range(1,6):
    scores.append(s[i])
    print (s[i])
"""
SCORES_HPC = SCORES.replace("s = jobs_output_vm", "s = jobs_output_hpc")
SHARE_SYSTEM = """
client.systems.grantUserPerms(systemId=system_id_vm,userName='train301',permissions=['READ'])
"""
SHARE_FILE = """
client.files.grantPermissions(systemId=system_id_vm, path='tapisjob.out', username='train301', permission='READ')
"""


class Notebook:
    """Somebody's notebook: cells share their names, and show what they print."""

    def __init__(self, **names: Any) -> None:
        self._names: dict[str, Any] = names

    def __getitem__(self, name: str) -> Any:
        return self._names[name]

    def run(self, cell: str, *, image: str = "") -> str:
        """Run a cell, with the address of a picture; what it prints."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(cell.replace("IMAGE", image), self._names)
        return printed.getvalue()
