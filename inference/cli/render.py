"""``python -m inference render``: renders pictures of cracked concrete with their truth."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from inference.cli._scale_options import mm_per_px

if TYPE_CHECKING:
    from inference.render.plan import PlannedPhoto

HELP = "Render pictures of cracked concrete with exactly known widths and lengths."
KINDS = ("training", "crack-free", "series", "bench")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--out", type=Path, required=True, metavar="DIR",
                        help="folder for the pictures, made if it is missing")  # fmt: skip
    parser.add_argument(
        "--kind", choices=KINDS, default="training",
        help="training: varied faces, views and cracks; crack-free: faces with things that look "
        "like cracks, and no crack; series: one face over two years while its cracks grow; "
        "bench: the 12-megapixel picture of the benchmark (default: training)",
    )  # fmt: skip
    parser.add_argument("--plan", type=Path, metavar="FILE",
                        help="JSON plan of what to render (see inference/render/"
                        "plan.py)")  # fmt: skip
    parser.add_argument("--count", type=int, default=1, metavar="N",
                        help="number of pictures (default: 1)")  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed (default: 0)")
    parser.add_argument("--size", type=_size, default=(1024, 768), metavar="WxH",
                        help="width x height in pixels (default: 1024x768)")  # fmt: skip
    parser.add_argument("--gsd-mm-per-px", type=mm_per_px, metavar="F",
                        help="millimetres per pixel (default: random for each face; "
                        "series: 0.5)")  # fmt: skip
    parser.add_argument("--cracks", type=int, metavar="K",
                        help="number of main cracks in a picture (default: random; "
                        "series: 2)")  # fmt: skip
    parser.add_argument("--pictures-only", action="store_true",
                        help="write no masks and no truth files")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Render; prints each file's path on stdout as soon as the file is complete."""
    import cv2
    from tqdm import tqdm

    from inference.render.jpeg_file import write_photo
    from inference.render.photo import render
    from inference.render.specs import SpecError

    cv2.setNumThreads(1)
    try:
        photos, total = _photos(args)
        args.out.mkdir(parents=True, exist_ok=True)
        for photo in tqdm(photos, total=total, unit="picture", file=sys.stderr, leave=False):
            rendered = render(photo.scene, photo.view, compress=False)
            path = args.out / photo.file
            write_photo(
                rendered, path, quality=photo.view.jpeg_quality or 95, capture=photo.capture,
                with_truth=not args.pictures_only,
                about={"scene": dataclasses.asdict(photo.scene),
                       "view": dataclasses.asdict(photo.view)},
            )  # fmt: skip
            print(path, flush=True)
    except SpecError as problem:
        print(f"Cannot render: {problem}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        raise
    except OSError as problem:
        print(
            f"Cannot write to {args.out}: {problem.strerror or problem}. Give another --out, or "
            "make room and permission there.",
            file=sys.stderr,
        )
        return 1
    return 0


def _photos(args: argparse.Namespace) -> tuple[Iterator[PlannedPhoto], int]:
    """The pictures to render, and their number."""
    from inference.render.bench import bench_scene
    from inference.render.growth import series
    from inference.render.jpeg_file import CaptureData
    from inference.render.plan import PlannedPhoto, load_plan
    from inference.render.scenes import random_scene, random_view
    from inference.render.specs import check

    check(args.count >= 1, f"--count is 1 or more, not {args.count}.")
    check(args.cracks is None or args.cracks >= 0, f"--cracks is 0 or more, not {args.cracks}.")
    gsd = args.gsd_mm_per_px
    check(args.seed >= 0, f"--seed is 0 or more, not {args.seed}.")
    if args.plan is not None:
        planned = load_plan(args.plan)
        return iter(planned), len(planned)
    if args.kind == "series":
        planned = series(
            args.seed, args.count, args.size, 0.5 if gsd is None else gsd,
            2 if args.cracks is None else args.cracks,
        )  # fmt: skip
        return iter(planned), len(planned)
    if args.kind == "bench":
        return iter([PlannedPhoto("photo_001.jpg", *bench_scene(), CaptureData())]), 1

    def one(number: int) -> PlannedPhoto:
        seed = args.seed * 1_000_003 + number
        free = args.kind == "crack-free"
        width, height = args.size
        scene = random_scene(
            seed, width, height, gsd, 0 if free else args.cracks,
            distractors=1.0 if free else 0.5,
        )  # fmt: skip
        return PlannedPhoto(f"photo_{number:03d}.jpg", scene, random_view(seed), CaptureData())

    return (one(number) for number in range(1, args.count + 1)), args.count


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    try:
        return int(width), int(height)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"a size is width x height in pixels, such as 1600x1200, not {text!r}"
        ) from None
