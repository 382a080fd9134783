"""The words with which systems are described, and what each of them means in this house. Pure data."""

from collections.abc import Mapping

STORAGE, EXECUTION = "STORAGE", "EXECUTION"
TWIN = ".storage"
"""What stands behind the id of a system that was registered elsewhere, where its storage is meant."""

STATUSES = ("UP", "DOWN", "MAINTENANCE", "UNKNOWN")

STORES: Mapping[str, str] = {"SFTP": "ssh", "LOCAL": "local", "S3": "s3"}
"""The storage protocols that are spoken here, and the kind of login that speaks each."""
STORES_ELSEWHERE = ("FTP", "GRIDFTP", "IRODS", "IRODS4", "AZURE", "SWIFT", "HTTP", "HTTPS")
LOGINS: Mapping[str, str] = {"SSH": "ssh", "LOCAL": "local"}
LOGINS_ELSEWHERE = ("GSISSH", "API")

METHODS: Mapping[str, str] = {"PASSWORD": "password", "SSHKEYS": "key", "APIKEYS": "access", "LOCAL": ""}
"""The ways to log in, and what they are called in this house."""
METHODS_ELSEWHERE = ("X509", "PAM", "TOKEN", "KERBEROSE", "ANONYMOUS")
WAYS: Mapping[str, tuple[str, ...]] = {"ssh": ("PASSWORD", "SSHKEYS"), "local": ("LOCAL",), "s3": ("APIKEYS",)}
"""How one logs in where."""

HPC, CLI = "HPC", "CLI"
SCHEDULERS: Mapping[str, str] = {"FORK": "fork", "SLURM": "slurm", "CUSTOM_SLURM": "slurm"}
_BATCH = ("LSF", "LOADLEVELER", "PBS", "SGE", "GRIDENGINE", "CONDOR", "COBALT", "TORQUE", "MOAB")
SCHEDULERS_ELSEWHERE = (*_BATCH, *(f"CUSTOM_{name}" for name in _BATCH), "UNKNOWN")

QUEUE = "default"
"""The queue of a system that needs none."""
LIMITS = ("maxJobs", "maxUserJobs", "maxNodes", "maxProcessorsPerNode")

ROLES = ("NONE", "GUEST", "USER", "PUBLISHER", "ADMIN", "OWNER")
