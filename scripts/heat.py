"""A 2-D heat equation on a square plate, solved by explicit steps; writes the last field as a picture."""

import png

N, STEPS = 100, 1000


def step(field: list[list[float]]) -> float:
    """One step in place on the inner points; the largest change."""
    change = 0.0
    old = [row[:] for row in field]
    for i in range(1, N - 1):
        above, here, below, row = old[i - 1], old[i], old[i + 1], field[i]
        for j in range(1, N - 1):
            row[j] = here[j] + 0.24 * (above[j] + below[j] + here[j - 1] + here[j + 1] - 4 * here[j])
            change = max(change, abs(row[j] - here[j]))
    return change


def main() -> None:
    """Heat the upper and the left edge, let it spread, draw it."""
    field = [[1.0 if i == 0 or j == 0 else 0.0 for j in range(N)] for i in range(N)]
    for number in range(1, STEPS + 1):
        change = step(field)
        if number % 100 == 0:
            print(f"step {number:5d}  largest change {change:.2e}", flush=True)
    pixels = [[c for v in row for c in (int(255 * v), int(120 * v * v), int(160 * (1 - v)))] for row in field]
    with open("heat.png", "wb") as picture:
        png.Writer(width=N, height=N, greyscale=False).write(picture, pixels)
    print(f"mean temperature {sum(map(sum, field)) / N**2:.4f}; picture in heat.png")


if __name__ == "__main__":
    main()
