"""Can cracks be found in this picture, and can their widths be measured? Two answers.

Plain concrete has few edges, so the usual variance of the Laplacian calls sharp walls
blurred. Sharpness is taken from the strongest edges instead: how much a known extra blur
weakens them tells how blurred they already were (Zhuo and Sim, *Defocus map estimation
from a single image*, Pattern Recognition 44(9), 2011). The answer is a width in pixels,
whatever the scene. Fine grain lowers it, so it errs towards letting a photo pass.

Light is judged on a reduced copy, sharpness on full-resolution patches where the picture
has most contrast: the cost hardly grows with the picture.

Every limit for detection was set on 2,127 real photographs of cracks, of which all but a
few pass, and on the same pictures blurred, fogged, darkened and overexposed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference.types import Finding, Quality, RgbImage

Grey = npt.NDArray[np.float32]  # (H, W), sRGB levels 0..255

_REDUCED_LONG_SIDE_PX = 512
_PATCH_PX = 320
_PATCHES_BY_CONTRAST = 9
_PATCHES_SPREAD = 3
_WHOLE_BELOW_PX = 1_200_000  # below this the whole picture is one patch

# 10 to 90 % rise of an edge blurred by a Gaussian, per standard deviation.
_RISE_PER_SIGMA = 2.563


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """Where pictures stop being fit; detection first, then measurement.

    Attributes:
        short_side_px: least short side to search for cracks.
        edge_width_px: largest 10-90 % rise of the strong edges. Worst real photo 7.9, the
            median real photo blurred by sigma 6 px: 11.5.
        contrast: least span of brightness (1st to 99th percentile) over its mean. Lowest
            real photo 0.11, the next 0.20; the median photo behind 85 % fog: 0.10.
        edge_contrast: a smooth clean wall spans little too, but its crack has edges: least
            0.1 % strongest gradient over the mean, per pixel, that counts as detail.
        brightest_level: least 99th percentile, of 255. Darkest real photo: 73.
        black_share, white_share: largest part at 16 and below, 250 and above. Most on a
            real photo: 0.12 and 0.38.
    """

    short_side_px: int = 128
    edge_width_px: float = 8.0
    edge_width_to_measure_px: float = 4.5
    contrast: float = 0.15
    edge_contrast: float = 0.04
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
    metrics = _light(pixels) | _detail(pixels)
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


def _light(pixels: RgbImage) -> dict[str, float]:
    """Levels and contrast of a reduced copy."""
    reduced = _reduced_grey(pixels)
    mean = float(reduced.mean())
    darkest, brightest = (float(level) for level in np.percentile(reduced, (1, 99)))
    return {
        "mean_level": mean,
        "brightest_level": brightest,
        "contrast": (brightest - darkest) / max(mean, 1.0),
        "black_share": float((reduced <= 16).mean()),
        "white_share": float((reduced >= 250).mean()),
    }


def _detail(pixels: RgbImage) -> dict[str, float]:
    """Sharpness, noise and compression of the patches."""
    patches = [
        cv2.cvtColor(np.ascontiguousarray(patch), cv2.COLOR_RGB2GRAY).astype(np.float32)
        for patch in _choose_patches(pixels)
    ]
    edges = [_edges(patch) for patch in patches]
    # Empty sky and bare paint say nothing about the lens.
    widths = [width for width, strength in edges if strength >= 1.0]
    return {
        "edge_width_px": float(np.median(widths)) if widths else 0.0,
        # Part of a photo may lie out of the depth of field: a quarter in focus is searched.
        "edge_width_of_sharp_quarter_px": float(np.percentile(widths, 25)) if widths else 0.0,
        "edge_contrast": max(
            strength / max(float(patch.mean()), 1.0)
            for patch, (_, strength) in zip(patches, edges, strict=True)
        ),
        "noise_level": min(_noise_level(patch) for patch in patches),
        "blockiness": float(np.median([_blockiness(patch) for patch in patches])),
    }


def _choose_patches(pixels: RgbImage) -> list[RgbImage]:
    """Full-resolution pieces: those with most contrast, and some spread over the picture."""
    height, width = pixels.shape[:2]
    if height * width <= _WHOLE_BELOW_PX:
        return [pixels]
    # A panorama's short side may be less than a patch.
    side_y, side_x = min(_PATCH_PX, height), min(_PATCH_PX, width)
    rows, columns = height // side_y, width // side_x
    grid = cv2.resize(
        _reduced_grey(pixels), (columns * 8, rows * 8), interpolation=cv2.INTER_AREA
    ).reshape(rows, 8, columns, 8)
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


def _edges(grey: Grey) -> tuple[float, float]:
    """Width of the strong edges in px (10-90 % rise), and the gradient of the strongest.

    At two scales, taking the wider answer: noise on a blurred picture looks like sharp
    edges to the fine scale only.
    """
    fine, middle, coarse = (_gradient(grey, sigma) for sigma in (1.0, 2.0, 4.0))
    sigma_px = max(_edge_sigma_px(fine, middle, 1.0, 2.0), _edge_sigma_px(middle, coarse, 2.0, 4.0))
    return sigma_px * _RISE_PER_SIGMA, float(np.percentile(fine, 99.9))


def _gradient(grey: Grey, sigma_px: float) -> Grey:
    """Gradient magnitude of the blurred picture, levels per pixel."""
    blurred = cv2.GaussianBlur(grey, (0, 0), sigma_px)
    along_x = cv2.Sobel(blurred, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    along_y = cv2.Sobel(blurred, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    return np.asarray(cv2.magnitude(along_x, along_y), dtype=np.float32)


def _edge_sigma_px(less: Grey, more: Grey, sigma_less: float, sigma_more: float) -> float:
    """Median blur of the strongest edges, as the sigma of a Gaussian.

    A step blurred by s has, blurred again by a, a gradient that goes with 1 / sqrt(s² + a²);
    two values of a give s.

    Args:
        less, more: gradient magnitudes after blurs of ``sigma_less`` and ``sigma_more`` px.
    """
    ridge = (less >= np.percentile(less, 98)) & (less >= 0.95 * cv2.dilate(less, np.ones((3, 3))))
    ratio_squared = (less[ridge] / np.maximum(more[ridge], 1e-6)) ** 2
    ratio_squared = np.maximum(ratio_squared, 1.0001)  # neighbours can strengthen an edge
    sigma_squared = (sigma_more**2 - ratio_squared * sigma_less**2) / (ratio_squared - 1)
    return float(np.sqrt(np.clip(np.median(sigma_squared), 0.0, 400.0)))


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
        f"Too small: the photo has {width} × {height} px; its short side needs "
        f"{limits.short_side_px} px.",
        "Send the original photo, not a preview of it.",
    )
    return Quality(False, False, (finding,), {"short_side_px": float(min(width, height))})


def _blurred(edge_width_px: float, limit_px: float) -> Finding:
    return Finding(
        "blurred",
        f"Blurred: edges are {edge_width_px:.1f} px wide; {limit_px:g} px is the limit.",
        "Hold the phone against the pier or add light.",
    )


def _too_dark(metrics: Mapping[str, float]) -> Finding:
    if metrics["black_share"] > 0.4:
        what = f"{metrics['black_share']:.0%} of the photo is black."
    else:
        what = f"its brightest part reaches {metrics['brightest_level'] / 255:.0%} of white."
    return Finding("too_dark", f"Too dark: {what}", "Use the flash or a lamp, or expose longer.")


def _too_bright(metrics: Mapping[str, float]) -> Finding:
    return Finding(
        "too_bright",
        f"Too bright: {metrics['white_share']:.0%} of the photo is burnt out to white.",
        "Lower the exposure, and keep sun and flash from shining straight on the surface.",
    )


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
    if metrics["contrast"] < limits.contrast and metrics["edge_contrast"] < limits.edge_contrast:
        findings.append(
            Finding(
                "low_contrast",
                f"Too little contrast: brightness varies by {metrics['contrast']:.0%} over the "
                f"photo; {limits.contrast:.0%} is the least.",
                "Wipe the lens, wait for fog or dust to clear, or light the surface from the side.",
            )
        )
    width_px = metrics["edge_width_of_sharp_quarter_px"]
    if width_px > limits.edge_width_px:
        findings.append(_blurred(width_px, limits.edge_width_px))
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
                f"Noisy: neighbouring pixels differ by {metrics['noise_level']:.0f} levels of 255 "
                f"without cause; {limits.noise_to_measure:g} is the limit for widths.",
                "Add light so that the camera can use a lower ISO setting.",
            )
        )
    if metrics["blockiness"] > limits.blockiness_to_measure:
        findings.append(
            Finding(
                "compressed",
                "Compressed too far: the 8-pixel blocks of the JPEG stand out, so widths "
                "would be those of the blocks.",
                "Send the original from the camera, not a copy from a messenger.",
            )
        )
    return findings
