"""The forms. Each checks what a person can put right; the services check the rest.

A form is drawn by ``{% errorsummary form %}`` and ``{% field form.name %}``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets.errors import DomainError
from assets.models import Asset, AssetKind, Element, Inspection, InspectionKind, Role, User
from assets.scale_range import MM_PER_PX, is_too_large, read_number
from assets.services.given_scale import SCALE_RANGE
from assets.services.portfolio import LARGEST_AASHTO_NUMBER, OLDEST_YEAR, latest_year
from assets.time_zones import time_zones
from portal.sign_in.new_password import PASSWORD_RULES, require_same

Row = TypeVar("Row")


def refuse(form: forms.BaseForm, error: DomainError) -> None:
    """Puts a refusal of a service where it belongs: under its field, or on top."""
    words = f"{error.message} {error.hint}".strip()
    form.add_error(error.field if error.field in form.fields else None, words)


def tell_refusal(request: HttpRequest, error: DomainError) -> None:
    """Says on the next page what a service refused, and what helps."""
    messages.error(request, f"{error.message} {error.hint}".strip())


def saved(
    request: HttpRequest, form: forms.Form, service: Callable[..., Row], **given: Any
) -> Row | None:
    """What ``service`` makes of a form that was sent, called with ``given`` and what was filled in.

    None where there is nothing sent, or something to correct: then the form says what.
    """
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        return service(actor=request.user, **given, **form.cleaned_data)
    except DomainError as error:
        refuse(form, error)
        return None


def form_page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page with one form; 422 where it comes back with something to correct."""
    form = context["form"]
    status = 422 if form is not None and form.errors else 200
    return render(request, template, context, status=status)


class PlainForm(forms.Form):
    """A form that says what to do where something is missing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            chosen = isinstance(field.widget, forms.Select)
            sentence = _("Choose one here.") if chosen else _("Fill this in.")
            field.error_messages["required"] = sentence


class DegreesField(forms.FloatField):
    """Decimal degrees, with a comma or a point."""

    def __init__(self, *, limit: int, **options: Any) -> None:
        super().__init__(
            min_value=-limit,
            max_value=limit,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            **options,
        )
        sentence = gettext_lazy(
            "Type decimal degrees such as 52.51628; south and west are negative."
        )
        self.error_messages["invalid"] = sentence

    def to_python(self, value: Any) -> float | None:
        text = value.strip().replace(",", ".").rstrip("°") if isinstance(value, str) else value
        return super().to_python(text)


class ScaleField(forms.FloatField):
    """Millimetres per pixel, with a comma or a point."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            min_value=MM_PER_PX.least,
            max_value=MM_PER_PX.most,
            error_messages={
                "invalid": gettext_lazy("Type a number such as 0.25."),
                "min_value": SCALE_RANGE,
                "max_value": SCALE_RANGE,
            },
            **options,
        )

    def to_python(self, value: Any) -> float | None:
        if isinstance(value, str) and value.strip():
            if is_too_large(value):
                raise forms.ValidationError(self.error_messages["max_value"], code="max_value")
            number = read_number(value)
            if number is None:
                raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
            value = number
        return super().to_python(value)


def _zones() -> list[tuple[str, str]]:
    areas = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe")
    known = sorted(z for z in time_zones() if z.startswith((*areas, "Indian", "Pacific")))
    return [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in known)]


class AssetForm(PlainForm):
    """A structure. ``organisation`` is asked for only where the person could mean several."""

    organisation = forms.ModelChoiceField(
        queryset=None, label=gettext_lazy("Organisation"), empty_label=None
    )
    name = forms.CharField(max_length=160, label=gettext_lazy("Name"))
    code = forms.CharField(
        max_length=40,
        label=gettext_lazy("Code"),
        help_text=gettext_lazy("Your own number, such as BR-0417."),
    )
    kind = forms.ChoiceField(choices=AssetKind.choices, label=gettext_lazy("Kind"))
    latitude = DegreesField(limit=90, label=gettext_lazy("Latitude"))
    longitude = DegreesField(limit=180, label=gettext_lazy("Longitude"))
    time_zone = forms.ChoiceField(
        choices=_zones,
        widget=forms.Select(attrs={"translate": "no"}),  # names of a data base
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("For photos whose camera says no zone."),
    )
    year_built = forms.IntegerField(
        required=False,
        min_value=OLDEST_YEAR,
        label=gettext_lazy("Year built"),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    material = forms.CharField(
        required=False,
        max_length=60,
        label=gettext_lazy("Material"),
        help_text=gettext_lazy("Such as reinforced concrete."),
    )
    note = forms.CharField(
        required=False, label=gettext_lazy("Note"), widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, organisations: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if organisations is None or len(organisations) < 2:
            del self.fields["organisation"]
        else:
            self.fields["organisation"].queryset = organisations

    def clean_year_built(self) -> int | None:
        year = self.cleaned_data["year_built"]
        latest = latest_year()
        if year is not None and year > latest:
            raise forms.ValidationError(_("Give a year up to %(year)d.") % {"year": latest})
        return year

    @staticmethod
    def values_of(asset: Asset) -> dict[str, Any]:
        """The form's first contents when an asset is edited."""
        names = [name for name in AssetForm.base_fields if name != "organisation"]
        return {name: getattr(asset, name) for name in names}


class ElementForm(PlainForm):
    """A part of a structure."""

    name = forms.CharField(
        max_length=120,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("Such as deck, pier 2 east face, monolith 7."),
    )
    aashto_number = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=LARGEST_AASHTO_NUMBER,
        label=gettext_lazy("AASHTO element number"),
        help_text=gettext_lazy("Such as 12 for a reinforced concrete deck."),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    note = forms.CharField(
        required=False, label=gettext_lazy("Note"), widget=forms.Textarea(attrs={"rows": 3})
    )

    @staticmethod
    def values_of(element: Element) -> dict[str, Any]:
        """The form's first contents when an element is edited."""
        return {name: getattr(element, name) for name in ElementForm.base_fields}


class InspectionForm(PlainForm):
    """A visit."""

    kind = forms.ChoiceField(
        choices=InspectionKind.choices, label=gettext_lazy("How the photos are taken")
    )
    held_on = forms.DateField(
        label=gettext_lazy("Date"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    title = forms.CharField(
        required=False,
        max_length=120,
        label=gettext_lazy("Title"),
        help_text=gettext_lazy("Left empty, the kind and the date stand for it."),
    )
    element = forms.ModelChoiceField(
        queryset=None,
        required=False,
        label=gettext_lazy("What the photos show"),
        empty_label=gettext_lazy("No part in particular"),
    )
    gsd_mm_per_px = ScaleField(
        required=False,
        label=gettext_lazy("Scale"),
        help_text=gettext_lazy(
            "Millimetres of concrete per pixel, for photos without a scale of their own. "
            "Without it cracks are found and followed in pixels, but not graded."
        ),
    )
    note = forms.CharField(
        required=False, label=gettext_lazy("Note"), widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, asset: Asset, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["element"].queryset = asset.elements.filter(is_whole=False)

    @staticmethod
    def values_of(inspection: Inspection) -> dict[str, Any]:
        """The form's first contents when a visit is edited."""
        return {name: getattr(inspection, name) for name in InspectionForm.base_fields}


class InvitationForm(PlainForm):
    """Somebody who is asked to join the organisation."""

    organisation = forms.ModelChoiceField(
        queryset=None, label=gettext_lazy("Organisation"), empty_label=None
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("They will sign in with it."),
    )
    role = forms.ChoiceField(choices=Role.choices, label=gettext_lazy("Role"))

    def __init__(self, *args: Any, organisations: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(organisations) < 2:
            del self.fields["organisation"]
        else:
            self.fields["organisation"].queryset = organisations


def _new_password(label: Any, **options: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(max_length=256, strip=False, label=label, widget=widget, **options)


class _PasswordTwiceMixin:
    cleaned_data: dict[str, Any]

    def clean_password_again(self) -> str:
        again = str(self.cleaned_data["password_again"])
        require_same(self.cleaned_data.get("password"), again)
        return again


class NewAccountForm(_PasswordTwiceMixin, PlainForm):
    """The form for joining as a new person; the address is the invited one."""

    name = forms.CharField(
        required=False,
        max_length=120,
        label=gettext_lazy("Your name"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = _new_password(gettext_lazy("Password"), help_text=PASSWORD_RULES)
    password_again = _new_password(gettext_lazy("Password again"))


class JoinForm(_PasswordTwiceMixin, PlainForm):
    """The form for joining with an account that has a password: the old one, and a new one.

    The one so far is asked for, because a session that somebody else got hold of must not set a
    new one by an invitation of their own making.
    """

    password_now = forms.CharField(
        max_length=256,
        strip=False,
        label=gettext_lazy("Password now"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    password = _new_password(gettext_lazy("New password"), help_text=PASSWORD_RULES)
    password_again = _new_password(gettext_lazy("New password again"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password_now(self) -> str:
        """Counted like a sign-in, by the same limits."""
        now = str(self.cleaned_data["password_now"])
        if not get_adapter().reauthenticate(self.user, now):
            raise get_adapter().validation_error("incorrect_password")
        return now


class NameForm(PlainForm):
    """The person's own name, as others see it."""

    name = forms.CharField(required=False, max_length=120, label=gettext_lazy("Your name"))
