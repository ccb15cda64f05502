"""Traces cracks in a map of crack probability, as a person would count them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference.measure.line import centreline
from inference.measure.line.confidence import calibrated_confidence
from inference.measure.line.crossings import collapse_bridges
from inference.measure.line.joining import Line, join_across_gaps, join_through_junctions
from inference.measure.line.skeleton_graph import SkeletonGraph, build_graph
from inference.measure.line.thinning import MAX_HALF_WIDTH_PX, thin
from inference.types import ConfidenceCalibration, CrackTrace, Mask

SPACING_PX = 2.0

# A crack goes on where its probability falls below the threshold, but not below this share of it.
WEAK_SHARE = 0.4
# Holes in the mask up to this area come from noise, not from two cracks side by side.
LARGEST_HOLE_PX2 = 40.0
BAND_ROWS = 512


@dataclass(frozen=True, slots=True)
class TraceLimits:
    """The limits for what counts as one crack; lengths in pixels.

    Attributes:
        min_length_px: shorter pieces are not named a crack.
        longest_gap_px: a crack may fade for so long and stay one.
    """

    min_length_px: float
    longest_gap_px: float

    @staticmethod
    def for_picture(width_px: int, height_px: int) -> TraceLimits:
        """Limits that a person would take who sees the whole picture at once."""
        long_side_px = max(width_px, height_px)
        return TraceLimits(
            min_length_px=float(np.clip(0.045 * long_side_px, 16.0, 56.0)),
            longest_gap_px=float(np.clip(0.035 * long_side_px, 12.0, 40.0)),
        )


def trace_cracks(
    probability_u8: npt.NDArray[np.uint8],
    threshold: float,
    *,
    min_length_px: float | None = None,
    longest_gap_px: float | None = None,
    calibration: ConfidenceCalibration | None = None,
) -> list[CrackTrace]:
    """Cracks as ordered centrelines, longest first.

    Hysteresis threshold, thinning, a graph without spurs, straight on through junctions, across
    small gaps, and out with what is too short or too faint to be named a crack.

    Args:
        probability_u8: (H, W) crack probability times 255.
        threshold: probability of the model's operating point, 0..1.
        min_length_px, longest_gap_px: as in :class:`TraceLimits`; None takes those for a picture
            of this size.
        calibration: of the model; None leaves the mean probability as confidence.
    """
    height, width = probability_u8.shape
    usual = TraceLimits.for_picture(width, height)
    limits = TraceLimits(
        usual.min_length_px if min_length_px is None else min_length_px,
        usual.longest_gap_px if longest_gap_px is None else longest_gap_px,
    )
    mask = _hysteresis(probability_u8, threshold, limits)
    lines = [_shift(line, -1.0) for line in _lines_of_mask(mask, limits)]
    traces = []
    for line in lines:
        points = _smooth_line(line)
        length_px = centreline.length_px(points)
        probability = _mean_probability(probability_u8, points)
        if length_px >= _needed_length_px(limits.min_length_px, probability, threshold):
            confidence = (
                probability
                if calibration is None
                else calibrated_confidence(calibration, probability, length_px)
            )
            traces.append(
                CrackTrace(
                    centreline_px=points.astype(np.float32),
                    length_px=length_px,
                    orientation_deg=centreline.orientation_deg(points),
                    confidence=confidence,
                )
            )
    return sorted(traces, key=lambda trace: -trace.length_px)


def mask_of_traces(
    probability_u8: npt.NDArray[np.uint8], threshold: float, traces: list[CrackTrace]
) -> Mask:
    """The crack mask: pixels above the threshold that belong to a traced crack.

    Args:
        probability_u8: (H, W) crack probability times 255.
        threshold: as for :func:`trace_cracks`.

    Returns:
        (H, W) uint8, 0 or 255. Specks that no crack runs through are left out.
    """
    mask = _above(probability_u8, threshold)
    for trace in traces:
        corners = np.round(trace.centreline_px * 8.0).astype(np.int32)
        cv2.polylines(mask, [corners], False, 255, 1, cv2.LINE_8, shift=3)
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    keep = np.zeros(count, np.uint8)
    height, width = mask.shape
    for trace in traces:
        x, y = np.round(trace.centreline_px).astype(int).T
        keep[labels[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]] = 255
    keep[0] = 0
    for rows in _row_bands(height):
        mask[rows] = keep[labels[rows]]
    return mask


def _above(probability_u8: npt.NDArray[np.uint8], threshold: float) -> Mask:
    _, mask = cv2.threshold(probability_u8, np.ceil(threshold * 255.0) - 1, 255, cv2.THRESH_BINARY)
    return np.asarray(mask, np.uint8)


def _hysteresis(
    probability_u8: npt.NDArray[np.uint8], threshold: float, limits: TraceLimits
) -> Mask:
    """Weak pixels connected to strong ones, framed by one pixel of 0: (H + 2, W + 2).

    The weak map is smoothed by a pixel first: a rough edge makes spurs. Components that could not
    hold a crack even together with their neighbours across a gap are dropped before the costly
    steps, which bounds the work on a noisy map.
    """
    height, width = probability_u8.shape
    mask = np.zeros((height + 2, width + 2), np.uint8)
    weak = np.asarray(cv2.GaussianBlur(probability_u8, (5, 5), 0.9), np.uint8)
    strong = _above(probability_u8, threshold)
    np.maximum(weak, strong, out=weak)
    mask[1:-1, 1:-1] = _above(weak, WEAK_SHARE * threshold)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    strong_px = _strong_px(np.asarray(labels, np.int32)[1:-1, 1:-1], strong, count)
    extent_px = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    keep = (strong_px >= 4) & (extent_px >= 0.35 * limits.min_length_px)
    keep[0] = False
    table = keep.astype(np.uint8) * 255
    for rows in _row_bands(height + 2):
        mask[rows] = table[labels[rows]]
    _fill_small_holes(mask)
    return mask


def _strong_px(labels: npt.NDArray[np.int32], strong: Mask, count: int) -> npt.NDArray[np.intp]:
    """How many strong pixels each of ``count`` components has."""
    strong_px = np.zeros(count, np.intp)
    for rows in _row_bands(strong.shape[0]):
        # A list: numpy's nonzero costs ten times as much here.
        found = cv2.findNonZero(strong[rows])
        if found is not None:
            x, y = found[:, 0, :].T
            strong_px += np.bincount(labels[rows][y, x], minlength=count)
    return strong_px


def _row_bands(height: int) -> Iterator[slice]:
    """Rows in bands: what is computed of all labels at once would hold copies of the picture with
    eight bytes a pixel."""
    for top in range(0, height, BAND_ROWS):
        yield slice(top, top + BAND_ROWS)


def _fill_small_holes(mask: Mask) -> None:
    outlines, hierarchy = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if hierarchy is None:
        return
    holes = [
        outline
        for outline, (_, _, _, parent) in zip(outlines, hierarchy[0], strict=True)
        if parent >= 0 and cv2.contourArea(outline) <= LARGEST_HOLE_PX2
    ]
    cv2.drawContours(mask, holes, -1, 255, cv2.FILLED)


def _lines_of_mask(mask: Mask, limits: TraceLimits) -> list[Line]:
    """Lines on the pixel grid of a framed mask."""
    half_width_px = _half_width_px(mask)
    if (half_width_px > MAX_HALF_WIDTH_PX).any():
        mask = _without_blobs(mask, half_width_px)
        half_width_px = _half_width_px(mask)
    graph = build_graph(thin(mask), (mask.shape[0], mask.shape[1]), half_width_px)
    _tidy(graph, limits)
    lines = join_through_junctions(graph)
    # A short piece between or beside junctions is roughness of a junction, not a branch.
    lines = [
        line
        for line in lines
        if any(line.free) or centreline.length_px(line.points) >= 0.7 * limits.min_length_px
    ]
    return join_across_gaps(lines, limits.longest_gap_px)


def _half_width_px(mask: Mask) -> npt.NDArray[np.uint8]:
    """(H, W) distance of each pixel of a mask to the outside, counted in steps, up to 255."""
    return np.asarray(cv2.distanceTransform(mask, cv2.DIST_L1, 3, dstType=cv2.CV_8U), np.uint8)


def _without_blobs(mask: Mask, half_width_px: npt.NDArray[np.uint8]) -> Mask:
    """The mask without areas too thick to be a crack, and without what hangs on them.

    A network that marks a whole wall has not seen a crack there.
    """
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    keep = np.full(count, 255, np.uint8)
    keep[labels[half_width_px > MAX_HALF_WIDTH_PX]] = 0
    kept = mask.copy()
    for rows in _row_bands(mask.shape[0]):
        kept[rows] &= keep[labels[rows]]
    return kept


def _tidy(graph: SkeletonGraph, limits: TraceLimits) -> None:
    graph.drop_small_loops(2.0 * limits.min_length_px)
    graph.prune_spurs(0.7 * limits.min_length_px)
    collapse_bridges(graph)
    graph.drop_small_loops(2.0 * limits.min_length_px)
    graph.prune_spurs(0.7 * limits.min_length_px)
    for node in list(graph.at_node):
        graph.straighten(node)


def _smooth_line(line: Line) -> centreline.Points:
    """Even spacing, and the staircase of the pixel grid taken out."""
    sigma_px = float(np.clip(1.0 + 0.5 * np.median(line.half_width_px), 2.0, 6.0))
    dense = centreline.resample(line.points, 1.0)
    return centreline.resample(centreline.smooth(dense, sigma_px), SPACING_PX)


def _shift(line: Line, by_px: float) -> Line:
    return Line(line.points + by_px, line.half_width_px, line.free)


def _mean_probability(probability_u8: npt.NDArray[np.uint8], points: centreline.Points) -> float:
    """Mean probability along the line, the best of 3 x 3 pixels at each point."""
    height, width = probability_u8.shape
    x, y = np.round(points).astype(int).T
    best = np.zeros(len(points), np.uint8)
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            here = probability_u8[np.clip(y + dy, 0, height - 1), np.clip(x + dx, 0, width - 1)]
            np.maximum(best, here, out=best)
    return float(best.mean() / 255.0)


def _needed_length_px(min_length_px: float, probability: float, threshold: float) -> float:
    """A faint line must be longer than a clear one: up to three times at the threshold itself."""
    margin = np.clip((probability - threshold) / max(0.9 - threshold, 0.05), 0.0, 1.0)
    return float(min_length_px * (3.0 - 2.0 * margin))
