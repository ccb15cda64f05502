"""Every loss against a value worked out by hand."""

from __future__ import annotations

from math import log

import pytest

torch = pytest.importorskip("torch")

from inference.training.fit.centreline_loss import cldice_loss, soft_skeleton  # noqa: E402
from inference.training.fit.losses import (  # noqa: E402
    focal_loss,
    summed_loss,
    tversky_loss,
    weighted_bce,
)
from inference.training.fit.recipe import LossWeights  # noqa: E402


def logits_of(*probabilities):
    return torch.logit(torch.tensor(probabilities)).reshape(1, 1, 1, -1)


# A crack pixel found with 0.8, one missed with 0.25, two plain ones at 0.5 and 0.1.
LOGITS = logits_of(0.8, 0.25, 0.5, 0.1)
TRUTH = torch.tensor([1.0, 1.0, 0.0, 0.0]).reshape(1, 1, 1, -1)


def test_bce_counts_crack_pixels_so_many_times():
    expected = (3 * -log(0.8) + 3 * -log(0.25) - log(0.5) - log(0.9)) / 4
    assert float(weighted_bce(LOGITS, TRUTH, 3.0)) == pytest.approx(expected, abs=1e-5)


def test_focal_weighs_down_what_is_known():
    expected = (
        0.3 * 0.2**2 * -log(0.8)
        + 0.3 * 0.75**2 * -log(0.25)
        + 0.7 * 0.5**2 * -log(0.5)
        + 0.7 * 0.1**2 * -log(0.9)
    ) / 4
    found = focal_loss(LOGITS, TRUTH, gamma=2.0, alpha=0.3)
    assert float(found) == pytest.approx(expected, abs=1e-6)


def test_dice_is_one_less_the_overlap():
    # hits 1.05, false positives 0.6, misses 0.95; 1 is added above and below
    assert float(tversky_loss(LOGITS, TRUTH, alpha=0.5)) == pytest.approx(
        1 - 2.05 / (1.05 + 0.5 * 0.6 + 0.5 * 0.95 + 1), abs=1e-6
    )


def test_tversky_weighs_false_positives_by_alpha():
    assert float(tversky_loss(LOGITS, TRUTH, alpha=0.2)) == pytest.approx(
        1 - 2.05 / (1.05 + 0.2 * 0.6 + 0.8 * 0.95 + 1), abs=1e-6
    )


def test_the_skeleton_of_a_bar_is_its_middle_line():
    bar = torch.zeros(1, 1, 9, 15)
    bar[..., 3:6, 2:13] = 1
    skeleton = soft_skeleton(bar, 3)
    assert skeleton[0, 0, 4, 4:11].min() == 1
    assert skeleton[0, 0, [0, 1, 2, 6, 7, 8]].max() == 0
    assert skeleton[0, 0, [3, 5], 4:11].max() == 0


def test_cldice_of_half_a_line():
    # A true line of ten pixels, the left six of them drawn. A line one pixel wide is its own
    # skeleton: precision (6 + 1) / (6 + 1), sensitivity (6 + 1) / (10 + 1).
    truth = torch.zeros(1, 1, 5, 12)
    truth[..., 2, 1:11] = 1
    drawn = torch.zeros_like(truth)
    drawn[..., 2, 1:7] = 1
    sensitivity = 7 / 11
    expected = 1 - 2 * sensitivity / (1 + sensitivity)
    assert float(cldice_loss(drawn, truth, iterations=2)) == pytest.approx(expected, abs=1e-6)


def test_cldice_does_not_care_about_width_but_about_gaps():
    truth = torch.zeros(1, 1, 32, 64)
    truth[..., 14:19, 4:60] = 1
    thin, broken = torch.zeros_like(truth), truth.clone()
    thin[..., 15:18, 4:60] = 1
    broken[..., 24:34] = 0
    assert float(cldice_loss(thin, truth, iterations=5)) < 0.05
    assert float(cldice_loss(broken, truth, iterations=5)) > 0.08


def test_the_sum_is_the_sum():
    weights = LossWeights(
        bce=0.5, bce_pos_weight=2.0, dice=0.25, tversky=2.0, tversky_alpha=0.3,
        focal=10.0, focal_gamma=1.5, focal_alpha=0.6, cldice=0.7, cldice_iterations=2,
    )  # fmt: skip
    expected = (
        0.5 * weighted_bce(LOGITS, TRUTH, 2.0)
        + 0.25 * tversky_loss(LOGITS, TRUTH, alpha=0.5)
        + 2.0 * tversky_loss(LOGITS, TRUTH, alpha=0.3)
        + 10.0 * focal_loss(LOGITS, TRUTH, gamma=1.5, alpha=0.6)
        + 0.7 * cldice_loss(LOGITS.sigmoid(), TRUTH, iterations=2)
    )
    assert float(summed_loss(LOGITS, TRUTH, weights)) == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize("part", ["bce", "dice", "tversky", "focal", "cldice"])
def test_every_loss_takes_soft_truth_and_leads_downhill(part):
    weights = LossWeights(**({"bce": 0.0, "dice": 0.0} | {part: 1.0}))
    logits = torch.zeros(2, 1, 16, 16, requires_grad=True)
    truth = torch.zeros(2, 1, 16, 16)
    truth[..., 6:9, :] = 0.9
    before = summed_loss(logits, truth, weights)
    before.backward()
    after = summed_loss(logits.detach() - logits.grad * 20, truth, weights)
    assert torch.isfinite(logits.grad).all()
    assert float(after) < float(before.detach())


def test_a_weight_that_nobody_settled_is_refused():
    with pytest.raises(ValueError, match="settled"):
        summed_loss(LOGITS, TRUTH, LossWeights(bce_pos_weight="data"))
