"""The texts of the scripts, by script. All texts for the browser go through here.

A page brings the words of its scripts with ``{% words "upload" %}``; ``static/js/words.js`` reads
them there, fills ``{name}`` in and chooses the plural. No sentence stands in a script.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.functional import Promise
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from assets.severity import GRADES, NONE_OPEN, UNGRADED
from portal.wording import level_key, level_name_lazy

# Numbers among which every plural form of every language is found.
SAMPLES = (1, 2, 3, 5, 0, 6, 8, 11, 12, 20, 21, 22, 100, 101, 102, 1_000_000)


@dataclass(frozen=True)
class Counted:
    """A text with plurals, which ``n`` chooses.

    Attributes:
        text: what ``ngettext_lazy`` gave for both English forms.
    """

    text: Any

    def forms(self) -> dict[str, str]:
        """Each form of the active language under the first number of ``SAMPLES`` that takes it."""
        found: dict[str, str] = {}
        for number in SAMPLES:
            form = str(self.text % number)
            if form not in found.values():
                found[str(number)] = form
        return found


Words = Mapping[str, Promise | str | Counted]

WORDS: dict[str, Words] = {
    "copy": {
        "done": _("Copied"),
        "by_hand": _("Press Ctrl and C"),
    },
    "live": {
        "live": _("Live"),
        "lost": _("Reconnecting"),
        "stale": _(
            "You see the state of {time}. It goes on by itself when the connection is back."
        ),
    },
    "markers": {
        "asset": _("{name}, {code}: {level}"),
        "cluster": Counted(ngettext_lazy("{n} asset: {levels}", "{n} assets: {levels}")),
        "of_level": _("{count} {level}"),
        "failed": _("The map could not be fetched. It is tried again when you move it."),
        **{
            f"level_{level_key(level)}": level_name_lazy(level)
            for level in (NONE_OPEN, *GRADES, UNGRADED)
        },
    },
    "planner": {
        "number": _("Give a number above 0."),
        "whole": _("Give whole pixels, 1 or more."),
        "camera": _("A sensor, a photo and a focal length are above 0."),
        "distance": _("Give a distance between {least} and {most} m."),
        "focus": _("This lens cannot be in focus so close. Give more than {least} m."),
        "too_near": _(
            "For that width the camera would have to stand at {distance} m, closer than it can. "
            "Take a longer lens, a finer sensor or a magnifier."
        ),
        "too_far": _("That width is seen from {most} m on. Give a smaller width."),
        "width": _("Give a crack width in millimetres above 0."),
        "overlap": _("Give an overlap between 0 and 95 %."),
        "element": _("Give both width and height, in metres above 0, or leave both empty."),
        "missing": _("Fill in “{field}” to see the plan."),
        "wrong": _("{field}: {problem}"),
        "level": _("level"),
        "upright": _("upright"),
        "smallest": _("{width} ({code})"),
        "none_told": _("none; come closer"),
        "all_told": _("All told apart from {distance} m or closer"),
        "never_told": _("The limits lie too close to be told apart by a photo"),
        "distance_is": _("Photograph from {distance} m or closer"),
        "pixel_is": _("A pixel covers {gsd} mm"),
        "by": _("{across} × {down}"),
    },
    "theme": {
        "system": _("Theme: as the system"),
        "light": _("Theme: light"),
        "dark": _("Theme: dark"),
    },
    "two-points": {
        "first": _(
            "Mark the first end of a length that you know: click, tap, or press Enter with the "
            "cross on it."
        ),
        "second": _("Now mark its other end."),
        "both": _(
            "Drag the points, or move them with the arrow keys, until they lie exactly on the ends."
        ),
        "point": _("Point {number}: arrow keys move it by a pixel, with Shift by ten"),
        "apart": _("{distance} apart"),
        "pixel": _("a pixel covers {size} mm"),
        "missing": _("Mark both points in the photo first."),
        "close": _(
            "The two points are too close together for a scale. Choose something at least 40 "
            "pixels long."
        ),
        "number": _("Type the length between the points as a number above 0, such as 50."),
        "offline": _("The server did not answer. Nothing is lost: press Keep again."),
    },
    "upload": {
        "waiting": _("Waits to be sent"),
        "sending": _("Sending {share}. You may go on taking photos."),
        "storing": _("Sent; being stored"),
        "offline": _("No connection. Tried again in {seconds} s; nothing is lost."),
        "busy": _("The server is busy. Tried again in {seconds} s."),
        "duplicate": _("Already here: the same file was sent before. Nothing was added twice."),
        "refused": _("The server refused this file. Choose another."),
        "capture": _("Photo"),
        "left": Counted(ngettext_lazy("{n} still to send", "{n} still to send")),
    },
    "width-strip": {
        "title": _("Width along {crack}"),
        "at": _("{width} at {place}"),
        "left_out": _("left out"),
        "left_out_for": _("left out, {reason}"),
        "nothing_at": _("{place}: {why}"),
        "gap": _("{reason}: {stretches} {unit}"),
        "along": _("Along the crack ({unit})"),
        "width": _("Width ({unit})"),
    },
}


def words_for(name: str) -> dict[str, str | dict[str, str]]:
    """The words of the script ``name`` in the active language, plurals as ``Counted.forms``.

    Raises:
        KeyError: there is no such script here.
    """
    return {
        key: text.forms() if isinstance(text, Counted) else str(text)
        for key, text in WORDS[name].items()
    }


@lru_cache(maxsize=256)
def _block(name: str, language: str | None) -> SafeString:
    return json_script(words_for(name), f"words-{name}")


def words_block(name: str) -> SafeString:
    """The words of the script ``name`` as ``<script id="words-NAME" type="application/json">``."""
    return _block(name, get_language())
