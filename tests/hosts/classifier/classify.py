"""What the classifier's image runs: prints the five digits that a picture shows most probably, the best first.

It needs NumPy and pypng, and the weights that build.py has put beside it; no training, and nothing of this project.
"""

import argparse
import os
import urllib.request
from typing import Any

import numpy as np
import png

WEIGHTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "weights.npz")
SIDE = 8
"""Pictures are seen as so many rows and columns."""
SHOWN = 5


def main() -> None:
    """Classify one picture."""
    parser = argparse.ArgumentParser(description="Says which digit a picture shows.")
    parser.add_argument("--image_file", required=True, metavar="URL", help="address or path of a PNG file")
    picture = see(fetch(parser.parse_args().image_file))
    with np.load(WEIGHTS) as weights:
        scores, labels = classify(picture, weights), weights["labels"]
    for place in np.argsort(-scores)[:SHOWN]:
        print(f"{labels[place]} (score = {scores[place]:.5f})")


def fetch(address: str) -> bytes:
    """The bytes of a file, from the network or from here."""
    if "://" not in address:
        with open(address, "rb") as file:
            return file.read()
    with urllib.request.urlopen(address, timeout=120) as answer:
        content: bytes = answer.read()
        return content


def see(content: bytes) -> Any:
    """A PNG file of any size as 64 brightnesses from 0 to 1, row by row."""
    width, height, rows, _ = png.Reader(bytes=content).asRGB8()
    picture = np.array([np.asarray(row) for row in rows]).reshape(height, width, 3).mean(axis=2) / 255
    bands = np.stack([band.mean(axis=0) for band in np.array_split(picture, SIDE)])
    return np.stack([cell.mean(axis=1) for cell in np.array_split(bands, SIDE, axis=1)], axis=1).ravel()


def classify(picture: Any, weights: Any) -> Any:
    """How probable each label is: a perceptron with one hidden layer."""
    hidden = np.maximum(picture @ weights["hidden"] + weights["hidden_bias"], 0)
    output = hidden @ weights["output"] + weights["output_bias"]
    odds = np.exp(output - output.max())
    return odds / odds.sum()


if __name__ == "__main__":
    main()
