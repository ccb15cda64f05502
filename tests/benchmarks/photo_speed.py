"""One 12-megapixel photo through the whole pipeline, beside the plain way, in turn.

Each run is a process of its own that has loaded its network before the clock starts, so the times
are those of a worker that is warm, and the peak memory that of the whole process.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.table import Row

OURS = """
import json, resource, sys, time
from pathlib import Path
from inference.imaging.decode import decode_picture
from inference.instrument import Instrument
from inference.measure.scale import ScaleResult
from inference.pipeline import analyse
from inference.runtime.registry import find_screen, load_classifier, load_model
from inference.types import Scale
model = load_model(None, threads=2)
import numpy as np
model.predict(np.zeros((1, model.tile_px, model.tile_px, 3), np.uint8))
screen = None
if sys.argv[2] == "screen" and (card := find_screen()):
    screen = load_classifier(card.name, threads=2)
    screen.predict(np.zeros((16, screen.patch_px, screen.patch_px, 3), np.uint8))
started = time.perf_counter()
picture = decode_picture(Path(sys.argv[1]))
decoded = time.perf_counter()
result = analyse(
    picture.pixels, instrument=Instrument(model, screen), scale=ScaleResult(Scale(1.0)),
    rounding=picture.rounding
).analysis
print(json.dumps({
    "whole_s": time.perf_counter() - started,
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "cracks": len(result.cracks),
    "skipped": result.tiles.share if result.tiles else 0.0,
    "length_m": sum(c.trace.length_px for c in result.cracks) / 1000,
    "stages_ms": {"decode": 1000 * (decoded - started), **result.timings_ms},
}))
"""


def render_photo(folder: Path) -> tuple[Path, Path]:
    """The bench photo, 4000 x 3000 px, 30 cracks, 20 m of line at 1 mm/px, and its mask."""
    photos = sorted(folder.glob("*.jpg"))
    if not photos:
        subprocess.run(
            [sys.executable, "-m", "inference", "render", "--kind", "bench", "--out", str(folder)],
            check=True,
        )
        photos = sorted(folder.glob("*.jpg"))
    photo = photos[0]
    return photo, photo.with_name(photo.stem + ".mask.png")


def _run(command: list[str]) -> dict:
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(answer.stdout.strip().splitlines()[-1])


def measure(folder: Path, *, runs: int = 3) -> list[Row]:
    """The rows of this bench; ``runs`` pairs, medians of the pairwise ratios."""
    photo, mask = render_photo(folder)
    ours, whole, plain = [], [], []
    for _ in range(runs):
        ours.append(_run([sys.executable, "-c", OURS, str(photo), "screen"]))
        whole.append(_run([sys.executable, "-c", OURS, str(photo), "all"]))
        plain.append(
            _run([sys.executable, "-m", "tests.benchmarks.plain_way", str(photo), str(mask)])
        )
    ratios = [p["whole_s"] / o["whole_s"] for o, p in zip(ours, plain, strict=True)]
    ours_s = statistics.median(o["whole_s"] for o in ours)
    plain_s = statistics.median(p["whole_s"] for p in plain)
    stages = ours[0]["stages_ms"]
    return [
        Row("12 MP photo, whole pipeline", f"{ours_s:.1f} s", f"{plain_s:.1f} s",
            f"2 cores, median of {runs} pairs"),
        Row("  faster than the plain way", f"{statistics.median(ratios):.1f} x", "",
            f"min {min(ratios):.1f}, max {max(ratios):.1f}; aim 12"),
        Row("  peak memory", f"{max(o['peak_mb'] for o in ours):.0f} MB",
            f"{max(p['peak_mb'] for p in plain):.0f} MB", "whole process; aim 1500"),
        Row("  cracks found", f"{ours[0]['cracks']}, {ours[0]['length_m']:.1f} m", "",
            "rendered: 30, 20 m"),
        Row("  without screening",
            f"{statistics.median(w['whole_s'] for w in whole):.1f} s, {whole[0]['cracks']} cracks, "
            f"{whole[0]['length_m']:.1f} m", "",
            f"{ours[0]['skipped']:.0%} of the tiles are skipped with it"),
        Row("  time by stage", ", ".join(f"{k} {v:.0f} ms" for k, v in stages.items())),
    ]  # fmt: skip
