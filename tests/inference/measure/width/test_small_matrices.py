"""One BLAS thread while widths are measured, and all of them again afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import scipy.linalg  # noqa: F401 - loads its own BLAS
from threadpoolctl import ThreadpoolController, threadpool_limits

from inference.measure import cracks
from inference.measure.scale import ScaleResult
from inference.measure.width.small_matrices import on_one_blas_thread
from inference.measure.width.widths import measure_widths
from inference.types import CrackTrace, Quality
from tests.inference.measure.width.strips import draw_strip


def blas_threads() -> set[int]:
    return {each["num_threads"] for each in ThreadpoolController().select(user_api="blas").info()}


@pytest.fixture
def three_threads():
    """As on a machine with three cores: the tests' own may have one."""
    with threadpool_limits(limits=3, user_api="blas"):
        yield


@pytest.mark.usefixtures("three_threads")
def test_the_work_sees_one_thread_and_what_follows_all_of_them():
    assert blas_threads() == {3}
    assert on_one_blas_thread(blas_threads)() == {1}
    assert blas_threads() == {3}


@pytest.mark.usefixtures("three_threads")
def test_work_that_fails_gives_them_back():
    @on_one_blas_thread
    def fails() -> None:
        raise ValueError("no clear stretch")

    with pytest.raises(ValueError, match="no clear stretch"):
        fails()
    assert blas_threads() == {3}


@pytest.mark.usefixtures("three_threads")
def test_work_beside_it_in_another_thread_neither_waits_nor_keeps_the_limit():
    with ThreadPoolExecutor(1) as other:

        @on_one_blas_thread
        def first() -> set[int]:
            return other.submit(on_one_blas_thread(blas_threads)).result(10)

        assert first() == {1}
    assert blas_threads() == {3}


@pytest.mark.usefixtures("three_threads")
def test_work_within_work_gives_them_back_once():
    outer = on_one_blas_thread(lambda: (on_one_blas_thread(blas_threads)(), blas_threads()))
    assert outer() == ({1}, {1})
    assert blas_threads() == {3}


@pytest.mark.usefixtures("three_threads")
def test_cracks_are_measured_on_one(monkeypatch):
    strip = draw_strip(4.0)
    line = np.asarray(strip.line, np.float32)
    seen = []

    def watched(*arguments):
        seen.append(blas_threads())
        return measure_widths(*arguments)

    monkeypatch.setattr(cracks, "measure_widths", watched)
    (crack,) = cracks.measure_cracks(
        strip.pixels,
        [CrackTrace(line, length_px=200.0, orientation_deg=0.0, confidence=1.0)],
        scale=ScaleResult(),
        quality=Quality(fit_to_detect=True, fit_to_measure=True),
    )
    assert seen == [{1}]
    assert crack.width_px is not None
