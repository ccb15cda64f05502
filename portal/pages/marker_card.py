"""Marker cards of an asset to print, and the address that their QR code opens."""

from __future__ import annotations

from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from assets.errors import DomainError
from assets.marker_cards.layouts import NUMBERS, SIZES, CardLayout, card
from assets.models import Asset, Element
from assets.printed_page import PAPERS_MM
from assets.selectors.inspection import list_inspections
from portal.errors import error_page
from portal.pages.doors import signed_in, visible_or_404
from portal.pages.forms import tell_refusal
from portal.pages.shell import Shell
from portal.print.marker_cards import BUSY, marker_card_pdf
from portal.site_errors import WAIT, SiteError
from portal.whole_numbers import whole_number

PAPERS = {"a4": gettext_lazy("A4"), "letter": gettext_lazy("Letter")}


def _asset(request: HttpRequest, pk: int) -> Asset:
    asset: Asset = visible_or_404(Asset.objects.all(), request.user, pk=pk)
    return asset


def _element(request: HttpRequest, asset: Asset) -> Element | None:
    """The part that the address names; None where it names none of this asset."""
    wanted = whole_number(request.GET.get("element", ""))
    if wanted is None:
        return None
    parts = Element.objects.visible_to(request.user).filter(asset=asset, is_whole=False)
    return parts.filter(pk=wanted).first()


def _with_element(address: str, element: Element | None) -> str:
    return address if element is None else f"{address}?{urlencode({'element': element.pk})}"


@require_GET
@signed_in
def marker_card(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose size, paper, number and element of the card to print."""
    asset = _asset(request, pk)
    context = {
        "asset": asset,
        "element": _element(request, asset),
        "elements": Element.objects.visible_to(request.user).filter(asset=asset, is_whole=False),
        "numbers": NUMBERS,
        "sizes": [(size, _in_words(card(size))) for size in SIZES],
        "papers": [(paper, PAPERS[paper]) for paper in PAPERS_MM],
        "opens": request.build_absolute_uri(reverse("asset-send", args=[pk])),
        "place": "map",
    }
    return render(request, "asset/marker_card.html", context)


@require_GET
@signed_in
def marker_card_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The card as PDF; its QR code opens the place from which a phone sends photos."""
    asset = _asset(request, pk)
    element = _element(request, asset)
    number = request.GET.get("number", "1")
    send = reverse("asset-send", args=[pk])
    try:
        pdf = marker_card_pdf(
            size=request.GET.get("size", SIZES[0]),
            paper=request.GET.get("paper", next(iter(PAPERS_MM))),
            number=whole_number(number) or 0,
            url=request.build_absolute_uri(_with_element(send, element)),
            asset=f"{asset.name}  {asset.code}",
            element=element.name if element else "",
        )
    except DomainError as error:
        if error.code == BUSY:
            return _busy(request, error)
        tell_refusal(request, error)
        return redirect(_with_element(reverse("marker-card", args=[pk]), element))
    name = slugify(f"{asset.code} {element.name if element else ''} marker-card-{number}")
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer


def _in_words(layout: CardLayout) -> str:
    names = {"a5": _("A5"), "credit-card": _("Credit card")}
    return f"{names[layout.key]}, {layout.width_mm:.0f} × {layout.height_mm:.0f} mm"


def _busy(request: HttpRequest, error: DomainError) -> HttpResponse:
    return error_page(request, SiteError(error.code, error.message, error.hint, 503, WAIT))


@require_GET
@signed_in
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """The page behind the card's QR code: today's visit to the asset, or the form for a visit."""
    asset = _asset(request, pk)
    Shell.of(request).require("photo.upload", asset.organisation_id)
    element = _element(request, asset)
    today = timezone.now().astimezone(ZoneInfo(asset.time_zone)).date()
    visit = list_inspections(request.user, asset=asset).filter(held_on=today).first()
    if visit is None:
        return redirect(_with_element(reverse("inspection-new", args=[pk]), element))
    return redirect(_with_element(reverse("inspection", args=[visit.pk]), element))


urlpatterns = [
    path("assets/<int:pk>/marker-card/", marker_card, name="marker-card"),
    path("assets/<int:pk>/marker-card.pdf", marker_card_file, name="marker-card-pdf"),
    path("assets/<int:pk>/send/", send, name="asset-send"),
]
