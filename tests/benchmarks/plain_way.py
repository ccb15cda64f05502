"""The peer: the usual pipeline of a crack finder, written as plainly as possible.

segmentation-models-pytorch U-Net with a ResNet-34 encoder in float32, 512-px tiles with 50 %
overlap averaged, then scikit-image ``skeletonize`` and ``medial_axis``. Its weights are random:
the time does not depend on them; the mask that is skeletonised is the true one of the rendering,
so that the second half works on real lines.

Usage: python -m tests.benchmarks.plain_way PHOTO MASK
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

TILE_PX, STEP_PX, BATCH = 512, 256, 4


def main(photo: Path, mask_file: Path) -> None:
    import segmentation_models_pytorch as smp
    import torch
    from PIL import Image
    from skimage.morphology import medial_axis, skeletonize

    torch.set_num_threads(2)
    torch.manual_seed(0)
    model = smp.Unet("resnet34", encoder_weights=None, classes=1).eval()
    truth = np.asarray(Image.open(mask_file).convert("L")) > 127

    started = time.perf_counter()
    pixels = np.asarray(Image.open(photo).convert("RGB"))
    height, width = pixels.shape[:2]

    def starts(length: int) -> list[int]:
        return [*range(0, max(1, length - TILE_PX), STEP_PX), max(0, length - TILE_PX)]

    corners = [(x, y) for y in starts(height) for x in starts(width)]
    total = np.zeros((height, width), np.float32)
    count = np.zeros((height, width), np.float32)
    with torch.inference_mode():
        for first in range(0, len(corners), BATCH):
            some = corners[first : first + BATCH]
            tiles = np.stack([pixels[y : y + TILE_PX, x : x + TILE_PX] for x, y in some])
            batch = torch.from_numpy(tiles).permute(0, 3, 1, 2).float().div_(255)
            out = torch.sigmoid(model(batch))[:, 0].numpy()
            for (x, y), tile in zip(some, out, strict=True):
                total[y : y + TILE_PX, x : x + TILE_PX] += tile
                count[y : y + TILE_PX, x : x + TILE_PX] += 1
    _ = total / count > 0.5
    network_s = time.perf_counter() - started
    skeletonize(truth)
    medial_axis(truth, return_distance=True)
    whole_s = time.perf_counter() - started
    print(json.dumps({
        "whole_s": whole_s, "network_s": network_s, "tiles": len(corners),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
