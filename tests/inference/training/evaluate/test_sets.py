"""The evaluator over test sets: which ones it finds, what it says of them, how it prints it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from inference.__main__ import main
from inference.training.evaluate.set_groups import group_of, in_order
from inference.training.evaluate.sets import (
    comparison,
    evaluate_sets,
    find_test_sets,
    model_figures,
)
from inference.training.evaluate.tables import aligned, comparison_table, tables
from inference.types import ConfidenceCalibration, ModelInfo
from tests.inference.training.walls import write_walls


class Darkness:
    """A model that calls dark pixels crack, the darker the surer: no mock of what is around it."""

    tile_px = 256

    def __init__(self, name: str = "darkness", below: float = 85.0, confidence=None) -> None:
        self.info = ModelInfo(name, "", "test", 0.5, "Test.", confidence)
        self.below = below

    def predict(self, tiles: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp((tiles.mean(axis=-1, dtype=np.float32) - self.below) / 12))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for name, cracked in (("cfd", True), ("rissbilder_walls", True), ("noncrack_walls", False)):
        write_walls(folder / "segmentation" / name, "test", 3, cracked=cracked, seed=len(name))
    return folder


@pytest.fixture(scope="module")
def evaluated(data):
    return evaluate_sets(Darkness(), find_test_sets(data))


def test_concrete_comes_first_and_roads_apart(data):
    assert list(find_test_sets(data)) == ["rissbilder_walls", "noncrack_walls", "cfd"]
    assert list(find_test_sets(data, ["concrete"])) == ["rissbilder_walls", "noncrack_walls"]
    assert list(find_test_sets(data, ["cfd", "noncrack_walls"])) == ["noncrack_walls", "cfd"]
    assert list(find_test_sets(data / "segmentation", ["cfd"])) == ["cfd"]


def test_groups_of_sets():
    assert [group_of(name) for name in ("masonry", "pier_7", "rendered_clean")] == [
        "other walls",
        "own",
        "rendered",
    ]
    assert in_order(["pier_7", "uav_crackx", "deepcrack_256"]) == [
        "deepcrack_256",
        "uav_crackx",
        "pier_7",
    ]


def test_one_data_set_of_ones_own_is_its_test_part(data):
    own = data / "segmentation" / "cfd"
    found = find_test_sets(own)
    assert list(found) == ["cfd"]
    assert len(found["cfd"]) == 3


def test_an_unknown_set_gets_the_known_ones(data):
    with pytest.raises(ValueError, match=r"no test set 'cdf'.*rissbilder_walls.*group: concrete"):
        find_test_sets(data, ["cdf"])


def test_the_report_holds_every_set_kind_and_confidence(evaluated):
    found = model_figures(evaluated)
    assert list(found["sets"]) == ["rissbilder_walls", "noncrack_walls", "cfd"]
    riss = found["sets"]["rissbilder_walls"]
    assert riss["group"] == "concrete"
    assert riss["intervals"]["f1"][0] <= riss["f1"] <= riss["intervals"]["f1"][1]
    assert found["false_alarms_by_kind"]["unnamed"]["n_images"] == 3
    assert found["confidence"]["concrete"]["n_lines"] >= 3
    assert found["confidence_is_calibrated"] is False
    json.dumps(found)


def test_a_calibrated_model_is_evaluated_by_what_users_see(data):
    sets = find_test_sets(data, ["cfd"])
    surely = ConfidenceCalibration(4.0, 0.0, 0.0, (10.0, 100.0))
    found = model_figures(evaluate_sets(Darkness(confidence=surely), sets))
    assert found["confidence_is_calibrated"] is True
    assert found["confidence"]["cfd"]["mean_confidence"] == pytest.approx(0.982, abs=1e-3)


def test_quick_leaves_the_costly_part_out(data):
    sets = find_test_sets(data, ["cfd"])
    found = model_figures(evaluate_sets(Darkness(), sets, quick=True), with_confidence=False)
    assert found["sets"]["cfd"]["f1_at_2px"] is None
    assert found["sets"]["cfd"]["f1"] is not None
    assert found["confidence"] is None
    assert tables(found)


def test_two_models_are_compared_picture_by_picture(data, evaluated):
    blind = evaluate_sets(Darkness("half blind", below=60.0), find_test_sets(data))
    compared = comparison(evaluated, blind)
    better = compared["cfd"]["f1"]
    assert better["value"] > 0
    assert better["low"] <= better["value"] <= better["high"]
    assert better["share_above_zero"] > 0.9
    assert compared["noncrack_walls"]["f1"]["value"] is None
    assert compared["noncrack_walls"]["false_positive_rate"]["value"] is not None
    lines = comparison_table("darkness", "half blind", compared)
    assert "darkness less half blind" in lines[0]
    assert any(line.startswith("roads:") for line in lines)


def test_the_tables_say_n_interval_and_group(evaluated):
    lines = tables(model_figures(evaluated))
    text = "\n".join(lines)
    assert "threshold 0.5" in lines[0]
    row = next(line for line in lines if line.startswith("rissbilder_walls"))
    assert "[" in row
    assert lines.index("concrete:") < lines.index(row) < lines.index("roads:")
    assert "of 3" in text  # crack-free pictures over 0.1 %
    assert "Confidence of traced cracks, as the network says it" in text


def test_columns_are_aligned_and_headings_stand_alone():
    assert aligned(("a", "b"), [("long heading:",), ("xx", "1")]) == [
        "a   b",
        "--  -",
        "long heading:",
        "xx  1",
    ]


def test_rendered_walls_are_evaluated_by_kind(data, monkeypatch):
    monkeypatch.setattr("inference.training.evaluate.sets.RENDERED_KINDS", ("plain", "cable"))
    seen = []
    sets = find_test_sets(data, ["cfd"])
    found = model_figures(
        evaluate_sets(
            Darkness(),
            sets,
            quick=True,
            rendered_per_kind=1,
            on_picture=lambda: seen.append(1),
        )
    )
    assert set(found["rendered_false_alarms_by_kind"]) == {"plain", "cable"}
    assert len(seen) == 3 + 2


def test_the_command_compares_two_models_on_every_set(data, capsys):
    command = ["evaluate", "--data", str(data), "--sets", "cfd", "--threads", "1", "--quick"]
    assert main([*command, "--model", "trace-edge", "--against", "trace-edge"]) == 0
    said = capsys.readouterr().out
    assert "trace-edge less trace-edge" in said
    assert "+0.000 [+0.000, +0.000]" in said


def test_the_command_prints_json_on_demand(data, capsys):
    command = ["evaluate", "--data", str(data), "--sets", "concrete", "--threads", "1", "--json"]
    assert main([*command, "--model", "trace-edge"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["models"][0]["model"] == "trace-edge"
    assert set(found["models"][0]["sets"]) == {"rissbilder_walls", "noncrack_walls"}
    assert found["comparison"] is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Give --data, or --images together with --masks."),
        (["--data", "nowhere"], "no folder nowhere"),
        (["--data", "{data}", "--sets", "cdf"], "no test set 'cdf'"),
        (["--data", "{data}", "--images", "x"], "Give --data, or --images"),
        (["--images", "x", "--masks", "y", "--against", "z"], "--against compares on test sets"),
    ],
)
def test_what_cannot_be_measured_gets_a_sentence(data, capsys, arguments, sentence):
    code = main(["evaluate", *(each.format(data=data) for each in arguments)])
    assert code == 1
    assert sentence in capsys.readouterr().err
