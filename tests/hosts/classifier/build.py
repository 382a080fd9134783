"""Builds an image classifier as a container image: a small model, learnt here from scikit-learn's handwritten digits.

No network and no foreign weights are needed. A fifth of the pictures is held out: the model has never seen them.
"""

import io
import os
import shutil
from dataclasses import dataclass

import numpy as np
import png

from tests.hosts.classifier import classify
from tests.hosts.images import make_image
from tests.hosts.python import PROGRAM, add_python, add_wheels

LABELS = ("zero, nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_PLACE = "/opt/classify"
_ENLARGED = 6
_BRIGHTEST = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that was not learnt from, and what it shows."""

    label: str
    content: bytes
    """A PNG file of 48 by 48 pixels."""


def build_classifier(place: str) -> list[Picture]:
    """Make the image below a directory that there is not yet; the pictures that were held out."""
    make_image(place, f'export OPENBLAS_NUM_THREADS=1\nexec {PROGRAM} -s {_PLACE}/classify.py "$@"')
    add_python(place)
    add_wheels(place, _PLACE, "numpy", "pypng")
    shutil.copy(classify.__file__, f"{place}{_PLACE}/classify.py")
    return learn(f"{place}{_PLACE}/{os.path.basename(classify.WEIGHTS)}")


def learn(weights: str) -> list[Picture]:
    """Train the model and write its weights into a file; the pictures that were held out."""
    # Late: they take seconds to load, in every process that looks for tests.
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    from sklearn.neural_network import MLPClassifier

    digits = load_digits()
    known, unknown, labels, held_out = train_test_split(
        digits.data / _BRIGHTEST, digits.target, test_size=0.2, stratify=digits.target, random_state=0
    )
    model = MLPClassifier((128,), alpha=0.3, tol=1e-3, max_iter=300, random_state=0).fit(known, labels)
    (hidden, output), (hidden_bias, output_bias) = model.coefs_, model.intercepts_
    layers = {"hidden": hidden, "hidden_bias": hidden_bias, "output": output, "output_bias": output_bias}
    np.savez(weights, labels=np.array(LABELS), **layers)
    return [Picture(label=LABELS[label], content=_png(row)) for row, label in zip(unknown, held_out, strict=True)]


def _png(brightnesses: "np.typing.NDArray[np.float64]") -> bytes:
    side = classify.SIDE
    small = np.rint(brightnesses.reshape(side, side) * 255).astype(np.uint8)
    large = small.repeat(_ENLARGED, axis=0).repeat(_ENLARGED, axis=1)
    file = io.BytesIO()
    png.Writer(width=side * _ENLARGED, height=side * _ENLARGED, greyscale=True).write(file, large)
    return file.getvalue()
