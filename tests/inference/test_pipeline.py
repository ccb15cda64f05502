"""The whole instrument with the shipped network, on renderings whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.spatial import cKDTree

from inference.imaging.retinex import estimate_illumination
from inference.imaging.tiles import predict_probability
from inference.instrument import Instrument
from inference.measure.identity.matching import match_cracks
from inference.measure.identity.registration import extract_features, register
from inference.measure.scale import ScaleResult
from inference.pipeline import STAGES, AnalysedPhoto, analyse, remeasure
from inference.render.growth import series
from inference.render.photo import render
from inference.render.specs import RenderedPhoto
from inference.runtime.registry import load_model
from inference.types import Analysis, Finding, Quality, Scale

NO_SCALE = ScaleResult()


@dataclass(frozen=True)
class Visit:
    rendered: RenderedPhoto
    found: AnalysedPhoto

    @property
    def analysis(self) -> Analysis:
        return self.found.analysis


@pytest.fixture(scope="module")
def instrument() -> Instrument:
    return Instrument(load_model(threads=2))


@pytest.fixture(scope="module")
def visits(instrument: Instrument) -> list[Visit]:
    """One face with two cracks, photographed twice while they grow."""
    photos = [render(plan.scene, plan.view) for plan in series(1, 2, (960, 720), 0.5, 2)]
    return [
        Visit(
            photo,
            analyse(
                photo.pixels, instrument=instrument, scale=ScaleResult(Scale(photo.gsd_mm_per_px))
            ),
        )
        for photo in photos
    ]


def test_cracks_are_where_they_were_rendered_with_their_width(visits: list[Visit]) -> None:
    for visit in visits:
        truths = visit.rendered.cracks
        assert len(visit.analysis.cracks) == len(truths)
        for truth in truths:
            line = cKDTree(np.asarray(truth.centreline_px, np.float64))
            near = [
                crack
                for crack in visit.analysis.cracks
                if np.median(line.query(crack.trace.centreline_px)[0]) < 2.0
            ]
            assert len(near) == 1
            width_mm = near[0].width_mm
            assert width_mm is not None
            assert width_mm.p95 == pytest.approx(truth.width_mm_p95, abs=3 * width_mm.u)
            assert near[0].trace.length_px == pytest.approx(truth.length_px, rel=0.25)


def test_the_mask_is_the_picture_s_size_and_covers_the_cracks(visits: list[Visit]) -> None:
    visit = visits[0]
    mask = visit.found.mask
    assert mask.shape == visit.rendered.pixels.shape[:2]
    assert set(np.unique(mask)) == {0, 255}
    truth = visit.rendered.mask > 0
    assert (mask[truth] > 0).mean() > 0.6
    assert (mask[~truth] > 0).mean() < 0.02


def test_the_same_cracks_are_known_again_on_the_next_visit(visits: list[Visit]) -> None:
    features = [extract_features(visit.rendered.pixels) for visit in visits]
    found = register(features[0], features[1])
    assert found is not None
    lines = [[crack.trace.centreline_px for crack in v.analysis.cracks] for v in visits]
    matches = match_cracks(lines[1], lines[0], found.homography, size_px=(960, 720))
    assert len(matches) == len(lines[0]) == len(lines[1])
    for match in matches:
        before = visits[0].analysis.cracks[match.known_index].width_mm
        after = visits[1].analysis.cracks[match.new_index].width_mm
        assert before is not None and after is not None
        assert after.p95 > before.p95 - 2 * np.hypot(before.u, after.u)


def test_stages_are_told_in_order_and_timed(visits: list[Visit], instrument: Instrument) -> None:
    told: list[str] = []
    tiles: list[tuple[int, int]] = []
    pixels = visits[0].rendered.pixels[:400, :400]
    found = analyse(
        pixels,
        instrument=instrument,
        scale=NO_SCALE,
        on_stage=told.append,
        on_progress=lambda done, total: tiles.append((done, total)),
    )
    unscreened = tuple(stage for stage in STAGES if stage != "screening")
    assert tuple(told) == unscreened
    assert tuple(found.analysis.timings_ms) == unscreened
    assert found.analysis.tiles is None
    assert tiles[-1] == (1, 1)


def test_what_a_stage_raises_ends_the_work(visits: list[Visit], instrument: Instrument) -> None:
    def stop(stage: str) -> None:
        if stage == "searching":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        analyse(visits[0].rendered.pixels, instrument=instrument, scale=NO_SCALE, on_stage=stop)


def test_without_a_scale_cracks_are_ungraded_with_the_remedy(
    visits: list[Visit], instrument: Instrument
) -> None:
    analysis = analyse(visits[0].rendered.pixels, instrument=instrument, scale=NO_SCALE).analysis
    assert analysis.crack_density_unit == "px/Mpx" and analysis.crack_density > 0
    for crack in analysis.cracks:
        assert crack.width_px is not None and crack.width_mm is None and crack.length_mm is None
        assert crack.not_measurable is not None and crack.not_measurable.code == "no_scale"


def test_another_scale_measures_again_along_the_same_lines(visits: list[Visit]) -> None:
    first = visits[0].analysis
    lines = [(crack.trace.centreline_px, crack.trace.confidence) for crack in first.cracks]
    again = remeasure(
        visits[0].rendered.pixels,
        lines,
        scale=ScaleResult(Scale(first.scale.gsd_mm_per_px * 2 if first.scale else 1.0)),
        model_info=first.model,
        quality=first.quality,
    )
    assert again.model == first.model and "searching" not in again.timings_ms
    for before, after in zip(first.cracks, again.cracks, strict=True):
        assert (after.trace.centreline_px == before.trace.centreline_px).all()
        assert after.trace.confidence == before.trace.confidence
        assert after.width_px == before.width_px
        assert before.width_mm is not None and after.width_mm is not None
        assert after.width_mm.p95 == pytest.approx(2 * before.width_mm.p95)


def test_lines_as_stored_with_two_decimals_give_nearly_the_same_widths(
    visits: list[Visit],
) -> None:
    first = visits[1].analysis
    lines = [(np.round(crack.trace.centreline_px, 2), 0.9) for crack in first.cracks]
    again = remeasure(
        visits[1].rendered.pixels, lines, scale=ScaleResult(first.scale), model_info=first.model
    )
    for before, after in zip(first.cracks, again.cracks, strict=True):
        assert before.width_px is not None and after.width_px is not None
        assert after.width_px.p95 == pytest.approx(before.width_px.p95, abs=0.5 * before.width_px.u)


def test_an_unfit_picture_is_searched_only_on_demand(instrument: Instrument) -> None:
    black = np.zeros((300, 400, 3), np.uint8)
    rejected = analyse(black, instrument=instrument, scale=NO_SCALE)
    assert not rejected.analysis.quality.fit_to_detect
    assert rejected.analysis.quality.reasons and rejected.analysis.cracks == ()
    assert "searching" not in rejected.analysis.timings_ms
    searched = analyse(black, instrument=instrument, scale=NO_SCALE, search_unfit=True)
    assert "searching" in searched.analysis.timings_ms
    assert searched.mask.shape == (300, 400) and not searched.mask.any()


def test_a_picture_not_fit_to_measure_has_lines_without_widths(visits: list[Visit]) -> None:
    first = visits[0].analysis
    blurred = Finding("blurred", {"edge_width_px": 9.2, "limit_px": 8.0})
    again = remeasure(
        visits[0].rendered.pixels,
        [(crack.trace.centreline_px, 0.9) for crack in first.cracks],
        scale=ScaleResult(first.scale),
        model_info=first.model,
        quality=Quality(fit_to_detect=True, fit_to_measure=False, reasons=(blurred,)),
    )
    for crack in again.cracks:
        assert crack.width_px is None and crack.width_mm is None
        assert crack.length_mm is not None
        assert crack.not_measurable is not None and crack.not_measurable.code == "blurred"


@pytest.mark.parametrize("shape", [(1, 1), (5, 900), (130, 131)])
def test_pictures_of_any_shape_go_through(instrument: Instrument, shape: tuple[int, int]) -> None:
    pixels = np.full((*shape, 3), 120, np.uint8)
    found = analyse(pixels, instrument=instrument, scale=ScaleResult(Scale(1.0)), search_unfit=True)
    assert found.mask.shape == shape
    assert found.analysis.image_size_px == (shape[1], shape[0])


def test_the_picture_is_only_read(visits: list[Visit], instrument: Instrument) -> None:
    pixels = visits[0].rendered.pixels[:300, :300].copy()
    pixels.flags.writeable = False
    analyse(pixels, instrument=instrument, scale=NO_SCALE)


def test_the_grid_of_tiles_hardly_matters(visits: list[Visit], instrument: Instrument) -> None:
    pixels = visits[0].rendered.pixels
    model = instrument.network
    even_out = estimate_illumination(pixels).even_out
    marked = [
        predict_probability(pixels, model.predict, even_out=even_out, tile_px=model.tile_px,
                            shift_px=shift_px) >= model.info.threshold * 255
        for shift_px in (0, 101)
    ]  # fmt: skip
    changed = 0
    for one, other in (marked, marked[::-1]):
        places = cKDTree(np.argwhere(other))
        # Farther than a pixel away, diagonals included.
        changed += int((places.query(np.argwhere(one))[0] > 1.5).sum())
    assert changed <= 0.005 * marked[0].sum()
