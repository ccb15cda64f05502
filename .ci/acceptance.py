"""Acceptance: starts the demo from a clean copy, posts photographs by API, checks the cracks.

Usage: python3 .ci/acceptance.py COPY DATA
    COPY  a fresh clone; its own `make demo` installs what it needs
    DATA  the folder that holds segmentation/<set>/test/{images,masks}

The pictures were named before any network had seen them. A predicted line counts as right within
5 px of the skeleton of the mask, a pixel of that skeleton as found within 5 px of a predicted line;
pixels are pooled over all pictures.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

CRACKED = [
    *(f"deepcrack_256/{n}" for n in (
        "11125-3", "11215-13", "11231-6", "11239-3", "11247-8", "11258-1", "11269-2", "11289-1",
        "11296-19", "11302-2", "IMG_6469-6", "IMG_6528-1",
    )),
    *(f"rissbilder_walls/riss_9S6A{n}" for n in (
        "2788_39_378_3613_3635", "2834_626_86_3031_3301", "2887_852_425_2162_2764",
        "3090_1302_386_2455_2143",
    )),
]  # fmt: skip
WALL_PHOTOS = 4  # the first four of concrete_wall_photos/test by name
CRACK_FREE = 5  # every third of noncrack_walls/test by name
TOLERANCE_PX = 5
FLOOR = 0.6
MARKED_SHARE_LIMIT = 0.001
READY_WITHIN_S = 420  # the install included


class Client:
    """The API with a token; nothing but the standard library."""

    def __init__(self, base):
        self.base, self.token = base, None

    def call(self, method, path, *, data=None, file=None, raw=False):
        headers = {"Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Token {self.token}"
        body = None
        if file is not None:
            boundary = uuid.uuid4().hex
            head = (
                f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
                f'filename="{file.name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
            )
            body = head.encode() + file.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
            headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
        elif data is not None:
            body = json.dumps(data).encode()
            headers["Content-Type"] = "application/json"
        url = path if path.startswith("http") else self.base + path
        request = urllib.request.Request(url, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            sys.exit(f"{method} {path}: {error.code} {error.read()[:500]!r}")
        return content if raw else json.loads(content)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_ready(base, demo):
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if demo.poll() is not None:
            sys.exit(f"make demo ended with status {demo.returncode}.")
        try:
            with urllib.request.urlopen(base + "/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(1)
    sys.exit(f"The demo was not ready within {READY_WITHIN_S} s.")


def send_all(client, pictures):
    assets = client.call("GET", "/api/v1/assets/?page_size=1")["results"]
    inspection = client.call(
        "POST", "/api/v1/inspections/", data={"asset": assets[0]["id"], "kind": "walk"}
    )
    path = f"/api/v1/inspections/{inspection['id']}/photos/"
    ids = {name: client.call("POST", path, file=file)["id"] for name, file in pictures.items()}
    again = client.call("POST", path, file=next(iter(pictures.values())))["id"]
    assert again == next(iter(ids.values())), "the same photo sent twice must give the same row"
    return ids


def results(client, ids):
    done, deadline = {}, time.monotonic() + 600
    while len(done) < len(ids) and time.monotonic() < deadline:
        for name, pk in ids.items():
            if name not in done:
                photo = client.call("GET", f"/api/v1/photos/{pk}/")
                if photo["state"] not in ("queued", "processing"):
                    done[name] = photo
        time.sleep(1)
    if len(done) < len(ids):
        sys.exit(f"{len(ids) - len(done)} of {len(ids)} photos were not analysed within 600 s.")
    return done


SCORE = """
import io, json, sys
import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import distance_transform_edt
from skimage.morphology import skeletonize
job = json.load(sys.stdin)
tp = predicted = found = truth = 0
for item in job["cracked"]:
    mask = np.asarray(Image.open(item["mask"]).convert("L")) > 127
    drawn = Image.new("1", mask.shape[::-1])
    for line in item["lines"]:
        ImageDraw.Draw(drawn).line([tuple(p) for p in line], fill=1)
    lines, axis = np.asarray(drawn), skeletonize(mask)
    near_truth = distance_transform_edt(~axis) <= job["tolerance"] if axis.any() else axis
    near_lines = distance_transform_edt(~lines) <= job["tolerance"] if lines.any() else lines
    a, b = int((lines & near_truth).sum()), int(lines.sum())
    c, d = int((axis & near_lines).sum()), int(axis.sum())
    tp, predicted, found, truth = tp + a, predicted + b, found + c, truth + d
    figures = f"precision {a / max(b, 1):.2f}  recall {c / max(d, 1):.2f}"
    print(f"  {item['name']:<55} {figures}", file=sys.stderr)
marked = pixels = 0
for item in job["free"]:
    share = np.asarray(Image.open(item["mask"]).convert("L")) > 127
    marked, pixels = marked + int(share.sum()), pixels + share.size
    print(f"  {item['name']:<55} marked {share.mean():.4%}", file=sys.stderr)
print(json.dumps({"precision": tp / max(predicted, 1), "recall": found / max(truth, 1),
                  "marked_share": marked / max(pixels, 1)}))
"""


def score(copy, client, done, masks, free):
    """Scores in the copy's own environment, which has the libraries."""
    job = {"tolerance": TOLERANCE_PX, "cracked": [], "free": []}
    folder = Path(tempfile.mkdtemp())
    for name, photo in done.items():
        if name in free:
            file = folder / f"{photo['id']}.png"
            file.write_bytes(client.call("GET", f"/api/v1/photos/{photo['id']}/mask/", raw=True))
            job["free"].append({"name": name, "mask": str(file)})
        else:
            if photo["state"] != "done":
                sys.exit(f"{name} ended {photo['state']}: {photo['reason']}")
            lines = [crack["centreline_px"] for crack in photo["analysis"]["cracks"]]
            job["cracked"].append({"name": name, "mask": str(masks[name]), "lines": lines})
    python = copy / ".venv" / "bin" / "python"
    answer = subprocess.run(
        [python, "-c", SCORE], input=json.dumps(job), capture_output=True, text=True, check=False
    )
    print(answer.stderr)
    answer.check_returncode()
    return json.loads(answer.stdout)


def main():
    copy, data = Path(sys.argv[1]), Path(sys.argv[2]) / "segmentation"
    named = {name: data / name.replace("/", "/test/images/", 1) for name in CRACKED}
    cracked = {n: p.with_name(p.name + ".jpg") for n, p in named.items()}
    walls = sorted((data / "concrete_wall_photos/test/images").glob("*.jpg"))[:WALL_PHOTOS]
    cracked |= {f"concrete_wall_photos/{p.stem}": p for p in walls}
    free = {
        f"noncrack_walls/{p.stem}": p
        for p in sorted((data / "noncrack_walls/test/images").glob("*.jpg"))[::3][:CRACK_FREE]
    }
    assert len(cracked) == 20, len(cracked)
    assert len(free) == CRACK_FREE, len(free)
    masks = {n: p.parents[1] / "masks" / f"{p.stem}.png" for n, p in cracked.items()}

    # Told to end, it ends the demo, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("The acceptance was stopped."))
    port, password = free_port(), secrets.token_urlsafe(12)
    base = f"http://127.0.0.1:{port}"
    clean = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "DATA_DIR")}
    demo = subprocess.Popen(
        ["make", "demo", f"PORT={port}", f"DATA_DIR={copy}/data", f"DEMO_PASSWORD={password}"],
        cwd=copy, env=clean, stdin=subprocess.DEVNULL, start_new_session=True,
        # A shell without job control has its background jobs ignore Ctrl-C; the demo must not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        wait_until_ready(base, demo)
        client = Client(base)
        sign_in = {"username": "inspector@demo.example", "password": password}
        client.token = client.call("POST", "/api/v1/auth/token/", data=sign_in)["token"]
        started = time.monotonic()
        done = results(client, send_all(client, cracked | free))
        print(f"{len(done)} photos analysed in {time.monotonic() - started:.0f} s")
        figures = score(copy, client, done, masks, free)
    finally:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGINT)
            try:
                demo.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(demo.pid, signal.SIGKILL)
                sys.exit("The demo did not stop within 30 s of Ctrl-C.")
    print(json.dumps(figures | {"n_cracked": len(cracked), "n_crack_free": len(free)}))
    if figures["precision"] < FLOOR or figures["recall"] < FLOOR:
        sys.exit(f"Precision and recall at {TOLERANCE_PX} px must both be {FLOOR} or more.")
    if figures["marked_share"] > MARKED_SHARE_LIMIT:
        sys.exit(f"Crack-free walls are marked beyond {MARKED_SHARE_LIMIT:.1%} of their pixels.")
    print("acceptance: 25 passed, 0 failed")


if __name__ == "__main__":
    main()
