"""``python -m inference calibrate-camera``: makes a camera's profile from photos of a board."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from assets.printed_page import PAPERS_MM, as_pdf, write_whole

HELP = "Calibrate a camera from photos of a ChArUco board, or print the board."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("photos", type=Path, nargs="*", metavar="PHOTO",
                        help="unedited photos of the board, about 15, all by one camera with one "
                        "lens and one focal length")  # fmt: skip
    parser.add_argument("--board", default="10x7:25:18", metavar="CxR:SQUARE:MARKER",
                        help="columns x rows of squares, side of a square and side of a marker, "
                        "millimetres (default: 10x7:25:18)")  # fmt: skip
    parser.add_argument("--print-board", action="store_true",
                        help="write the board as PDF to print, and calibrate "
                        "nothing")  # fmt: skip
    parser.add_argument("--paper", choices=tuple(PAPERS_MM), default="a4",
                        help="paper in the printer (default: a4)")  # fmt: skip
    parser.add_argument("-o", "--out", type=Path, metavar="FILE",
                        help="file to write: the profile as JSON (default: named by body, lens "
                        "and focal length, in the folder CAMERA_PROFILES if that is set, else in "
                        "this folder), or the board as PDF (default: "
                        "hairline-board.pdf)")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Calibrate or print; 1 where it cannot be done, with what is missing."""
    from inference.measure.scale.calibration import parse_board

    if args.out is None and args.print_board:
        args.out = Path("hairline-board.pdf")
    try:
        board = parse_board(args.board)
        if args.print_board:
            return _print_board(board, args)
        return _calibrate(board, args)
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"{args.out} cannot be written: {problem.strerror}. Give another -o.",
              file=sys.stderr)  # fmt: skip
        return 1


def _print_board(board, args: argparse.Namespace) -> int:  # type: ignore[no-untyped-def]
    from inference.render.calibration_board import calibration_board

    write_whole(as_pdf(calibration_board(board, args.paper)), args.out)
    print(f"{args.out}: print it at 100 % and measure a square.")
    return 0


def _calibrate(board, args: argparse.Namespace) -> int:  # type: ignore[no-untyped-def]
    from datetime import UTC, datetime

    from tqdm import tqdm

    from assets.findings import say
    from inference.imaging.decode import PictureError, decode_picture
    from inference.measure.scale.calibration import View, calibrate, look_at_board
    from inference.measure.scale.profiles import CameraProfile, file_name_of, save_profile

    if not args.photos:
        raise ValueError("Give the photos of the board, or --print-board to print one.")
    views = []
    for path in tqdm(args.photos, unit="photo", disable=not sys.stderr.isatty()):
        try:
            picture = decode_picture(path)
        except PictureError as problem:
            print(f"{path}: {problem}", file=sys.stderr)
            continue
        except OSError as problem:
            print(f"{path} cannot be read: {problem.strerror}.", file=sys.stderr)
            continue
        seen = look_at_board(path.name, picture.pixels, picture.metadata, board)
        if isinstance(seen, View):
            views.append(seen)
        else:
            told = say(seen)
            print(f"{told.sentence} {told.remedy}", file=sys.stderr)
    found = calibrate(views, board, datetime.now(UTC).date().isoformat())
    if not isinstance(found, CameraProfile):
        for missing in found:
            told = say(missing)
            print(f"{told.sentence} {told.remedy}", file=sys.stderr)
        return 1
    if args.out is None:
        args.out = Path(os.environ.get("CAMERA_PROFILES", ".")) / file_name_of(found)
        args.out.parent.mkdir(parents=True, exist_ok=True)
    save_profile(found, args.out)
    named = " ".join(part for part in (found.camera_make, found.camera_model) if part)
    print(
        f"{args.out}: {named or 'camera without a name in its photos'}, "
        f"focal length {found.focal_px[0]:.1f} × {found.focal_px[1]:.1f} px "
        f"± {200 * found.u_focal_relative:.2f} %, reprojection {found.reprojection_px:.2f} px, "
        f"{found.views} photos."
    )
    if found.camera_model is None:
        print("The photos name no camera, so no other photo will find this profile by itself.",
              file=sys.stderr)  # fmt: skip
    return 0
