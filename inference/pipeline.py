"""The pipeline from a photo to measured cracks: five stages, from top to bottom.

Knows no database and no files: pixels and a model in, an :class:`~inference.types.Analysis` out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt

from inference.imaging.jpeg_rounding import JpegRounding
from inference.imaging.quality import assess_quality
from inference.imaging.retinex import Illumination, estimate_illumination
from inference.imaging.screening import screen_picture
from inference.imaging.tiles import Tile, plan_tiles
from inference.instrument import Instrument
from inference.measure.areas import measure_areas
from inference.measure.cracks import measure_cracks
from inference.measure.line import centreline
from inference.measure.line.density import crack_density
from inference.measure.line.ridge import follow_darkness
from inference.measure.line.trace import mask_of_traces, trace_cracks
from inference.measure.scale import ScaleResult
from inference.runtime import ClassificationModel
from inference.search import search
from inference.types import (
    Analysis,
    CrackMeasurement,
    CrackTrace,
    Mask,
    ModelInfo,
    Polyline,
    Quality,
    Region,
    RgbImage,
    Scale,
    TilesSkipped,
)

# "screening" only where there is a screen.
STAGES = ("quality", "light", "screening", "searching", "tracing", "measuring")

OnStage = Callable[[str], None]
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class AnalysedPhoto:
    """An analysis and the crack mask, (H, W) uint8, 0 or 255."""

    analysis: Analysis
    mask: Mask


def analyse(
    pixels: RgbImage,
    *,
    instrument: Instrument,
    scale: ScaleResult,
    rounding: JpegRounding | None = None,
    on_stage: OnStage | None = None,
    on_progress: OnProgress | None = None,
    search_unfit: bool = False,
) -> AnalysedPhoto:
    """Finds the cracks of one photo and measures them.

    Args:
        pixels: (H, W, 3) uint8 sRGB, upright; only read.
        instrument: the networks.
        scale: as :func:`inference.measure.scale.resolve_scale` found it; without one there are no
            millimetres, with the reason in each crack. Its cards are not searched for cracks.
        rounding: of the JPEG that the pixels come from (``DecodedPicture.rounding``); None where
            they come from none, or were changed since.
        on_stage: called with each of :data:`STAGES` as it begins; what it raises ends the work.
        on_progress: called with (tiles done, tiles in all) while the network works.
        search_unfit: search a picture for cracks even where its quality says it cannot be done;
            otherwise such a picture has an analysis without cracks, and ``quality`` the reasons.
    """
    clock = _Clock(on_stage)
    model, screen = instrument.network, instrument.screen
    with clock.stage("quality"):
        quality = assess_quality(pixels)
    if not (quality.fit_to_detect or search_unfit):
        nothing = np.zeros(pixels.shape[:2], np.uint8)
        return AnalysedPhoto(
            _analysis(pixels, quality, scale.scale, model.info, [], clock), nothing
        )

    with clock.stage("light"):
        illumination = estimate_illumination(pixels)
    plan = plan_tiles(pixels.shape[1], pixels.shape[0], model.tile_px)
    tiles, info, skipped = plan, model.info, None
    if screen is not None:
        with clock.stage("screening"):
            tiles = _tiles_in_doubt(pixels, plan, screen, illumination)
        info = replace(info, runtime=f"{info.runtime}+screen")
        skipped = TilesSkipped(len(plan) - len(tiles), len(plan))
    with clock.stage("searching"):
        probability_u8 = search(pixels, model, illumination, tiles=tiles, on_progress=on_progress)
        _blank(probability_u8, scale.card_areas_px)
    with clock.stage("tracing"):
        found = trace_cracks(
            probability_u8, model.info.threshold, calibration=model.info.confidence
        )
        mask = mask_of_traces(probability_u8, model.info.threshold, found)
        traces = [_on_darkest_line(pixels, trace) for trace in found]
    with clock.stage("measuring"):
        cracks = measure_cracks(
            pixels,
            traces,
            scale=scale,
            quality=quality,
            rounding=rounding,
        )
    analysis = _analysis(pixels, quality, scale.scale, info, cracks, clock)
    return AnalysedPhoto(replace(analysis, tiles=skipped), mask)


def remeasure(
    pixels: RgbImage,
    centrelines: Sequence[tuple[Polyline, float]],
    *,
    regions: Sequence[Region] = (),
    scale: ScaleResult,
    model_info: ModelInfo,
    quality: Quality | None = None,
    rounding: JpegRounding | None = None,
    on_stage: OnStage | None = None,
) -> Analysis:
    """Measures stored lines and regions again, for example under another scale: no network.

    They stay as they are, in their order; only widths and millimetres are new.

    Args:
        centrelines: of each crack the line, pixels of the upright picture, and its confidence.
        regions: the stored ones.
        model_info: of the network that found the lines.
        quality: as assessed before; None assesses it again.
        scale, rounding: as in :func:`analyse`.
    """
    clock = _Clock(on_stage)
    if quality is None:
        with clock.stage("quality"):
            quality = assess_quality(pixels)
    with clock.stage("measuring"):
        traces = [_trace_of(line, confidence) for line, confidence in centrelines]
        cracks = measure_cracks(
            pixels,
            traces,
            scale=scale,
            quality=quality,
            rounding=rounding,
        )
        areas = measure_areas(regions, scale.scale)
    return replace(
        _analysis(pixels, quality, scale.scale, model_info, cracks, clock), regions=areas
    )


def _tiles_in_doubt(
    pixels: RgbImage,
    plan: Sequence[Tile],
    screen: ClassificationModel,
    illumination: Illumination,
) -> list[Tile]:
    """The tiles in which the screen suspects a crack."""
    crack = screen.classes.index("crack")
    screening = screen_picture(
        pixels,
        lambda patches: screen.predict(patches)[:, crack],
        screen.patch_px,
        even_out=illumination.even_out,
    )
    return screening.needed(plan, screen.info.threshold)


def _blank(probability_u8: Mask, outlines_px: Sequence[npt.NDArray[np.float64]]) -> None:
    """No crack inside these outlines; an outline that runs through the horizon is left alone."""
    for outline in outlines_px:
        if np.isfinite(outline).all():
            corners = np.clip(np.round(outline), -(2**15), 2**15).astype(np.int32)
            cv2.fillPoly(probability_u8, [corners], 0)


def _on_darkest_line(pixels: RgbImage, trace: CrackTrace) -> CrackTrace:
    line = follow_darkness(pixels, trace.centreline_px)
    return _trace_of(line, trace.confidence)


def _trace_of(line: Polyline, confidence: float) -> CrackTrace:
    points: npt.NDArray[np.float64] = np.asarray(line, np.float64)
    return CrackTrace(
        centreline_px=np.asarray(line, np.float32),
        length_px=centreline.length_px(points),
        orientation_deg=centreline.orientation_deg(points),
        confidence=confidence,
    )


def _analysis(
    pixels: RgbImage,
    quality: Quality,
    scale: Scale | None,
    model: ModelInfo,
    cracks: Sequence[CrackMeasurement],
    clock: _Clock,
) -> Analysis:
    image_size_px = (int(pixels.shape[1]), int(pixels.shape[0]))
    total_px = sum(crack.trace.length_px for crack in cracks)
    density, unit = crack_density(total_px, image_size_px, scale)
    return Analysis(
        image_size_px=image_size_px,
        quality=quality,
        scale=scale,
        model=model,
        cracks=tuple(cracks),
        regions=(),
        crack_density=density,
        crack_density_unit=unit,
        timings_ms=dict(clock.timings_ms),
    )


@dataclass(slots=True)
class _Clock:
    """Tells of each stage as it begins and keeps how long it took."""

    on_stage: OnStage | None
    timings_ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        if self.on_stage is not None:
            self.on_stage(name)
        started = time.perf_counter()
        yield
        self.timings_ms[name] = (time.perf_counter() - started) * 1000.0
