"""The loop: exact seeds, early stopping, a real kill, a full disk, collapse."""

from __future__ import annotations

import json
import math
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from inference.training.fit import loop  # noqa: E402
from inference.training.fit.checkpoint import load_checkpoint  # noqa: E402
from inference.training.fit.devices import Precision, fastest_precision  # noqa: E402
from inference.training.fit.loop import CHECKPOINT_NAME, FitSettings, fit, load_averaged  # noqa: E402
from inference.training.fit.recipe import Recipe, read_recipe  # noqa: E402
from inference.training.fit.training_log import LOG_NAME, read_log  # noqa: E402
from tests.inference.training.walls import data_of, write_data  # noqa: E402

pytestmark = pytest.mark.long

QUICK = FitSettings(threads=1, workers=0, checkpoint_every_s=1e9, validate_every_s=1e9)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("walls")
    write_data(folder)
    return folder


@pytest.fixture(scope="module")
def recipe(folder) -> Recipe:
    return with_optimisation(
        read_recipe(folder / "tiny.toml"), minutes=math.inf, steps=6, batch=2, ema_decay=0.5
    )


def with_optimisation(recipe, **entries):
    return replace(recipe, optimisation=replace(recipe.optimisation, **entries))


def train(recipe, folder, out, settings=QUICK):
    lines: list[str] = []
    network = fit(recipe, data_of(recipe, folder), folder, out, settings, lines.append)
    return network, lines


def assert_same_weights(ours, theirs):
    for one, other in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(folder, recipe, tmp_path):
    first, _ = train(recipe, folder, tmp_path / "first")
    second, _ = train(recipe, folder, tmp_path / "second")
    other, _ = train(replace(recipe, seed=4), folder, tmp_path / "other")
    assert_same_weights(first, second)
    with pytest.raises(AssertionError):
        assert_same_weights(first, other)


KILLED = """
import sys
from dataclasses import replace
from pathlib import Path
from inference.training.fit.loop import FitSettings, fit
from inference.training.fit.recipe import read_recipe, with_budget
from tests.inference.training.walls import data_of
folder, out = Path(sys.argv[1]), Path(sys.argv[2])
recipe = with_budget(read_recipe(folder / "tiny.toml"), steps=14)
settings = FitSettings(threads=1, workers=0, checkpoint_every_s=-1.0)
fit(recipe, data_of(recipe, folder), folder, out, settings, print)
"""


@pytest.mark.chaos
def test_a_killed_training_goes_on_and_ends_where_it_would_have_ended(folder, recipe, tmp_path):
    recipe = with_optimisation(read_recipe(folder / "tiny.toml"), minutes=math.inf, steps=14)
    out = tmp_path / "killed"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(folder), str(out)])
    deadline = time.monotonic() + 280
    while not (out / CHECKPOINT_NAME).is_file() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 1 <= load_checkpoint(out / CHECKPOINT_NAME, recipe)["step"] < 14

    resumed, lines = train(recipe, folder, out, replace(QUICK, resume=True))
    whole, _ = train(recipe, folder, tmp_path / "whole")
    assert "Resumed at step" in lines[0]
    assert_same_weights(resumed, whole)
    assert not list(out.glob("*.partial"))


def test_resuming_what_is_finished_changes_nothing(folder, recipe, tmp_path):
    finished, _ = train(recipe, folder, tmp_path)
    again, _ = train(recipe, folder, tmp_path, replace(QUICK, resume=True))
    assert_same_weights(finished, again)


def test_early_stopping_keeps_the_best_weights(folder, recipe, tmp_path, monkeypatch):
    """The second of the validations is best; two worse ones later it ends."""
    from inference.training.fit.tasks.segmentation import Segmentation

    scores = iter([0.3, 0.6, 0.5, 0.6, 0.9])
    evaluated = []

    def told(self, network, validation, device, limit):
        evaluated.append({k: v.clone() for k, v in network.state_dict().items()})
        return {"cracked": {"score": next(scores), "recall": 1.0, "true_share": 0.1, "f1": 0.5}}

    monkeypatch.setattr(Segmentation, "validate", told)
    patient = with_optimisation(recipe, patience=2, validate_every_steps=1, steps=50)
    network, lines = train(patient, folder, tmp_path)
    assert len(evaluated) == 4
    for name, value in network.state_dict().items():
        assert torch.equal(value, evaluated[1][name])
    assert "Kept the weights of step 2" in lines[-1]


def test_without_patience_the_last_weights_count(folder, recipe, tmp_path):
    network, _ = train(recipe, folder, tmp_path)
    state = load_checkpoint(tmp_path / CHECKPOINT_NAME, recipe)
    assert state["best"] is None
    for name, value in network.state_dict().items():
        assert torch.equal(value, state["averaged"][name])


def test_a_broken_checkpoint_is_a_sentence(folder, recipe, tmp_path):
    (tmp_path / CHECKPOINT_NAME).write_bytes(b"nothing")
    with pytest.raises(ValueError, match="cannot be read as a checkpoint"):
        train(recipe, folder, tmp_path, replace(QUICK, device="cpu", resume=True))


@pytest.mark.skipif(torch.cuda.is_available(), reason="here is a GPU")
def test_a_gpu_that_is_not_there_is_refused(folder, recipe, tmp_path):
    with pytest.raises(ValueError, match=r"A GPU was asked for, but .*--device cpu"):
        train(recipe, folder, tmp_path / "run", replace(QUICK, device="cuda"))
    assert not (tmp_path / "run").exists()


def test_every_precision_learns_on_a_processor(folder, recipe, tmp_path):
    for precision in ("bf16", "fp16", "fp32"):
        network, lines = train(
            with_optimisation(recipe, precision=precision, steps=2), folder, tmp_path / precision
        )
        changed = fastest_precision(precision, torch.device("cpu")) != precision
        assert any(f"{precision} would be slower here" in line for line in lines) == changed
        assert all(torch.isfinite(each).all() for each in network.state_dict().values())


def test_a_processor_computes_only_in_what_it_has_instructions_for():
    processor = torch.device("cpu")
    has_bf16 = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    assert fastest_precision("fp32", processor) == "fp32"
    for precision in ("bf16", "fp16"):
        assert fastest_precision(precision, processor) == ("bf16" if has_bf16 else "fp32")
    assert torch.is_autocast_enabled("cpu") is False
    with Precision("bf16", processor).autocast():
        assert torch.is_autocast_enabled("cpu") is bool(has_bf16)


@pytest.fixture
def file_limit():
    """Gives a function that lets no file grow beyond so many bytes, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_leaves_the_last_good_checkpoint(
    folder, recipe, tmp_path, monkeypatch, file_limit
):
    advance = loop._State.advance

    def fills_up_at_step_2(state, *args):
        if state.step == 2:
            file_limit((tmp_path / CHECKPOINT_NAME).stat().st_size // 2)
        return advance(state, *args)

    monkeypatch.setattr(loop._State, "advance", fills_up_at_step_2)
    with pytest.raises(
        ValueError, match=r"checkpoint\.pt could not be written .*go on with --resume"
    ):
        train(recipe, folder, tmp_path, replace(QUICK, checkpoint_every_s=-1.0))
    assert sorted(each.name for each in tmp_path.iterdir()) == [CHECKPOINT_NAME, LOG_NAME]
    assert load_checkpoint(tmp_path / CHECKPOINT_NAME, recipe)["step"] == 2
    load_averaged(tmp_path / CHECKPOINT_NAME, recipe)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_disk_that_is_really_full(folder, recipe, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        recipe = with_optimisation(recipe, steps=2)
        train(recipe, folder, disk / "run")
        size = (disk / "run" / CHECKPOINT_NAME).stat().st_size
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        (disk / "other").write_bytes(bytes(free - size // 2))
        with pytest.raises(ValueError, match=r"No space left.*go on with --resume"):
            train(
                with_optimisation(recipe, steps=4),
                folder,
                disk / "run",
                replace(QUICK, resume=True),
            )
        assert load_checkpoint(disk / "run" / CHECKPOINT_NAME, recipe)["step"] == 2
        assert not list(disk.rglob("*.partial"))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_collapse_to_no_crack_is_said(folder, recipe, tmp_path):
    """Crack pixels that do not count beside the others: the cheapest answer is "none"."""
    hopeless = replace(
        with_optimisation(recipe, steps=30, rate_encoder=0.01, rate_decoder=0.1),
        loss=replace(recipe.loss, bce=1.0, dice=0.0, bce_pos_weight=1e-6),
    )
    _, lines = train(hopeless, folder, tmp_path)
    assert any("collapsed to 'no crack'" in line for line in lines)
    assert list(read_log(tmp_path / LOG_NAME))[-1]["collapsed"]


def test_the_weight_of_crack_pixels_may_come_from_the_data(folder, recipe, tmp_path):
    from_data = replace(recipe, loss=replace(recipe.loss, bce_pos_weight="data"))
    train(from_data, folder, tmp_path)
    kept = load_checkpoint(tmp_path / CHECKPOINT_NAME, recipe)["recipe"]["loss"]["bce_pos_weight"]
    assert 10 < kept < 100  # a line of 3 px across 96 px, and walls without


def test_the_log_forgets_what_a_resumed_training_does_again(folder, recipe, tmp_path):
    train(recipe, folder, tmp_path)
    log = tmp_path / LOG_NAME
    with log.open("a") as file:
        file.write(json.dumps({"step": 900, "loss": 1.0}) + '\n{"step": 950, "lo')
    train(recipe, folder, tmp_path, replace(QUICK, resume=True))
    assert max(entry["step"] for entry in read_log(log)) == 6
