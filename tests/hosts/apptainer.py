"""Real Apptainer, which was called Singularity, where scripts/apptainer could get it."""

import os
import subprocess

PLACE = "/var/cache/dragoman-tests/apptainer"
MISSING = "no Apptainer here: scripts/apptainer; Charliecloud stands in for it"
VARIABLES = {"APPTAINER_UNSQUASH": "1", "APPTAINER_SILENT": "1", "SBATCH_MEM_PER_NODE": "1000"}
"""For its users: machines for tests let nobody mount images. So it unpacks them, which needs memory, and says so, which
would be part of an output."""
PROGRAM = f"{PLACE}/usr/bin/apptainer"


def has_apptainer() -> bool:
    """Whether it is here."""
    return os.path.exists(PROGRAM)


def add_apptainer(programs: str, _images: str) -> None:
    """Put the program ``singularity`` into a directory; it finds images by their paths."""
    os.symlink(PROGRAM, f"{programs}/singularity")


def make_sif(image: str, file: str) -> None:
    """Make one file of an image in a directory, pressed lightly."""
    pressed = ("--mksquashfs-args", "-comp zstd -Xcompression-level 1")
    argv = [PROGRAM, "build", *pressed, file, image]
    # As root, whose own settings are nobody's business here.
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent"}
    subprocess.run(argv, check=True, capture_output=True, env=environment, timeout=120)
