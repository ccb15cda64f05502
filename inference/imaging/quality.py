"""Decides whether a picture is fit to find cracks in it, and fit to measure their widths.

Plain concrete has few edges, so the usual variance of the Laplacian calls sharp walls
blurred; ``inference.imaging.sharpness`` measures the width of the strong edges instead.
Light is judged on a reduced copy, sharpness on full-resolution patches where the picture
has most contrast: the cost hardly grows with the picture.

Every limit for detection was set on 2,127 real photographs of cracks, of which all but a
few pass, and on the same pictures blurred, fogged, darkened and overexposed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from assets.pictures import MIN_SHORT_SIDE_PX
from inference.imaging.sharpness import Grey, measure_edges, width_in_worst_direction_px
from inference.types import Finding, Quality, RgbImage

_REDUCED_LONG_SIDE_PX = 512
_PATCH_PX = 320
_PATCHES_BY_CONTRAST = 9
_PATCHES_SPREAD = 3
_WHOLE_BELOW_PX = 1_200_000  # below this the whole picture is one patch


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """The limits of quality: for detection first, then for measurement.

    Attributes:
        short_side_px: least short side to search for cracks.
        edge_width_px: largest 10-90 % rise of the strong edges. Worst real photo but one
            7.8, the median real photo blurred by sigma 6 px: 12.
        edge_width_to_measure_px: the same in the worst direction, which motion shows: the
            median real photo blurred by sigma 2 px.
        contrast: least span of brightness (1st to 99th percentile) over its mean. Lowest
            real photo 0.11, the next 0.20; the median photo behind 85 % fog: 0.10.
        edge_contrast: 99.9th percentile of the gradient over the mean level, per pixel. A
            smooth clean wall spans little brightness too, but its crack has edges: low
            contrast needs both. Lowest real photo: 0.038.
        edge_contrast_at_all: below this there is nothing to see, whatever the span.
        brightest_level: least 99th percentile, of 255. Darkest real photo: 73.
        black_share, white_share: largest part at 16 and below, 250 and above. Most on a
            real photo: 0.12 and 0.38.
    """

    short_side_px: int = MIN_SHORT_SIDE_PX
    edge_width_px: float = 8.0
    edge_width_to_measure_px: float = 4.5
    contrast: float = 0.15
    edge_contrast: float = 0.04
    edge_contrast_at_all: float = 0.015
    brightest_level: float = 45.0
    brightest_level_to_measure: float = 65.0
    black_share: float = 0.8
    black_share_to_measure: float = 0.4
    white_share: float = 0.7
    white_share_to_measure: float = 0.4
    noise_to_measure: float = 14.0
    blockiness_to_measure: float = 2.5


LIMITS = QualityLimits()


def assess_quality(pixels: RgbImage, limits: QualityLimits = LIMITS) -> Quality:
    """Judge a picture.

    Args:
        pixels: (H, W, 3) uint8 RGB, untouched.

    Returns:
        Two answers, the reasons for each "no", and the metrics: ``edge_width_px``,
        ``contrast``, ``mean_level``, ``brightest_level``, ``black_share``, ``white_share``,
        ``noise_level`` and ``blockiness`` (levels of 255, shares of 1).
    """
    height, width = pixels.shape[:2]
    if min(height, width) < limits.short_side_px:
        return _too_small(width, height, limits)
    metrics = _light_and_detail(pixels)
    against_detection = _against_detection(metrics, limits)
    codes = {finding.code for finding in against_detection}
    against_measuring = [
        finding for finding in _against_measuring(metrics, limits) if finding.code not in codes
    ]
    return Quality(
        fit_to_detect=not against_detection,
        fit_to_measure=not (against_detection or against_measuring),
        reasons=(*against_detection, *against_measuring),
        metrics={name: round(value, 4) for name, value in metrics.items()},
    )


def _light_and_detail(pixels: RgbImage) -> dict[str, float]:
    """All metrics: light of a reduced copy, detail of full-resolution patches."""
    reduced = _reduced_grey(pixels)
    patches = [
        np.asarray(cv2.cvtColor(np.ascontiguousarray(patch), cv2.COLOR_RGB2GRAY), np.uint8)
        for patch in _choose_patches(pixels, reduced)
    ]
    return {
        "mean_level": float(reduced.mean()),
        "brightest_level": float(np.percentile(reduced, 99)),
        "black_share": float((reduced <= 16).mean()),
        "white_share": float((reduced >= 250).mean()),
        # Fine grain averages out of the reduced copy, a gradient does not fit a patch.
        "contrast": max(_contrast(grey) for grey in (reduced, *patches)),
        **_detail([patch.astype(np.float32) for patch in patches]),
    }


def _contrast(grey: npt.NDArray[np.uint8]) -> float:
    """Span of brightness from the 1st to the 99th percentile, over the mean."""
    darkest, brightest = np.percentile(grey, (1, 99))
    return float(brightest - darkest) / max(float(grey.mean()), 1.0)


def _detail(patches: Sequence[Grey]) -> dict[str, float]:
    """Sharpness, noise and compression of the patches."""
    edges = [measure_edges(patch) for patch in patches]
    # Empty sky and bare paint say nothing about the lens, unless there is nothing else.
    widths = [edge.width_px for edge in edges if edge.strongest >= 1.0]
    widths = widths or [edge.width_px for edge in edges]
    return {
        "edge_width_px": max(float(np.median(widths)), width_in_worst_direction_px(edges)),
        # Part of a photo may lie out of the depth of field: a quarter in focus is searched.
        "edge_width_of_sharp_quarter_px": float(np.percentile(widths, 25)),
        "edge_contrast": max(
            edge.strongest / max(float(patch.mean()), 1.0)
            for patch, edge in zip(patches, edges, strict=True)
        ),
        "noise_level": min(_noise_level(patch) for patch in patches),
        "blockiness": float(np.median([_blockiness(patch) for patch in patches])),
    }


def _choose_patches(pixels: RgbImage, reduced: npt.NDArray[np.uint8]) -> list[RgbImage]:
    """Full-resolution pieces: those with most contrast, and some spread over the picture."""
    height, width = pixels.shape[:2]
    if height * width <= _WHOLE_BELOW_PX:
        return [pixels]
    # A panorama's short side may be less than a patch.
    side_y, side_x = min(_PATCH_PX, height), min(_PATCH_PX, width)
    rows, columns = height // side_y, width // side_x
    grid = cv2.resize(reduced, (columns * 8, rows * 8), interpolation=cv2.INTER_AREA)
    grid = grid.reshape(rows, 8, columns, 8)
    by_contrast = np.argsort(-grid.std(axis=(1, 3)).ravel(), kind="stable")
    spread = np.linspace(0, rows * columns - 1, _PATCHES_SPREAD + 2).astype(int)[1:-1]
    chosen = dict.fromkeys([*by_contrast[:_PATCHES_BY_CONTRAST].tolist(), *spread.tolist()])
    pieces = []
    for cell in chosen:
        y0, x0 = cell // columns * side_y, cell % columns * side_x
        pieces.append(pixels[y0 : y0 + side_y, x0 : x0 + side_x])
    return pieces


def _reduced_grey(pixels: RgbImage) -> npt.NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    reduction = min(1.0, _REDUCED_LONG_SIDE_PX / max(height, width))
    size = (max(1, round(width * reduction)), max(1, round(height * reduction)))
    reduced = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(reduced, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _noise_level(grey: Grey) -> float:
    """Standard deviation of the noise in the quietest tenth of the patch, levels of 255.

    Immerkær, *Fast noise variance estimation*, CVIU 64(2), 1996, by blocks: texture only
    adds, so the quietest blocks are nearest to the camera's own noise.
    """
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
    residual = np.abs(cv2.filter2D(grey, -1, kernel))
    blocks = cv2.resize(
        residual, (grey.shape[1] // 16, grey.shape[0] // 16), interpolation=cv2.INTER_AREA
    )
    return float(np.percentile(blocks, 10) * np.sqrt(np.pi / 2))


def _blockiness(grey: Grey) -> float:
    """How much stronger the steps are on a JPEG's 8-px grid than between; 1 = no grid."""
    ratios = []
    for axis in (0, 1):
        steps = np.abs(np.diff(grey, axis=axis)).mean(axis=1 - axis)
        by_phase = steps[: len(steps) // 8 * 8].reshape(-1, 8).mean(axis=0)
        grid = int(by_phase.argmax())  # a turned photo need not begin on the grid
        others = np.delete(by_phase, [(grid - 1) % 8, grid, (grid + 1) % 8])
        ratios.append((by_phase[grid] + 0.1) / (others.mean() + 0.1))
    return float(np.mean(ratios))


def _too_small(width: int, height: int, limits: QualityLimits) -> Quality:
    finding = Finding(
        "too_small",
        {"width_px": width, "height_px": height, "least_px": limits.short_side_px},
    )
    return Quality(False, False, (finding,), {"short_side_px": float(min(width, height))})


def _blurred(edge_width_px: float, limit_px: float) -> Finding:
    return Finding("blurred", {"edge_width_px": edge_width_px, "limit_px": limit_px})


def _too_dark(metrics: Mapping[str, float]) -> Finding:
    if metrics["black_share"] > 0.4:
        return Finding("too_dark", {"case": "black", "black_share": metrics["black_share"]})
    share = metrics["brightest_level"] / 255
    return Finding("too_dark", {"case": "dim", "brightest_share": share})


def _too_bright(metrics: Mapping[str, float]) -> Finding:
    return Finding("too_bright", {"white_share": metrics["white_share"]})


def _against_detection(metrics: Mapping[str, float], limits: QualityLimits) -> list[Finding]:
    """Why cracks cannot be searched; empty if they can."""
    findings = []
    if (
        metrics["brightest_level"] < limits.brightest_level
        or metrics["black_share"] > limits.black_share
    ):
        findings.append(_too_dark(metrics))
    if metrics["white_share"] > limits.white_share:
        findings.append(_too_bright(metrics))
    if findings:
        return findings  # what cannot be seen is neither sharp nor blurred
    faint = metrics["edge_contrast"] < limits.edge_contrast
    if metrics["contrast"] < limits.contrast and faint:
        findings.append(
            Finding(
                "low_contrast",
                {
                    "case": "photo",
                    "contrast_share": metrics["contrast"],
                    "least_share": limits.contrast,
                },
            )
        )
    width_px = metrics["edge_width_of_sharp_quarter_px"]
    if width_px > limits.edge_width_px:
        findings.append(_blurred(width_px, limits.edge_width_px))
    if not findings and metrics["edge_contrast"] < limits.edge_contrast_at_all:
        findings.append(Finding("no_detail"))
    return findings


def _against_measuring(metrics: Mapping[str, float], limits: QualityLimits) -> list[Finding]:
    """Why widths cannot be measured, beyond what already prevents detection."""
    findings = []
    if (
        metrics["brightest_level"] < limits.brightest_level_to_measure
        or metrics["black_share"] > limits.black_share_to_measure
    ):
        findings.append(_too_dark(metrics))
    if metrics["white_share"] > limits.white_share_to_measure:
        findings.append(_too_bright(metrics))
    if metrics["edge_width_px"] > limits.edge_width_to_measure_px:
        findings.append(_blurred(metrics["edge_width_px"], limits.edge_width_to_measure_px))
    if metrics["noise_level"] > limits.noise_to_measure:
        findings.append(
            Finding(
                "noisy",
                {
                    "noise_levels": metrics["noise_level"],
                    "limit_levels": limits.noise_to_measure,
                },
            )
        )
    if metrics["blockiness"] > limits.blockiness_to_measure:
        findings.append(Finding("compressed"))
    return findings
