"""A teacher softens the truth, and a training with one ends elsewhere than one without."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from inference.networks.registry import build_network  # noqa: E402
from inference.training.fit.checkpoint import load_checkpoint, recipe_in  # noqa: E402
from inference.training.fit.loop import CHECKPOINT_NAME, FitSettings, fit  # noqa: E402
from inference.training.fit.recipe import TeacherEntry, read_recipe, recipe_of  # noqa: E402
from inference.training.fit.teacher import Teacher, load_teacher  # noqa: E402
from tests.inference.training.walls import data_of, write_data  # noqa: E402

QUICK = FitSettings(threads=1, workers=0, checkpoint_every_s=1e9, validate_every_s=1e9)
CPU = torch.device("cpu")


class Sure(nn.Module):
    """Says the same of every pixel."""

    def forward(self, pictures):
        return torch.full_like(pictures[:, :1], math.log(3.0))  # three to one: 0.75


def test_the_truth_moves_towards_what_the_teacher_sees():
    truth = torch.tensor([0.0, 1.0]).repeat(8, 4).reshape(1, 1, 8, 8)
    softened = Teacher(Sure(), 0.4).soften(torch.zeros(1, 3, 8, 8), truth)
    torch.testing.assert_close(softened, 0.6 * truth + 0.4 * 0.75)
    assert not softened.requires_grad


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """(folder, recipe without a teacher, the same with one that marks everything)."""
    folder = tmp_path_factory.mktemp("taught")
    recipe = read_recipe(write_data(folder))
    recipe = replace(
        recipe,
        optimisation=replace(
            recipe.optimisation, minutes=math.inf, steps=12, batch=2, ema_decay=0.0
        ),
    )
    network = build_network(recipe.family, **recipe.network_options)
    with torch.no_grad():
        last = [part for part in network.modules() if isinstance(part, nn.Conv2d)][-1]
        last.bias.fill_(8.0)
    torch.save(network.state_dict(), folder / "teacher.pt")
    entry = TeacherEntry(recipe.family, "teacher.pt", recipe.network_options, share=1.0)
    return folder, recipe, replace(recipe, teacher=entry)


def test_a_network_learns_from_its_teacher(taught, tmp_path):
    folder, alone, with_teacher = taught
    marked = {}
    for name, recipe in (("alone", alone), ("taught", with_teacher)):
        network = fit(
            recipe, data_of(recipe, folder), folder, tmp_path / name, QUICK, lambda _: None
        )
        with torch.no_grad():
            marked[name] = float(network(torch.zeros(1, 3, 64, 64)).sigmoid().mean())
    assert marked["taught"] > marked["alone"] + 0.02
    # The checkpoint knows of the teacher, so that a resumed training has it again.
    path = tmp_path / "taught" / CHECKPOINT_NAME
    assert recipe_in(path).teacher == with_teacher.teacher
    assert load_checkpoint(path, with_teacher)["step"] == 12


def test_a_teacher_of_another_architecture_is_a_sentence(taught):
    folder, _, recipe = taught
    wrong = replace(recipe, teacher=replace(recipe.teacher, family="unet", network={}))
    with pytest.raises(ValueError, match=r"teacher\.pt"):
        load_teacher(wrong, folder / "teacher.pt", CPU)


def test_only_masks_can_be_softened(taught):
    folder, _, recipe = taught
    with pytest.raises(ValueError, match="softens masks"):
        load_teacher(replace(recipe, task="classification"), folder / "teacher.pt", CPU)


def test_the_share_must_be_a_share(taught):
    _, recipe, _ = taught
    with pytest.raises(ValueError, match=r"\[teacher\] share"):
        replace(recipe, teacher=TeacherEntry("unet", "w.pt", share=0.0))


def test_a_recipe_file_names_its_teacher():
    table = {
        "name": "a", "task": "segmentation", "family": "mobilenet_unet", "terms": "none",
        "sets": {"walls": {"weight": 1.0}},
        "teacher": {"family": "unet", "weights": "t.pt", "network": {"encoder": "mobilenet_v2"}},
    }  # fmt: skip
    assert recipe_of(table, "x").teacher == TeacherEntry(
        "unet", "t.pt", {"encoder": "mobilenet_v2"}, 0.5
    )
