"""Cameras whose sensor is known: widths from the makers' data sheets, as EXIF names the cameras.

A short list of what inspectors carry. A camera that is not here is still measured with where it
writes its pixel pitch or a 35 mm equivalent, or after a calibration.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sensor:
    """A camera for planning and for EXIF.

    Attributes:
        name: as a person says it.
        models: EXIF model names, lower case; none for a kind of camera, which is for planning.
        width_mm: of the active sensor area along the picture's longer side; height_mm the other.
        image_px: (width, height) of its full photos.
        focal_mm: of a lens that cannot be changed; None where it can.
    """

    name: str
    models: tuple[str, ...]
    width_mm: float
    height_mm: float
    image_px: tuple[int, int]
    focal_mm: float | None = None


SENSORS = (
    Sensor("DJI Phantom 4 Pro", ("fc6310", "fc6310s", "fc6310r"), 13.2, 8.8, (5472, 3648), 8.8),
    Sensor("DJI Mavic 2 Pro", ("l1d-20c",), 13.2, 8.8, (5472, 3648), 10.26),
    Sensor("DJI Mavic 3 Enterprise", ("m3e",), 17.3, 13.0, (5280, 3956), 12.29),
    Sensor("DJI Zenmuse P1", ("zenmusep1", "zenmuse p1"), 35.9, 24.0, (8192, 5460)),
    Sensor("Sony A7R IV", ("ilce-7rm4", "ilce-7rm4a"), 35.7, 23.8, (9504, 6336)),
    Sensor("Sony A7 III", ("ilce-7m3",), 35.6, 23.8, (6000, 4000)),
    Sensor("Nikon D850", ("nikon d850",), 35.9, 23.9, (8256, 5504)),
    Sensor("Nikon Z 7", ("nikon z 7", "nikon z 7_2"), 35.9, 23.9, (8256, 5504)),
    Sensor("Canon EOS 5D Mark IV", ("canon eos 5d mark iv",), 36.0, 24.0, (6720, 4480)),
    Sensor("Canon EOS R5", ("canon eos r5",), 36.0, 24.0, (8192, 5464)),
    Sensor("Canon EOS 90D", ("canon eos 90d",), 22.3, 14.8, (6960, 4640)),
    # 8064 pixels of 1.22 µm, or 4032 of twice that; the lens is the usual 24 mm in 35 mm terms.
    Sensor("Phone, 1/1.28 inch, 12 megapixels", (), 9.84, 7.38, (4032, 3024), 6.8),
    Sensor("Phone, 1/1.28 inch, 48 megapixels", (), 9.84, 7.38, (8064, 6048), 6.8),
)


def sensor_of(model: str | None) -> Sensor | None:
    """The sensor of a camera by its EXIF model name; None where it is not in the list."""
    if not model:
        return None
    wanted = " ".join(model.lower().split())
    return next((sensor for sensor in SENSORS if wanted in sensor.models), None)


def sensor_named(name: str) -> Sensor:
    """The camera of that name, or of a part of it that fits only one.

    Raises:
        ValueError: with the names that there are.
    """
    wanted = name.casefold().strip()
    exact = [s for s in SENSORS if wanted in (s.name.casefold(), *s.models)]
    near = exact or [s for s in SENSORS if wanted and wanted in s.name.casefold()]
    if len(near) != 1:
        listed = ", ".join(sensor.name for sensor in near or SENSORS)
        problem = "fits several cameras" if near else "is not in the list of cameras"
        raise ValueError(
            f"{name!r} {problem}: {listed}. Or give --sensor-mm, --image-px and --focal-mm."
        )
    return near[0]
