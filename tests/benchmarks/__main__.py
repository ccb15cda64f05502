"""Runs the benches and prints their tables.

Usage: python -m tests.benchmarks [photo] [map] [clusters] [load] [throughput] [scale] [news]
       [matching] [segmentation] [screening] [--data DIR]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import (
    card_scale,
    clusters,
    load,
    matching,
    news,
    photo_speed,
    screening,
    segmentation,
    throughput,
)
from tests.benchmarks.table import Row, show

BENCHES = (
    "photo", "map", "clusters", "load", "throughput", "scale", "news", "matching",
    "segmentation", "screening",
)  # fmt: skip


def map_rows() -> list[Row]:
    """The map bench in a process and a data folder of its own."""
    with tempfile.TemporaryDirectory(prefix="hairline-bench-") as data:
        env = os.environ | {
            "DATA_DIR": data, "DJANGO_SETTINGS_MODULE": "portal.settings", "LOG_LEVEL": "ERROR",
        }  # fmt: skip
        answer = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.map_tiles"],
            env=env, check=True, capture_output=True, text=True,
        )  # fmt: skip
    result = json.loads(answer.stdout.strip().splitlines()[-1])
    return [
        Row(f"map tile at zoom {z}", f"{m['ours_ms']:.0f} ms", f"{m['plain_ms']:.0f} ms",
            f"100,000 assets, SQLite, median of {m['tiles']} tiles; peer: without map cells")
        for z, m in result.items()
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Hairline's figures, each beside a peer.")
    parser.add_argument("bench", nargs="*", choices=[*BENCHES, []], help="default: all")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--folder", type=Path, default=Path("data/bench"))
    parser.add_argument(
        "--baseline", type=Path, help="folder of the trained baseline (card and weights)"
    )
    args = parser.parse_args()
    chosen = args.bench or list(BENCHES)
    if "photo" in chosen:
        show("One 12-megapixel photo", photo_speed.measure(args.folder))
    if "map" in chosen:
        show("The map", map_rows())
    if "clusters" in chosen:
        show(clusters.TITLE, clusters.measure())
    if "load" in chosen:
        for title, rows in load.measure().items():
            show(title, rows)
    if "throughput" in chosen:
        photo, _ = photo_speed.render_photo(args.folder)
        show("A whole installation", throughput.measure(photo))
    if "scale" in chosen:
        show(card_scale.TITLE, card_scale.measure())
    if "news" in chosen:
        show(news.TITLE, news.measure())
    if "matching" in chosen:
        show(matching.TITLE, matching.measure())
    if {"segmentation", "screening"} & set(chosen) and not (args.data / "segmentation").is_dir():
        sys.exit(f"No test sets at {args.data}: give their folder with --data DIR.")
    if "screening" in chosen:
        show("Screening, mosaics of test pictures", screening.measure(args.data))
    if "segmentation" in chosen:
        for title, rows in segmentation.measure(args.data, baseline=args.baseline).items():
            show(title, rows)


if __name__ == "__main__":
    main()
