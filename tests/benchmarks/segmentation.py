"""Every test set of the shared data through ``inference evaluate``, beside the literature.

Published figures differ in resolution, threshold and tolerance: the note says how.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.table import Row

CONCRETE = ["deepcrack_256", "rissbilder_walls", "concrete_wall_photos", "noncrack_walls"]
OTHER = [
    "facade_tile_photos", "masonry", "sut_crack", "crack500_360", "cfd", "crackmap", "uav_crackx",
]  # fmt: skip
PUBLISHED = {
    "deepcrack_256": ("F 0.852-0.868, mIoU 0.864-0.878", "DeepCrack-BN/-GF, full 544x384"),
    "masonry": ("F1 0.796", "U-Net-MobileNet, Dais 2021, full set and split"),
    "cfd": ("F1 0.857 at 5 px", "CrackForest, Shi 2016, 72/46, quoted from memory"),
    "crack500_360": ("ODS 0.604", "FPHBN, Yang 2020, full crops, quoted from memory"),
}


def evaluate(images: Path, masks: Path, model: str | None = None) -> dict:
    """The metrics of one folder, as the command line prints them."""
    command = [sys.executable, "-m", "inference", "evaluate", "--images", str(images),
               "--masks", str(masks)]  # fmt: skip
    answer = subprocess.run(
        [*command, *(["--model", model] if model else [])],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(answer.stdout)


def measure(data: Path, *, model: str | None = None) -> list[Row]:
    """A row a test set; concrete first, roads and the rest apart."""
    rows = []
    for name in (*CONCRETE, *OTHER):
        test = data / "segmentation" / name / "test"
        m = evaluate(test / "images", test / "masks", model)
        peer, note = PUBLISHED.get(name, ("", ""))
        free = m["false_positive_px_per_megapixel"]
        if name == "noncrack_walls":
            value = f"{free:.0f} px marked a megapixel"
            note = "crack-free walls; aim below 1000 on each"
        else:
            value = (
                f"P {m['precision']:.3f} R {m['recall']:.3f} F1 {m['f1']:.3f} IoU {m['iou']:.3f} "
                f"mIoU {m['miou']:.3f} ODS {m['ods_f1']:.3f} OIS {m['ois_f1']:.3f} "
                f"F1@2 {m['f1_at_2px']:.3f} F1@5 {m['f1_at_5px']:.3f} "
                f"clIoU@4 {m['cliou_at_4px']:.3f}"
            )
        rows.append(Row(f"{name} (n={m['n_images']})", value, peer, note))
    return rows
