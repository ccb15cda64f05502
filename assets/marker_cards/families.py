"""The families of square markers that a picture may show, by name.

A marker is a square of black and white cells with a black border one cell wide, on white.
ArUco families: Garrido-Jurado et al., Pattern Recognition 47 (2014); AprilTag families: Wang and
Olson, IROS 2016. Of the nested ArUco families only the largest: its first markers are those of the
smaller ones.
"""

from __future__ import annotations

FAMILIES = (
    "aruco-4x4",
    "aruco-5x5",
    "aruco-6x6",
    "aruco-7x7",
    "aruco-original",
    "aruco-mip-36h12",
    "apriltag-16h5",
    "apriltag-25h9",
    "apriltag-36h10",
    "apriltag-36h11",
)

# Our own cards: among 587 patterns that differ in at least 11 of 36 cells, rough concrete is not
# taken for one.
CARD_FAMILY = "apriltag-36h11"
