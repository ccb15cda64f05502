"""Every kind of file a phone, a drone or a mistake may send."""

import io
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from assets.findings import Said, say
from assets.picture_memory import working_bytes
from inference.imaging.decode import PictureError, PictureLimits, decode_picture

FLAT = (200, 120, 40)


def colourful(width: int = 60, height: int = 40) -> Image.Image:
    """Red top-left corner, green top-right, blue bottom-left, grey elsewhere."""
    pixels = np.full((height, width, 3), 128, np.uint8)
    pixels[:16, :16], pixels[:16, -16:], pixels[-16:, :16] = (
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
    )
    return Image.fromarray(pixels)


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


LIMITS = PictureLimits()


def refusal(data: bytes | Path, limits: PictureLimits = LIMITS) -> Said:
    with pytest.raises(PictureError) as caught:
        decode_picture(data, limits)
    told = say(caught.value.finding)
    assert told.sentence.endswith(".") and told.remedy.endswith(".")
    assert str(caught.value) == f"{told.sentence} {told.remedy}"
    return told


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF"])
def test_each_kind_gives_its_colours_back(kind, tmp_path):
    data = encoded(Image.new("RGB", (64, 48), FLAT), kind)
    path = tmp_path / "photo"
    path.write_bytes(data)
    for picture in (decode_picture(data), decode_picture(path)):
        assert picture.format == kind and picture.frames == 1
        assert picture.pixels.shape == (48, 64, 3) and picture.pixels.dtype == np.uint8
        assert np.abs(picture.pixels.astype(int) - FLAT).max() <= 6


# How a camera held each way stores the same scene: the inverse of what EXIF asks for.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("kind", ["JPEG", "HEIF", "TIFF"])
@pytest.mark.parametrize("orientation", STORED)
def test_all_eight_orientations_come_out_upright(orientation, kind):
    scene, how = colourful(), STORED[orientation]
    stored = scene if how is None else scene.transpose(how)
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode_picture(encoded(stored, kind, exif=exif.tobytes(), quality=95))
    assert picture.pixels.shape == (40, 60, 3)
    assert picture.metadata.orientation == orientation
    for place, colour in (((5, 5), 0), ((5, -5), 1), ((-5, 5), 2)):
        assert picture.pixels[place].argmax() == colour and picture.pixels[place].max() > 200


@pytest.mark.parametrize(
    ("mode", "kind", "colour", "expected"),
    [
        ("L", "PNG", 90, (90, 90, 90)),
        ("1", "PNG", 1, (255, 255, 255)),
        ("P", "PNG", 0, (0, 0, 0)),
        ("I;16", "PNG", 40000, (156, 156, 156)),
        ("I;16", "TIFF", 40000, (156, 156, 156)),
        ("I", "TIFF", 40000, (156, 156, 156)),
        ("CMYK", "JPEG", (0, 255, 255, 0), (254, 0, 0)),
        ("CMYK", "TIFF", (0, 255, 255, 0), (255, 0, 0)),
        ("LA", "PNG", (0, 0), (255, 255, 255)),
        ("RGBA", "PNG", (0, 0, 0, 0), (255, 255, 255)),
        ("RGBA", "WEBP", (255, 0, 0, 255), (254, 0, 0)),
        ("RGBA", "TIFF", (255, 0, 0, 128), (255, 127, 127)),
        ("YCbCr", "TIFF", (128, 128, 128), (128, 128, 128)),
    ],
)
def test_every_mode_becomes_8_bit_rgb(mode, kind, colour, expected):
    picture = decode_picture(encoded(Image.new(mode, (40, 30), colour), kind))
    assert picture.pixels.shape == (30, 40, 3) and picture.pixels.dtype == np.uint8
    assert np.abs(picture.pixels.astype(int) - expected).max() <= 2


def test_16_bit_rgb_tiff_is_read():
    levels = np.full((20, 30, 3), (51400, 25700, 12850), np.uint16)  # 200, 100, 50 times 257
    header = struct.pack("<2sHI", b"II", 42, 8)
    entries = [(256, 3, 1, 30), (257, 3, 1, 20), (258, 3, 3, 122), (259, 3, 1, 1)]
    entries += [(262, 3, 1, 2), (273, 4, 1, 128), (277, 3, 1, 3), (278, 3, 1, 20)]
    entries += [(279, 4, 1, levels.nbytes)]
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *entry) for entry in entries)
    directory += struct.pack("<I", 0)
    data = header + directory + struct.pack("<3H", 16, 16, 16) + levels.tobytes()
    assert decode_picture(data).pixels[10, 10].tolist() == [200, 100, 50]


def test_transparent_palette_is_laid_over_white():
    image = Image.new("P", (20, 20), 0)
    image.putpalette([0, 0, 0, 10, 20, 30])
    image.paste(1, (10, 0, 20, 20))
    pixels = decode_picture(encoded(image, "PNG", transparency=0)).pixels
    assert pixels[5, 5].tolist() == [255, 255, 255] and pixels[5, 15].tolist() == [10, 20, 30]


def profile_of_gamma(gamma: float) -> bytes:
    """An ICC profile with sRGB's primaries (as adapted to D50) and a plain power curve."""

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in values)

    curve = b"curv\0\0\0\0" + struct.pack(">IHH", 1, round(gamma * 256), 0)
    name = b"Test"
    body = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(name) + 1) + name + bytes(83),
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.4361, 0.2225, 0.0139),
        b"gXYZ": xyz(0.3851, 0.7169, 0.0971),
        b"bXYZ": xyz(0.1431, 0.0606, 0.7141),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    table, data = struct.pack(">I", len(body)), b""
    for tag, value in body.items():
        table += tag + struct.pack(">II", 128 + 4 + 12 * len(body) + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    header = struct.pack(">I4sI", 128 + len(table + data), b"lcms", 0x02100000)
    header += b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    header += struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + table + data


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_colour_profile_is_converted_to_srgb(mode):
    image = Image.new("RGB", (20, 20), (120, 120, 120)).convert(mode)
    converted = decode_picture(encoded(image, "PNG", icc_profile=profile_of_gamma(1.8)))
    # (120 / 255) ** 1.8 = 0.257 of full light, which sRGB writes as 139.
    assert np.abs(converted.pixels.astype(int) - 139).max() <= 2


def test_a_useless_colour_profile_counts_as_none():
    image = Image.new("RGB", (20, 20), (120, 120, 120))
    for profile in (b"not a profile", profile_of_gamma(1.8)[:150]):
        pixels = decode_picture(encoded(image, "PNG", icc_profile=profile)).pixels
        assert pixels[0, 0].tolist() == [120, 120, 120]


def test_a_text_file_called_jpg_is_no_picture():
    error = refusal(b"This is a list of bridges, not a bridge.\n" * 20)
    assert error.code == "not_a_picture" and "not a picture" in error.sentence


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"GIF89a" + bytes(20), "GIF"),
        (b"%PDF-1.7" + bytes(20), "PDF"),
        (b"\0\0\0\x20ftypisom" + bytes(30), "video"),
        (b"\0\0\0\x20ftypavif" + bytes(30), "AVIF"),
        (b"PK\x03\x04" + bytes(30), "archive"),
    ],
)
def test_other_kinds_are_named(data, name):
    error = refusal(data)
    assert error.code == "unsupported_format" and name in error.sentence and "JPEG" in error.remedy


def test_a_raw_file_is_not_mistaken_for_its_preview():
    dng = encoded(colourful(), "TIFF", tiffinfo={50706: b"\1\4\0\0"})
    preview_first = encoded(colourful(), "TIFF", tiffinfo={254: 1})
    for data in (dng, preview_first):
        assert "raw file" in refusal(data).sentence


def test_floating_point_pictures_are_refused():
    error = refusal(encoded(Image.new("F", (10, 10), 0.5), "TIFF"))
    assert error.code == "unsupported_format" and "8-bit or 16-bit" in error.remedy


def noisy(width: int = 320, height: int = 240) -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.99])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("WEBP", {}),
        ("HEIF", {}),
    ],
)
def test_a_cut_off_file_is_refused_and_never_half_grey(kind, options, part):
    data = encoded(noisy(), kind, **options)
    assert refusal(data[: int(len(data) * part)]).code == "truncated"


def test_a_tail_of_zeros_is_refused():
    data = encoded(noisy(), "JPEG")
    half = len(data) // 2
    assert refusal(data[:half] + bytes(len(data) - half)).code == "truncated"


def test_an_empty_file(tmp_path):
    (tmp_path / "empty.jpg").touch()
    assert refusal(b"").code == "empty_file"
    assert refusal(tmp_path / "empty.jpg").code == "empty_file"


def test_too_many_bytes_are_refused_before_reading(tmp_path):
    big = tmp_path / "big.jpg"
    with big.open("wb") as file:
        file.truncate(200_000_000)
    error = refusal(big)
    assert error.code == "too_many_bytes"
    assert error.sentence == "The file has 200 MB; 105 MB is the limit."


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that declares a huge picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(12_300, 12_300), (20_000, 20_000), (60_000, 60_000)])
def test_a_bomb_is_refused_from_its_header(size):
    tracemalloc.start()
    error = refusal(bomb(*size))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.code == "too_many_pixels"
    assert f"{size[0] * size[1] / 1e6:,.0f} megapixels" in error.sentence
    assert "150 megapixels" in error.sentence
    assert peak < 5_000_000


def test_frames_count_against_the_limit():
    pages = [Image.new("RGB", (100, 100), FLAT) for _ in range(5)]
    data = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    picture = decode_picture(data, PictureLimits(max_pixels=50_000))
    assert picture.frames == 5 and picture.pixels[0, 0].tolist() == list(FLAT)
    error = refusal(data, PictureLimits(max_pixels=49_999))
    assert error.code == "too_many_pixels" and "frames" in error.sentence


def test_a_picture_beyond_a_workers_memory_is_refused_from_its_header():
    data = encoded(colourful(200, 100), "PNG")
    enough = working_bytes(200 * 100)
    decode_picture(data, PictureLimits(memory_bytes=enough))
    error = refusal(data, PictureLimits(memory_bytes=enough - 1))
    assert error.code == "too_many_pixels"
    assert "GB of memory" in error.sentence
    assert "WORKER_MEMORY_BYTES" in error.remedy


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "I;16"])
def test_what_is_converted_in_strips_joins_without_a_seam(mode):
    levels = np.arange(700 * 40, dtype=np.uint32).reshape(700, 40)
    if mode == "I;16":
        grey = levels.astype(np.uint16)
        image, expected = Image.fromarray(grey), np.stack([grey >> 8] * 3, axis=-1)
    else:
        channels = np.stack([levels % 251, levels % 241, levels % 239], -1).astype(np.uint8)
        image = Image.fromarray(channels)
        if mode == "L":
            image = image.convert("L")
        elif mode == "RGBA":
            image.putalpha(255)
        expected = np.asarray(image.convert("RGB"))
    pixels = decode_picture(encoded(image, "PNG")).pixels
    assert np.array_equal(pixels, expected)


def test_the_previews_behind_a_drone_photo_do_not_count():
    main, preview = Image.new("RGB", (100, 80), FLAT), Image.new("RGB", (50, 40), "black")
    data = encoded(main, "MPO", save_all=True, append_images=[preview])
    picture = decode_picture(data, PictureLimits(max_pixels=8000))
    assert (picture.format, picture.frames) == ("JPEG", 1)
    assert picture.pixels.shape == (80, 100, 3)


def test_one_pixel_is_a_picture():
    assert decode_picture(encoded(Image.new("RGB", (1, 1), FLAT), "PNG")).pixels.shape == (1, 1, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF"])
def test_damage_anywhere_is_a_sentence_or_a_picture(kind):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8825).update({1: "N", 2: (1.0, 2.0, 3.0), 3: "W", 4: (1.0, 2.0, 3.0)})
    data = encoded(noisy(40, 30), kind, exif=exif)
    rng = np.random.default_rng(5)
    for _ in range(60):
        damaged = bytearray(data)
        for place in rng.integers(0, min(len(data), 700), 8):
            damaged[place] = rng.integers(0, 256)
        try:
            shape = decode_picture(bytes(damaged), PictureLimits(max_pixels=10**6)).pixels.shape
        except PictureError:
            continue
        assert len(shape) == 3 and shape[2] == 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["L", "RGB", "I;16"])
def test_a_turned_uncompressed_tiff_is_the_same_by_path_and_from_memory(
    tmp_path, orientation, mode
):
    """Opened by its path, Pillow scrambles a grey one without a word."""
    stored = Image.fromarray(np.arange(30 * 50).reshape(30, 50).astype(np.uint16) * 40)
    if mode != "I;16":
        stored = Image.fromarray((np.arange(30 * 50) // 6).astype(np.uint8).reshape(30, 50))
        stored = stored.convert(mode)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.tif"
    stored.save(path, exif=exif)

    by_path, from_memory = decode_picture(path), decode_picture(path.read_bytes())
    assert by_path.pixels.shape == ((50, 30, 3) if orientation > 4 else (30, 50, 3))
    np.testing.assert_array_equal(by_path.pixels, from_memory.pixels)
    upright = np.asarray(stored.convert("L") if mode != "I;16" else stored)
    grey = (upright >> 8).astype(np.uint8) if mode == "I;16" else upright
    turned = {
        1: grey, 2: grey[:, ::-1], 3: np.rot90(grey, 2), 4: grey[::-1],
        5: grey.T, 6: np.rot90(grey, -1), 7: np.rot90(grey.T, 2), 8: np.rot90(grey),
    }[orientation]  # fmt: skip
    np.testing.assert_array_equal(by_path.pixels[..., 0], turned)
