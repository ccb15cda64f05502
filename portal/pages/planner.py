"""The capture planner: the distance from which a camera sees a crack finely enough.

The page brings cameras and rule sets; the browser does the arithmetic, so that the page goes on
working under a bridge without a network. A service worker of this page alone keeps it for being
opened there again: without the frame of a signed-in person, so that nobody's name is kept.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from assets.severity import DESIGN_GUIDES, RULE_SETS, RuleSet
from portal.pages.doors import signed_in
from portal.wording import rules_in_words


class PresetCamera(NamedTuple):
    """A camera to choose, from the makers' data sheets.

    Attributes:
        sensor_mm: longer side of the sensor.
        image_px: (width, height) of its full photos.
        focal_mm: of its lens; of a common one where lenses change.
    """

    key: str
    title: Promise | str
    sensor_mm: float
    image_px: tuple[int, int]
    focal_mm: float


CAMERAS = (
    PresetCamera("full-frame-24", gettext_lazy("Full frame, 24 megapixels, 50 mm"),
                 36.0, (6000, 4000), 50.0),
    PresetCamera("full-frame-45", gettext_lazy("Full frame, 45 megapixels, 50 mm"),
                 36.0, (8192, 5464), 50.0),
    PresetCamera("aps-c-24", gettext_lazy("APS-C, 24 megapixels, 35 mm"),
                 23.5, (6000, 4000), 35.0),
    # 8064 pixels of 1.22 µm; the lens is the usual 24 mm in 35 mm terms.
    PresetCamera("phone-48", gettext_lazy("Phone, 1/1.28 inch, 48 megapixels"),
                 9.84, (8064, 6048), 6.8),
    PresetCamera("phone-12", gettext_lazy("Phone, 1/1.28 inch, 12 megapixels"),
                 9.84, (4032, 3024), 6.8),
    PresetCamera("mavic-3e", "DJI Mavic 3 Enterprise", 17.3, (5280, 3956), 12.29),
    PresetCamera("mavic-2-pro", "DJI Mavic 2 Pro", 13.2, (5472, 3648), 10.26),
    PresetCamera("phantom-4-pro", "DJI Phantom 4 Pro", 13.2, (5472, 3648), 8.8),
    PresetCamera("zenmuse-p1", gettext_lazy("DJI Zenmuse P1, 35 mm"), 35.9, (8192, 5460), 35.0),
)  # fmt: skip
FIRST = "phone-12"


def rule_set_data(rules: RuleSet) -> dict[str, Any]:
    """A rule set for the browser: the width, in mm, from which each state holds."""
    limits = [{"code": code, "from_mm": width} for code, width in rules.thresholds_mm()]
    return {"key": rules.key, "limits": limits}


def _context() -> dict[str, Any]:
    rule_sets = [rules_in_words(one) for one in (*RULE_SETS.values(), *DESIGN_GUIDES.values())]
    return {
        "cameras": CAMERAS,
        "first": next(camera for camera in CAMERAS if camera.key == FIRST),
        "rule_sets": rule_sets,
        "data": {
            "cameras": {
                camera.key: [camera.sensor_mm, *camera.image_px, camera.focal_mm]
                for camera in CAMERAS
            },
            "ruleSets": [rule_set_data(rules) for rules in rule_sets],
        },
        "place": "planner",
    }


@require_GET
@signed_in
def planner(request: HttpRequest) -> HttpResponse:
    """The page of the capture planner."""
    return render(request, "planner/planner.html", _context())


@require_GET
def planner_offline(request: HttpRequest) -> HttpResponse:
    """The same page as it is kept: it shows published standards and cameras, and no one's data."""
    return HttpResponse(render_to_string("planner/offline.html", _context()))


# What the kept page loads: its styles, scripts and icons.
OFFLINE_FILES = (
    "favicon.svg",
    "icons.svg",
    "css/hairline.css",
    "css/places.css",
    "css/planner.css",
    "js/capture_plan.js",
    "js/numbers.js",
    "js/planner.js",
    "js/theme-early.js",
    "js/words.js",
)
WORKER = "js/planner-worker.js"


@cache
def _contents(name: str) -> bytes:
    found = finders.find(name)
    assert isinstance(found, str), f"{name} is not among the static files."
    return Path(found).read_bytes()


@require_GET
def planner_worker(request: HttpRequest) -> HttpResponse:
    """The service worker; from here its scope is the planner, and from /static/ it would be none.

    The name of what it keeps changes with any of its files, so that browsers fetch them anew.
    """
    page = render_to_string("planner/offline.html", _context())
    whole = b"".join([page.encode(), *map(_contents, (*OFFLINE_FILES, WORKER))])
    known = {
        "FILES": [static(name) for name in OFFLINE_FILES],
        "PAGE": reverse("planner-offline"),
        "KEPT": f"planner-{hashlib.sha256(whole).hexdigest()[:16]}",
    }
    head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in known.items())
    answer = HttpResponse(head + _contents(WORKER).decode(), content_type="text/javascript")
    answer["Cache-Control"] = "no-cache"
    return answer


urlpatterns = [
    path("planner/", planner, name="planner"),
    path("planner/offline/", planner_offline, name="planner-offline"),
    path("planner/worker.js", planner_worker, name="planner-worker"),
]
