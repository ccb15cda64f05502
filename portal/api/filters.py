"""The filters of lists. An unknown value or name is an error, never ignored."""

from __future__ import annotations

import math
from typing import Any

from django import forms
from django.db.models import F, Model, OrderBy, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters import rest_framework as filters
from django_filters.utils import translate_validation
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request

from assets.models import (
    AlertRule,
    AssetKind,
    DefectKind,
    DefectState,
    InspectionKind,
    PhotoState,
)
from assets.selectors.portfolio import filter_assets
from assets.severity import GRADES, NONE_OPEN, RULE_SETS, UNGRADED
from portal.api.patterns import ROW_ID, SOUND
from portal.whole_numbers import whole_number

PAGING = {"page", "page_size", "ordering"}
MAY_BE_EMPTY = {"search", "code"}  # an empty text is a text too, and finds everything
LONGEST_WORDS = 200  # characters
BOX = {
    "type": "string",
    "pattern": r"^-?[0-9]{1,3}(\.[0-9]{1,15})?(,-?[0-9]{1,3}(\.[0-9]{1,15})?){3}$",
    "description": "west,south,east,north in degrees; west > east crosses 180°.",
    "example": "5.8,47.2,15.1,55.1",
}
DEFECT_LEVELS = [(str(UNGRADED), "ungraded"), *((str(n), str(n)) for n in GRADES)]
LEVELS = [(str(NONE_OPEN), "none"), *DEFECT_LEVELS]
STATES = sorted({s.code for r in RULE_SETS.values() for s in (*r.states, *r.engineer_only)})


def refuse_unknown(sent: Any, known: set[str]) -> None:
    """ValidationError for query parameters that are not in ``known``, or say nothing."""
    unknown = sorted(set(sent) - known)
    if unknown:
        words = {"unknown": ", ".join(unknown), "known": ", ".join(sorted(known))}
        raise serializers.ValidationError(
            {unknown[0]: [_("There is no filter %(unknown)s. There are: %(known)s.") % words]}
        )
    for name in sorted(set(sent) - MAY_BE_EMPTY):
        if "" in sent.getlist(name):
            raise serializers.ValidationError({name: [_("This is empty: leave it out.")]})


class StrictFilters(filters.DjangoFilterBackend):
    """A misspelt filter would quietly give the whole list; so it is refused."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        filterset_class = self.get_filterset_class(view, queryset)
        known = PAGING | set(filterset_class.base_filters if filterset_class else ())
        refuse_unknown(request.query_params, known)
        return super().filter_queryset(request, queryset, view)


class StrictOrdering(OrderingFilter):
    """``?ordering=-level,number``; a field that a list cannot be ordered by is refused."""

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """For the schema: each field, upwards or downwards."""
        fields = [name for field in view.ordering_fields for name in (field, f"-{field}")]
        return [
            {
                "name": self.ordering_param,
                "in": "query",
                "description": "What the list is ordered by, the first before the second.",
                "schema": {
                    "type": "array",
                    "items": {"type": "string", "enum": fields},
                    "minItems": 1,
                },
                "style": "form",
                "explode": False,
            }
        ]

    def remove_invalid_fields(
        self, queryset: Any, fields: list[str], view: Any, request: Request
    ) -> list[str]:
        known = [name for name, _label in self.get_valid_fields(queryset, view)]
        for field in fields:
            if field.removeprefix("-") not in known:
                words = {"field": field, "known": ", ".join(known)}
                sentence = _("Lists are not ordered by %(field)s here, only by: %(known)s.")
                raise serializers.ValidationError({"ordering": [sentence % words]})
        return fields

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        ordering = self.get_ordering(request, queryset, view)
        if not ordering:
            return queryset
        # Ends with the key, so that equal rows never change places between two pages.
        return queryset.order_by(*(_by(field, queryset.model) for field in ordering), "pk")


def _by(field: str, model: type[Model]) -> str | OrderBy:
    """Ascending or descending; what is empty is less than anything, on every database.

    So an ungraded crack comes below those with a grade, as everywhere.
    """
    name = field.removeprefix("-")
    if not model._meta.get_field(name).null:
        return field
    return F(name).desc(nulls_last=True) if field != name else F(name).asc(nulls_first=True)


class _CommaWidget(forms.SelectMultiple):
    """``?kind=bridge,dam`` and ``?kind=bridge&kind=dam`` mean the same."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        sent = data.getlist(name) if hasattr(data, "getlist") else [data.get(name, "")]
        return [part.strip() for text in sent for part in text.split(",") if part.strip()]


class _RowField(forms.Field):
    """The id of a row: a number from 1 to what a database holds, in plain digits."""

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        number = whole_number(value)
        if not number:
            raise forms.ValidationError(_("Give the id of a row, a number such as 17."))
        return number


@extend_schema_field(ROW_ID)
class RowNumber(filters.Filter):
    """A row named by its id."""

    field_class = _RowField


@extend_schema_field({"type": "string", "maxLength": LONGEST_WORDS, "pattern": SOUND})
class Words(filters.CharFilter):
    """A text to look for. Longer ones are refused: SQLite searches for no pattern of 50,000."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", LONGEST_WORDS)
        super().__init__(*args, **kwargs)


class Day(filters.DateFilter):
    """A date, written as year-month-day and no other way."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, input_formats=["%Y-%m-%d"], **kwargs)


@extend_schema_field({"type": "boolean"})
class YesOrNo(filters.TypedChoiceFilter):
    """``true`` or ``false``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = [("true", "true"), ("false", "false")]
        super().__init__(*args, choices=choices, coerce=lambda word: word == "true", **kwargs)


class Several(filters.MultipleChoiceFilter):
    """One or more of a set of values."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("widget", _CommaWidget)
        super().__init__(*args, **kwargs)
        self.always_filter = False


def parse_box(text: str) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees, from ``w,s,e,n``. West > east crosses the date line.

    Raises:
        ValidationError: with a sentence.
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
        if not all(math.isfinite(value) for value in (west, south, east, north)) or south > north:
            raise ValueError(text)
    except ValueError as error:
        sentence = _("A box is four degrees: west,south,east,north, such as 5.8,47.2,15.1,55.1.")
        raise serializers.ValidationError({"box": [sentence]}) from error
    return west, south, east, north


class PortfolioFilters(filters.FilterSet):
    """The filters of list, chips and map. One selector applies them, so that all agree."""

    kind = Several(choices=AssetKind.choices)
    level = Several(
        choices=LEVELS,
        help_text=gettext_lazy(
            "Worst open severity level, 0 to 4; -1 ungraded only, -2 none open."
        ),
    )
    search = Words(help_text=gettext_lazy("Words in the name or code."))

    def chosen(self) -> dict[str, Any]:
        """The arguments of the selectors; ValidationError where something is wrong."""
        refuse_unknown(self.data, set(self.base_filters))
        if not self.form.is_valid():
            raise translate_validation(self.form.errors)
        return self._chosen()

    def _chosen(self) -> dict[str, Any]:
        data = self.form.cleaned_data
        return {
            "kinds": data["kind"],
            "levels": [int(level) for level in data["level"]],
            "search": data["search"],
        }


class AssetFilters(PortfolioFilters):
    """Which assets."""

    organisation = RowNumber(field_name="organisation_id")
    code = Words()
    box = extend_schema_field(BOX)(filters.CharFilter())

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        data = self.form.cleaned_data
        box = parse_box(data["box"]) if data["box"] else None
        assets = filter_assets(self.request.user, box=box, **self._chosen())
        for name in ("organisation", "code"):
            assets = self.filters[name].filter(assets, data[name])
        return assets


class ElementFilters(filters.FilterSet):
    """Which elements."""

    asset = RowNumber(field_name="asset_id")


class InspectionFilters(filters.FilterSet):
    """Which visits."""

    asset = RowNumber(field_name="asset_id")
    kind = Several(choices=InspectionKind.choices)
    held_from = Day(field_name="held_on", lookup_expr="gte")
    held_until = Day(field_name="held_on", lookup_expr="lte")


class PhotoFilters(filters.FilterSet):
    """Which photos of a visit."""

    element = RowNumber(field_name="element_id")
    state = Several(choices=PhotoState.choices)
    needs_review = YesOrNo()


def _graded(defects: QuerySet, field: str, values: list[str], ungraded: str, empty: Q) -> QuerySet:
    if not values:
        return defects
    wanted = Q(**{f"{field}__in": [value for value in values if value != ungraded]})
    return defects.filter(wanted | empty if ungraded in values else wanted)


class DefectFilters(filters.FilterSet):
    """Which defects."""

    asset = RowNumber(field_name="asset_id")
    element = RowNumber(field_name="element_id")
    kind = Several(choices=DefectKind.choices)
    state = Several(choices=DefectState.choices)
    severity = Several(
        choices=[*((code, code) for code in STATES), ("ungraded", "ungraded")],
        method="by_severity",
        help_text=gettext_lazy("Condition state, or ungraded."),
    )
    level = Several(
        choices=DEFECT_LEVELS,
        method="by_level",
        help_text=gettext_lazy("Severity level 0 to 4, or -1 for ungraded."),
    )

    def by_severity(self, defects: QuerySet, name: str, values: list[str]) -> QuerySet:
        return _graded(defects, "severity", values, "ungraded", Q(severity=""))

    def by_level(self, defects: QuerySet, name: str, values: list[str]) -> QuerySet:
        return _graded(defects, "level", values, str(UNGRADED), Q(level__isnull=True))


class AlertFilters(filters.FilterSet):
    """Which alerts."""

    asset = RowNumber(field_name="asset_id")
    defect = RowNumber(field_name="defect_id")
    rule = Several(choices=AlertRule.choices)
    state = Several(
        choices=[(word, word) for word in ("open", "acknowledged", "resolved")],
        method="by_state",
        help_text=gettext_lazy("open = nobody has acknowledged it yet."),
    )

    def by_state(self, alerts: QuerySet, name: str, values: list[str]) -> QuerySet:
        unresolved = Q(resolved_at__isnull=True)
        of = {
            "open": unresolved & Q(acknowledged_at__isnull=True),
            "acknowledged": unresolved & Q(acknowledged_at__isnull=False),
            "resolved": Q(resolved_at__isnull=False),
        }
        wanted = Q()
        for value in values:
            wanted |= of[value]
        return alerts.filter(wanted)
