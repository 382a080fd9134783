"""Apps with wrapper templates, as tutorials write them, and what they consist of on their storage system."""

from typing import Any

from tests.tapis2.people import Person

CLASSIFY: dict[str, Any] = {
    "name": "joe.app.imageclassify",
    "version": "1.0",
    "label": "Image Classifier",
    "shortDescription": "Classify an image",
    "longDescription": "Classify an image using a small example",
    "deploymentSystem": "local.storage",
    "deploymentPath": "applications/classify",
    "templatePath": "wrapper.sh",
    "testPath": "test/test.sh",
    "executionSystem": "local",
    "executionType": "CLI",
    "parallelism": "SERIAL",
    "modules": [],
    "inputs": [],
    "parameters": [
        {
            "id": "imagefile",
            "details": {"label": "Image", "argument": "--image_file ", "showArgument": True},
            "value": {"default": "", "type": "string", "required": True, "visible": True, "enquote": False},
        },
        {
            "id": "predictions",
            "details": {"label": "Number of predictions", "argument": "--num_top_predictions ", "showArgument": True},
            "value": {"default": 5, "type": "number", "required": True, "visible": True},
        },
    ],
    "outputs": [],
}
WRAPPER = """\
echo "classified ${imagefile} ${predictions}" > predictions.txt
"""


def deploy(person: Person, app: dict[str, Any], wrapper: str = WRAPPER, **files: str) -> None:
    """Put the assets of an app where it says they are."""
    top = f"/files/v2/media/system/{app['deploymentSystem']}"
    person.http.put(f"{top}/", data={"action": "mkdir", "path": f"{app['deploymentPath']}/test"})
    folder = f"{top}/{app['deploymentPath']}"
    person.post(folder, 202, files={"fileToUpload": ("wrapper.sh", wrapper)})
    person.post(f"{folder}/test", 202, files={"fileToUpload": ("test.sh", "exit 0\n")})
    for name, text in files.items():
        person.post(folder, 202, files={"fileToUpload": (name.replace("__", "."), text)})
