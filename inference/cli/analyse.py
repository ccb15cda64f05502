"""``python -m inference analyse``: measures the cracks in photos. Needs no database."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.coverage import expanded
from assets.findings import Finding, say
from inference.cli._scale_options import (
    add_scale_arguments,
    inputs_of,
    profiles_of,
    scale_as_json,
)

if TYPE_CHECKING:
    from assets.severity import Graded
    from inference.cli._grading import GradedAnalysis
    from inference.imaging.exif import PhotoMetadata
    from inference.instrument import Instrument
    from inference.measure.scale import ScaleResult
    from inference.types import (
        CrackMeasurement,
        Mask,
        Polyline,
        Region,
        RgbImage,
        WidthStatistics,
    )

HELP = "Find and measure the cracks in photos; prints one line of JSON for each photo."
OVERLAY_JPEG_QUALITY = 90
# The instrument shares a machine with others: two threads for what is not the network.
OPENCV_THREADS = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("photos", type=Path, nargs="+", metavar="PHOTO",
                        help="picture file: JPEG, PNG, TIFF, WebP or HEIC")  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="DIR",
                        help="also write STEM.mask.png and STEM.overlay.jpg into this folder, "
                        "which is made if it is missing")  # fmt: skip
    parser.add_argument("--model", metavar="NAME",
                        help="name of the model; `python -m inference models` lists them "
                        "(default: HAIRLINE_MODEL, or the default model)")  # fmt: skip
    parser.add_argument("--no-screen", action="store_true",
                        help="search every part of a photo, also parts in which the screening "
                        "network sees no crack (HAIRLINE_SCREEN=off does the same)")  # fmt: skip
    parser.add_argument("--threads", type=_threads, metavar="N",
                        help="number of processor threads for the network")  # fmt: skip
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto",
                        help="what the network computes on (default: auto, a GPU if there "
                        "is one)")  # fmt: skip
    add_scale_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Analyse; 1 where a photo could not be, with an error line for it."""
    import cv2
    from tqdm import tqdm

    from inference.instrument import Instrument
    from inference.measure.scale import resolve_scale
    from inference.runtime.card import ModelError
    from inference.runtime.registry import find_screen, load_classifier, load_model

    cv2.setNumThreads(OPENCV_THREADS)
    try:
        inputs, profiles = inputs_of(args), profiles_of(args)
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 1

    def find_scale(pixels: RgbImage, exif: PhotoMetadata) -> ScaleResult:
        return resolve_scale(pixels, exif, inputs, profiles)

    try:
        if args.out is not None:
            _prepare_folder(args.out)
        model = load_model(
            args.model or os.environ.get("HAIRLINE_MODEL"),
            threads=args.threads,
            device=None if args.device == "auto" else args.device,
        )
        card = None if args.no_screen or not _screen_wanted() else find_screen()
        screen = None if card is None else load_classifier(card.name, threads=args.threads)
    except OSError as problem:
        print(f"Cannot write to {args.out}: {problem.strerror or problem}. Give another --out, or "
              "make room and permission there.", file=sys.stderr)  # fmt: skip
        return 1
    except ModelError as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"Model {model.info.name}: {model.info.terms}", file=sys.stderr)
    stems = unique_stems(args.photos)
    failed = False
    with tqdm(total=len(args.photos), unit="photo", disable=not sys.stderr.isatty()) as bar:
        for path, stem in zip(args.photos, stems, strict=True):
            line = _analyse_file(
                path, Instrument(model, screen), find_scale, args.out, stem, bar.set_postfix_str
            )
            failed |= "error" in line
            # The bar steps aside, and each line can be read as soon as it is there.
            tqdm.write(json.dumps(line, allow_nan=False), file=sys.stdout)
            sys.stdout.flush()
            bar.update()
    return int(failed)


def _screen_wanted() -> bool:
    """Whether the environment leaves screening on, read as the site's settings read it."""
    return os.environ.get("HAIRLINE_SCREEN", "on").lower() in {"1", "true", "on", "yes", "y", "ok"}


def unique_stems(photos: Sequence[Path]) -> list[str]:
    """A stem for the files of each photo, so that none overwrites another's.

    The first photo of a name keeps it; a second ``DSC_1.jpg`` of another folder gets ``DSC_1-2``.
    Letters of either case count as the same, as they do on some disks.
    """
    taken = {photo.stem.casefold() for photo in photos}
    seen: set[str] = set()
    stems = []
    for photo in photos:
        stem, number = photo.stem, 2
        if stem.casefold() in seen:
            while f"{photo.stem}-{number}".casefold() in taken:
                number += 1
            stem = f"{photo.stem}-{number}"
            taken.add(stem.casefold())
        seen.add(stem.casefold())
        stems.append(stem)
    return stems


def _analyse_file(
    path: Path,
    instrument: Instrument,
    find_scale: Callable[[RgbImage, PhotoMetadata], ScaleResult],
    out: Path | None,
    stem: str,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """The line of one photo: its analysis, or why there is none."""
    from inference.cli._grading import grade_analysis
    from inference.imaging.decode import PictureError, decode_picture
    from inference.pipeline import analyse

    started = time.perf_counter()
    try:
        tell(f"reading {path.name}")
        picture = decode_picture(path)
        pixels = picture.pixels
        decoded = time.perf_counter()
        tell("scale")
        result = find_scale(pixels, picture.metadata)
        found = analyse(
            pixels,
            instrument=instrument,
            scale=result,
            rounding=picture.rounding,
            on_stage=tell,
            on_progress=lambda done, total: tell(f"searching {done}/{total}"),
            search_unfit=True,
        )
    except PictureError as problem:
        return _error(path, problem.finding)
    except OSError as problem:
        return _error(path, Finding("not_readable", {"path": str(path), "error": _why(problem)}))
    except MemoryError:
        return _error(path, Finding("out_of_memory", {"case": "command_line"}))
    graded = grade_analysis(found.analysis)
    line = as_json(path, graded)
    line["scale"] = scale_as_json(result)
    line["scale_refusals"] = [_finding(refused) for refused in result.refusals]
    if out is not None:
        tell("writing")
        try:
            line["files"] = _write_pictures(pixels, found.mask, graded, out, stem)
        except OSError as problem:
            values = {"folder": str(out), "error": _why(problem)}
            return _error(path, Finding("not_written", values))
    decode_ms, total_ms = decoded - started, time.perf_counter() - started
    timings = {"decode": decode_ms * 1e3, **found.analysis.timings_ms, "total": total_ms * 1e3}
    line["timings_ms"] = {name: round(ms, 1) for name, ms in timings.items()}
    return line


def as_json(path: Path, graded: GradedAnalysis) -> dict[str, Any]:
    """An analysis as the command prints it, all but the timings."""
    analysis = graded.analysis
    return {
        "photo": str(path),
        "image_size_px": list(analysis.image_size_px),
        "quality": {
            "fit_to_detect": analysis.quality.fit_to_detect,
            "fit_to_measure": analysis.quality.fit_to_measure,
            "reasons": [_finding(reason) for reason in analysis.quality.reasons],
            "metrics": {
                name: _number(value, 4) for name, value in analysis.quality.metrics.items()
            },
        },
        "gsd_mm_per_px": None if analysis.scale is None else analysis.scale.gsd_mm_per_px,
        "model": analysis.model.name,
        "model_sha256": analysis.model.sha256,
        "model_terms": analysis.model.terms,
        "tiles": None
        if analysis.tiles is None
        else {"planned": analysis.tiles.planned, "skipped": analysis.tiles.skipped},
        "cracks": [
            _crack(crack, grade)
            for crack, grade in zip(analysis.cracks, graded.grades, strict=True)
        ],
        "kinds_sought": list(analysis.model.kinds),
        "regions": [
            _region(region, state)
            for region, state in zip(analysis.regions, graded.region_states, strict=True)
        ],
        "crack_density": {
            "value": _number(analysis.crack_density, 3),
            "unit": analysis.crack_density_unit,
        },
    }


def _crack(crack: CrackMeasurement, grade: Graded) -> dict[str, Any]:
    from inference.measure.width.facts import facts_of, profile_of

    trace = crack.trace
    profile = profile_of(crack)
    return {
        "centreline_px": _points(trace.centreline_px),
        "length_px": _number(trace.length_px, 1),
        "length_mm": None if crack.length_mm is None else _number(crack.length_mm, 2),
        "width_px": _widths(crack.width_px, 3),
        "width_mm": _widths(crack.width_mm, 4),
        "not_measurable": None if crack.not_measurable is None else _finding(crack.not_measurable),
        "orientation_deg": _number(trace.orientation_deg, 1),
        "confidence": _number(trace.confidence, 3),
        "severity": grade.severity,
        "states": None
        if grade.states is None
        else {code: _number(share, 4) for code, share in grade.states.items()},
        "width_facts": facts_of(crack, profile),
        "profile": profile,
    }


def _region(region: Region, state: str | None) -> dict[str, Any]:
    surface = region.surface
    return {
        "kind": region.kind,
        "outline_px": _points(region.outline_px),
        "area_px": _number(region.area_px, 1),
        "area_mm2": _stated(surface.area_mm2, surface.area_mm2_u) if surface else None,
        "extent_mm": _stated(surface.extent_mm, surface.extent_mm_u) if surface else None,
        "confidence": _number(region.confidence, 3),
        "severity": state,
    }


def _points(line: Polyline) -> list[list[float]]:
    return [[round(float(x), 2), round(float(y), 2)] for x, y in line]


def _stated(value: float, u: float) -> dict[str, float | None]:
    """A size with its standard and its expanded uncertainty."""
    return {"value": _number(value, 2), "u": _number(u, 3), "U": _number(expanded(u), 3)}


def _widths(widths: WidthStatistics | None, decimals: int) -> dict[str, float | None] | None:
    if widths is None:
        return None
    return {
        name: _number(getattr(widths, name), decimals) for name in ("p50", "p95", "max", "u", "U")
    }


def _finding(finding: Finding) -> dict[str, Any]:
    """The facts as a worker stores them, and the sentence that they read as in English."""
    told = say(finding)
    return {**finding.as_stored(), "sentence": told.sentence, "remedy": told.remedy}


def _number(value: float, decimals: int) -> float | None:
    """Rounded; None for what JSON has no number for."""
    return round(float(value), decimals) if math.isfinite(value) else None


def _error(path: Path, finding: Finding) -> dict[str, Any]:
    return {"photo": str(path), "error": _finding(finding)}


def _why(problem: OSError) -> str:
    return problem.strerror or str(problem)


def _write_pictures(
    pixels: RgbImage, lines: Mask, graded: GradedAnalysis, out: Path, stem: str
) -> dict[str, str]:
    """The mask, 0 or 255 in the photo's own upright size, and the overlay; their paths."""
    import cv2

    from inference.imaging.overlay import draw_overlay

    mask, overlay = out / f"{stem}.mask.png", out / f"{stem}.overlay.jpg"
    _write_whole(mask, ".png", lines, [])
    rgb = draw_overlay(pixels, graded.analysis, graded.levels)
    drawn = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    _write_whole(overlay, ".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, OVERLAY_JPEG_QUALITY])
    return {"mask": str(mask), "overlay": str(overlay)}


def _write_whole(path: Path, kind: str, picture: Any, options: list[int]) -> None:
    """Writes a picture so that the file is whole or not there."""
    import cv2

    done, data = cv2.imencode(kind, picture, options)
    if not done:
        raise OSError(0, f"a picture of {picture.shape[1]}x{picture.shape[0]} is too large for it")
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data.tobytes())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _prepare_folder(out: Path) -> None:
    """Makes the folder and tries to write in it, before any photo is worked on."""
    out.mkdir(parents=True, exist_ok=True)
    trial = out / ".hairline-trial"
    trial.write_bytes(b"")
    trial.unlink()


def _threads(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"threads are 1 or more, not {text!r}")
    return int(text)
