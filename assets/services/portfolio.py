"""Adds and changes assets and elements. Nothing is deleted."""

from __future__ import annotations

import math
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assets.cells import cell_of
from assets.constraints import violated
from assets.errors import DomainError
from assets.models import Asset, Element, Organisation, User
from assets.services.ledger import Entry, append_event
from assets.texts import LONGEST_NOTE, sound_text

ASSET_FIELDS = (
    "kind",
    "code",
    "name",
    "latitude",
    "longitude",
    "year_built",
    "material",
    "time_zone",
    "note",
)
ELEMENT_FIELDS = ("name", "aashto_number", "note")
OLDEST_YEAR = 1000
LARGEST_AASHTO_NUMBER = 9999


def create_asset(*, organisation: Organisation, actor: User | None, **fields: Any) -> Asset:
    """Adds a structure, with the element that stands for the whole of it.

    Args:
        fields: of :data:`ASSET_FIELDS`; code, name, kind, latitude and longitude are needed.

    Raises:
        DomainError: ``code_taken``, or ``invalid`` with the field that is wrong.
    """
    asset = Asset(organisation=organisation)
    _assign(asset, fields, ASSET_FIELDS)
    _prepare(asset)
    with transaction.atomic():
        _save(asset, _code_taken(asset))
        # Not translated: it is data of the organisation, which may rename it.
        Element.objects.create(asset=asset, name="Whole structure", is_whole=True)
        append_event(
            organisation=organisation,
            entry=Entry(
                "asset.created",
                "asset",
                asset.pk,
                after=_values(asset, ASSET_FIELDS),
                asset_id=asset.pk,
            ),
            actor=actor,
        )
    return asset


def edit_asset(*, asset: Asset, actor: User | None, **changes: Any) -> Asset:
    """Changes what is known of a structure; unchanged values write nothing.

    Raises:
        DomainError: ``code_taken``, or ``invalid`` with the field that is wrong.
    """
    with transaction.atomic():
        row = Asset.objects.select_for_update(no_key=True).get(pk=asset.pk)
        before = _values(row, ASSET_FIELDS)
        _assign(row, changes, ASSET_FIELDS)
        _prepare(row)
        after = _values(row, ASSET_FIELDS)
        if before == after:
            return row
        _save(row, _code_taken(row), [*ASSET_FIELDS, "map_cell", "updated_at"])
        append_event(
            organisation=row.organisation_id,
            entry=_changed("asset", row.pk, before, after, asset_id=row.pk),
            actor=actor,
        )
    return row


def create_element(*, asset: Asset, actor: User | None, **fields: Any) -> Element:
    """Adds a part of a structure: deck, pier 2 east face, monolith 7.

    Raises:
        DomainError: ``name_taken``, or ``invalid`` with the field that is wrong.
    """
    element = Element(asset=asset)
    _assign(element, fields, ELEMENT_FIELDS)
    _validate(element)
    with transaction.atomic():
        _save(element, _name_taken(element))
        after = {"asset": asset.pk, **_values(element, ELEMENT_FIELDS)}
        append_event(
            organisation=asset.organisation_id,
            entry=Entry("element.created", "element", element.pk, after=after, asset_id=asset.pk),
            actor=actor,
        )
    return element


def edit_element(*, element: Element, actor: User | None, **changes: Any) -> Element:
    """Changes what is known of a part; unchanged values write nothing.

    Raises:
        DomainError: ``name_taken``, or ``invalid`` with the field that is wrong.
    """
    with transaction.atomic():
        rows = Element.objects.select_for_update(no_key=True, of=("self",))
        row = rows.select_related("asset").get(pk=element.pk)
        before = _values(row, ELEMENT_FIELDS)
        _assign(row, changes, ELEMENT_FIELDS)
        _validate(row)
        after = _values(row, ELEMENT_FIELDS)
        if before == after:
            return row
        _save(row, _name_taken(row), ELEMENT_FIELDS)
        append_event(
            organisation=row.asset.organisation_id,
            entry=_changed("element", row.pk, before, after, asset_id=row.asset_id),
            actor=actor,
        )
    return row


def _assign(row: models.Model, values: dict[str, Any], allowed: tuple[str, ...]) -> None:
    if unknown := set(values) - set(allowed):
        raise TypeError(f"{type(row).__name__} takes no {', '.join(sorted(unknown))} here.")
    for name, value in values.items():
        setattr(row, name, _kept(name, value))


def _kept(name: str, value: Any) -> Any:
    """A text as it is kept; the columns themselves say which is shorter than a note."""
    return sound_text(value, field=name, most=LONGEST_NOTE) if isinstance(value, str) else value


def _check_numbers(row: Asset | Element) -> None:
    """Years and element numbers that cannot be; what the columns hold differs by database."""
    name, least, most = (
        ("year_built", OLDEST_YEAR, latest_year())
        if isinstance(row, Asset)
        else ("aashto_number", 1, LARGEST_AASHTO_NUMBER)
    )
    value = getattr(row, name)
    if isinstance(value, int) and not least <= value <= most:
        raise DomainError(
            "invalid",
            _("A %(name)s lies between %(least)d and %(most)d.")
            % {"name": row._meta.get_field(name).verbose_name, "least": least, "most": most},
            _("Correct it, or leave it out."),
            field=name,
        )


def latest_year() -> int:
    """The last year that a structure under construction may be of."""
    return timezone.now().year + 10


def _prepare(asset: Asset) -> None:
    for name in ("latitude", "longitude"):
        value = getattr(asset, name)
        limit = 90 if name == "latitude" else 180
        if value is None or not math.isfinite(value) or not -limit <= value <= limit:
            raise DomainError(
                "invalid",
                _("A %(name)s lies between -%(limit)d and %(limit)d degrees.")
                % {"name": asset._meta.get_field(name).verbose_name, "limit": limit},
                _("Give decimal degrees (WGS84); south and west are negative."),
                field=name,
            )
    asset.map_cell = cell_of(asset.latitude, asset.longitude)
    _validate(asset)


def _validate(row: Asset | Element) -> None:
    """Field by field as the model says; the first thing wrong, as a sentence with its field."""
    _check_numbers(row)
    try:
        row.clean_fields()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise DomainError(
            "invalid", messages[0], _("Correct it and send it again."), field=field
        ) from None


TAKEN = {"asset_code_once_an_organisation", "element_name_once_an_asset"}


def _save(row: models.Model, taken: DomainError, fields: Any = None) -> None:
    try:
        with transaction.atomic():
            row.save(update_fields=fields)
    except IntegrityError as error:
        if violated(error) in TAKEN:
            raise taken from None  # with the value in the sentence
        raise


def _code_taken(asset: Asset) -> DomainError:
    return DomainError(
        "code_taken",
        _("Another asset has the code %(code)s already.") % {"code": asset.code},
        _("Give this one its own code, or open the other one."),
        field="code",
    )


def _name_taken(element: Element) -> DomainError:
    return DomainError(
        "name_taken",
        _("This asset has an element called %(name)s already.") % {"name": element.name},
        _("Give this one its own name."),
        field="name",
    )


def _values(row: models.Model, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _changed(
    kind: str, pk: int, before: dict[str, Any], after: dict[str, Any], *, asset_id: int
) -> Entry:
    """Only what differs goes into the ledger."""
    names = [name for name in after if before[name] != after[name]]
    return Entry(
        f"{kind}.edited",
        kind,
        pk,
        before={name: before[name] for name in names},
        after={name: after[name] for name in names},
        asset_id=asset_id,
    )
