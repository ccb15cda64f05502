"""Prints how well widths are measured, against the plain methods: ``make bench-width``.

Usage: python -m tests.benchmarks.width [--quick] [--seeds untuned] [--data DIR] [--out DIR]
       python -m tests.benchmarks.width --speed
       python -m tests.benchmarks.width --photos PHOTO…
"""

from __future__ import annotations

import argparse
import json
import os
from itertools import chain
from pathlib import Path

from tests.benchmarks.width import photos, plot, speed
from tests.benchmarks.width.processes import measure_all
from tests.benchmarks.width.report import as_json, show
from tests.benchmarks.width.specs import BANDS_PX, SEED_SETS, fine_specs, specs_of

# Of every band, so many that 400 are of the conditions of the table; and while developing.
FULL, QUICK = 660, 60


def main() -> None:
    parser = argparse.ArgumentParser(description="The open width benchmark.")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} cracks a band, tuning seeds")
    parser.add_argument("--seeds", choices=sorted(SEED_SETS), help="default: untuned")
    parser.add_argument("--count", type=int, help=f"cracks a band (default {FULL})")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("data/bench-width"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--network", action="store_true",
                        help="masks of the shipped network instead of true ones")  # fmt: skip
    parser.add_argument("--speed", action="store_true", help="time alone, 12 megapixels")
    parser.add_argument("--photos", type=Path, nargs="+", metavar="PHOTO",
                        help="photos of the printed target page")  # fmt: skip
    args = parser.parse_args()
    if args.photos:
        raise SystemExit(photos.run(args.photos))
    if args.speed:
        speed.run()
        return
    seeds = args.seeds or ("tuning" if args.quick else "untuned")
    count = args.count or (QUICK if args.quick else FULL)
    by_band = {band: specs_of(number, count, seeds) for number, band in enumerate(BANDS_PX)}
    fine = fine_specs(count, seeds)
    made = iter(
        measure_all(
            [*chain.from_iterable(by_band.values()), *fine], args.data, args.jobs, args.network
        )
    )
    records = {band: [next(made) for _ in specs] for band, specs in by_band.items()}
    fine_records = list(made)
    print(f"Seeds: {seeds}. {count} cracks a band. Masks: {'network' if args.network else 'true'}.")
    show(records, fine_records)
    args.out.mkdir(parents=True, exist_ok=True)
    name = f"width-{seeds}{'-network' if args.network else ''}"
    report = as_json(records, fine_records) | {
        "seeds": seeds, "masks": "network" if args.network else "true"
    }  # fmt: skip
    (args.out / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n")
    (args.out / f"{name}.svg").write_text(plot.draw(records))
    print(f"\nWritten: {args.out / name}.json and .svg")


if __name__ == "__main__":
    main()
