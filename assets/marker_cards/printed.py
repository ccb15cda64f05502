"""The page with a marker card: markers of known size, a ruler to check the printer, a QR code.

The markers give a photo its scale; the QR code opens the page of the asset or element on a phone,
where the photo is sent from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import qrcode

from assets.findings.formats import fill
from assets.marked import gettext_noop as _
from assets.marker_cards.layouts import TITLES, CardLayout, card
from assets.marker_cards.patterns import card_pattern
from assets.printed_page import PAPERS_MM, Cells, Label, Page, black_runs

TOP_MM = {"a5": 0.0, "credit-card": 25.0}
HAIRLINE_MM, RULER_MM = 0.1, 0.2
MIN_QR_MODULE_MM = 0.45

# What is printed, with places for {values}; whoever prints for a person translates it.
TITLE = _("Hairline marker card {layout} {number}")
NAME, SHORT_NAME = _("Hairline marker card {number}"), _("Hairline card {number}")
SIDES = _("black squares {side} mm, {family}")
CHECK = _("Check the printer: this ruler must measure {ruler} mm.")
ADVICE = (
    _("Print at 100 % (“actual size”, no “fit to page”), on matt white paper."),
    _(
        "Lay a ruler on the printed one: 0 to {ruler} must be {ruler} mm within {within} mm. If it "
        "is not, print again at 100 %, or measure a black square ({side} mm) and tell Hairline its "
        "side."
    ),
    _(
        "Cut along the line and glue the card to something stiff and flat. Do not laminate it "
        "glossy: reflections hide the markers."
    ),
    _(
        "Lay or tape it flat on the surface, beside the crack and not on it, with its white margin "
        "uncovered. Face the surface. A black square should be 200 pixels or more in the photo."
    ),
    _("Several cards in one photo make the scale hold farther from each: use different numbers."),
)
WORDS = (TITLE, NAME, SHORT_NAME, SIDES, CHECK, *ADVICE, *TITLES)


@dataclass(frozen=True, slots=True)
class Language:
    """In which language a card is printed; English unless told.

    Attributes:
        words: texts of :data:`WORDS` -> what stands for them.
        decimal_sign: of numbers.
    """

    words: Mapping[str, str] = field(default_factory=dict)
    decimal_sign: str = "."

    def say(self, text: str, **places: object) -> str:
        """A text of :data:`WORDS` with its values; numbers as the language writes them."""
        shown = {name: self._shown(value) for name, value in places.items()}
        return fill(text, self.words.get(text, text), shown)

    def _shown(self, value: object) -> str:
        return (
            f"{value:g}".replace(".", self.decimal_sign) if isinstance(value, float) else str(value)
        )


ENGLISH = Language()


@dataclass(frozen=True, slots=True)
class CardText:
    """What is printed beside the markers.

    Attributes:
        url: the page that the QR code opens; None leaves the code out.
        asset, element: as the owner calls them.
    """

    url: str | None = None
    asset: str = ""
    element: str = ""


def marker_card(
    size: str, paper: str, text: CardText, number: int = 1, language: Language = ENGLISH
) -> Page:
    """A page with one card on it.

    Args:
        size: ``a5`` or ``credit-card``.
        paper: ``a4`` or ``letter``.
        number: 1 to 8; cards in one picture need different numbers.

    Raises:
        ValueError: for a size, paper, number or address that cannot be printed, with the remedy.
    """
    if paper not in PAPERS_MM:
        raise ValueError(f"There is no paper {paper!r}. Papers are {', '.join(PAPERS_MM)}.")
    layout = card(size, number)
    title = language.say(TITLE, layout=language.say(layout.title), number=number)
    page = Page(title=title, paper=paper)
    left, top = (PAPERS_MM[paper][0] - layout.width_mm) / 2, TOP_MM[size]
    for marker in layout.markers:
        cells = card_pattern(marker.marker_id)
        page.blocks.append(
            Cells(
                left + marker.left_mm, top + marker.top_mm,
                layout.side_mm / len(cells), black_runs(cells),
            )
        )  # fmt: skip
    if text.url is not None:
        page.blocks.append(
            _qr_code(text.url, left + layout.qr_left_mm, top + layout.qr_top_mm, layout.qr_mm)
        )
    _ruler(page, layout, left, top)
    _names(page, layout, text, language, left, top)
    _outline(page, layout, left, top)
    _advice(page, layout, language, top)
    return page


def _qr_code(url: str, x_mm: float, y_mm: float, side_mm: float) -> Cells:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(
            f"{url!r} is no address for a QR code. Give it whole, such as "
            "https://hairline.example.org/assets/12/."
        )
    code = qrcode.QRCode(border=0, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(url)
    try:
        code.make(fit=True)
    except ValueError as problem:  # longer than the largest code holds
        raise _too_long(url) from problem
    white = [[not black for black in row] for row in code.get_matrix()]
    if side_mm / len(white) < MIN_QR_MODULE_MM:
        raise _too_long(url)
    return Cells(x_mm, y_mm, side_mm / len(white), black_runs(white))


def _too_long(url: str) -> ValueError:
    return ValueError(
        f"The address has {len(url)} characters, too many for a QR code of this card. Use a "
        "shorter address, or the A5 card."
    )


def _ruler(page: Page, layout: CardLayout, left: float, top: float) -> None:
    x, y = left + layout.ruler_left_mm, top + layout.ruler_top_mm
    # The outer edges of the first and the last stroke are the ruler's length apart, so that a
    # ruler laid on them reads it.
    for millimetre in range(layout.ruler_mm + 1):
        length = 4.0 if millimetre % 10 == 0 else 3.0 if millimetre % 5 == 0 else 2.0
        inset = RULER_MM / 2 if millimetre == 0 else 0.0
        inset = -RULER_MM / 2 if millimetre == layout.ruler_mm else inset
        at = x + millimetre + inset
        page.lines.append((at, y, at, y + length, RULER_MM))
        if millimetre % 10 == 0:
            page.labels.append(
                Label(x + millimetre - 5, y + 4.2, 10, 3, str(millimetre), 5.5, "center")
            )


def _names(
    page: Page, layout: CardLayout, text: CardText, language: Language, left: float, top: float
) -> None:
    sides = language.say(SIDES, side=layout.side_mm, family=layout.family)
    if layout.key == "a5":
        x, width = left + 58, layout.width_mm - 116
        page.labels += [
            Label(x, top + 11, width, 7, text.asset, 14, "center", bold=True),
            Label(x, top + 18.5, width, 6, text.element, 11, "center"),
            Label(x, top + 26, width, 4, language.say(NAME, number=layout.number), 8, "center"),
            Label(x, top + 84, width, 4, sides, 8, "center"),
            Label(x, top + 118, width, 8,
                  language.say(CHECK, ruler=layout.ruler_mm), 8, "center"),
        ]  # fmt: skip
        if text.url:
            page.labels.append(Label(x, top + 90, width, 4, text.url, 6, "center"))
        return
    x, width = left + 46.5, layout.width_mm - 48.5
    name = language.say(SHORT_NAME, number=layout.number)
    page.labels += [
        Label(x, top + 32.4, width, 4.0, text.asset, 7, "center", bold=True),
        Label(x, top + 36.3, width, 3.4, text.element, 6, "center"),
        Label(x, top + 39.6, width, 2.9, name, 5, "center"),
        Label(x, top + 42.4, width, 2.9, sides, 5, "center"),
    ]


def _outline(page: Page, layout: CardLayout, left: float, top: float) -> None:
    """The lines along which to cut."""
    right, bottom = left + layout.width_mm, top + layout.height_mm
    if layout.key == "a5":
        page.lines.append((0, bottom, page.size_mm[0], bottom, HAIRLINE_MM))
        return
    for y in (top, bottom):
        page.lines.append((left, y, right, y, HAIRLINE_MM))
    for x in (left, right):
        page.lines.append((x, top, x, bottom, HAIRLINE_MM))


def _advice(page: Page, layout: CardLayout, language: Language, top: float) -> None:
    """The instructions for printing and use, below the card."""
    values = {
        "ruler": layout.ruler_mm,
        "within": round(0.006 * layout.ruler_mm, 1),
        "side": layout.side_mm,
    }
    sentences = [language.say(one, **values) for one in ADVICE]
    y = top + layout.height_mm + 12
    for sentence in sentences:
        page.labels.append(Label(25, y, page.size_mm[0] - 50, 12, sentence, 10))
        y += 8 if len(sentence) < 90 else 13
