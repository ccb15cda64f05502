"""Base of the torchvision classifiers: class logits of patches, weights from local files."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from inference.networks.picture_statistics import ImageNetStatistics
from inference.networks.state_files import CLASSIFIER_PREFIXES, load_backbone

NO_CRACK_OR_CRACK = 2


class PatchClassifier(nn.Module):
    """Class logits by a network of torchvision, kept in ``inner``.

    Args:
        inner: gives (N, classes) logits, in training mode perhaps with auxiliary ones.
        title: its name for people.
        minus_one_to_one: whether its pretrained weights want [-1, 1] and not ImageNet's
            statistics.
    """

    def __init__(self, inner: nn.Module, title: str, *, minus_one_to_one: bool = False) -> None:
        super().__init__()
        self.inner = inner
        self.title = title
        self.to_statistics = nn.Identity() if minus_one_to_one else ImageNetStatistics()

    def forward(self, patches: Tensor) -> Tensor | tuple[Tensor, ...]:
        """(N, 3, H, W) in [-1, 1], sides of at least 64 -> (N, classes) logits."""
        logits = self.inner(self.to_statistics(patches))
        return logits if isinstance(logits, Tensor) else tuple(logits)

    def load_backbone(self, path: Path) -> None:
        """Fill all but the last layers from a state dict of torchvision's network.

        Raises:
            ValueError: if the file does not hold that network, or at another width.
        """
        load_backbone(self.inner, path, f"{self.title} of torchvision's layout")

    def encoder_parameters(self) -> list[nn.Parameter]:
        """The pretrained parameters, which learn at the lower rate."""
        return [
            parameter
            for name, parameter in self.inner.named_parameters()
            if not name.startswith(CLASSIFIER_PREFIXES)
        ]
