"""Fields that several serializers share: typed values, and rows that must be visible.

In JSON a text is a text and a number a number, as the schema says; a form writes all as texts.
"""

from __future__ import annotations

import math
import re
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import exceptions, serializers
from rest_framework.reverse import reverse
from rest_framework.utils import html

from assets.kept.values import points
from assets.scale_range import MM_PER_PX, is_too_large
from assets.services.client_keys import PATTERN
from assets.services.given_scale import SCALE_RANGE
from portal.api.patterns import ROW_ID
from portal.whole_numbers import LARGEST, whole_number

TOO_LARGE = gettext_lazy("This number is too large.")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _is_typed(field: serializers.Field) -> bool:
    """Whether values come with their types (JSON), not as the texts of a form."""
    return not html.is_html_input(getattr(field.root, "initial_data", None))


def _is_whole(data: Any) -> bool:
    """Whether JSON's number is a whole one; 1.0 is."""
    if isinstance(data, float):
        return data.is_integer()
    return isinstance(data, int) and not isinstance(data, bool)


class Text(serializers.CharField):
    """A text; a number is none, however well it could be written as one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "pattern": f"^{PATTERN}$"})
class ClientKeyField(Text):
    """A key that the sender made, so that sending again never doubles; the service checks it."""

    def __init__(self, **kwargs: Any) -> None:
        words = gettext_lazy(
            "Made by you, 8 to 80 letters, digits, or . _ ~ - (a UUID, say): the same key again "
            "with the same content gives the same row, with other content 409."
        )
        super().__init__(
            required=False, write_only=True, trim_whitespace=False, help_text=words, **kwargs
        )


class Choice(serializers.ChoiceField):
    """One of a set of texts."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A whole number."""

    default_error_messages = {"max_string_length": TOO_LARGE}

    def to_internal_value(self, data: Any) -> int:
        if _is_typed(self):
            if not _is_whole(data):
                self.fail("invalid")
            data = int(data)
        return super().to_internal_value(data)


class Day(serializers.DateField):
    """A date, written as year-month-day and no other way."""

    def to_internal_value(self, value: Any) -> Any:
        if isinstance(value, str) and not DAY.fullmatch(value):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


class Number(serializers.FloatField):
    """A finite number: ``nan`` and ``inf`` are texts that Python would take for one."""

    default_error_messages = {
        "overflow": TOO_LARGE,  # more than 308 digits
        "max_string_length": TOO_LARGE,
    }

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or (isinstance(data, str) and _is_typed(self)):
            self.fail("invalid")
        if isinstance(data, float) and math.isinf(data):  # JSON's 1e400
            self.fail("overflow")
        if isinstance(data, str) and is_too_large(data):
            self.fail("overflow")
        return super().to_internal_value(data)


class ScaleField(Number):
    """Millimetres of concrete a pixel; null where it is not known."""

    default_error_messages = {
        "min_value": SCALE_RANGE,
        "max_value": SCALE_RANGE,
        "overflow": SCALE_RANGE,
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("allow_null", True)
        kwargs.setdefault("required", False)
        kwargs.setdefault("help_text", gettext_lazy("Scale, millimetres per pixel."))
        super().__init__(min_value=MM_PER_PX.least, max_value=MM_PER_PX.most, **kwargs)


class RegisterSerializer(serializers.ModelSerializer):
    """A row of the register; its columns become the fields of this module."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: Text,
        models.TextField: Text,
        models.DateField: Day,
        models.PositiveSmallIntegerField: Whole,
    }
    serializer_choice_field = Choice


@extend_schema_field(ROW_ID)
class VisibleField(serializers.PrimaryKeyRelatedField):
    """A row named by its id. One that this person may not see is not found (404), never told."""

    default_error_messages = {
        "incorrect_type": gettext_lazy("Give an id, a whole number from 1 on."),
    }

    def get_queryset(self) -> Any:
        request = self.context.get("request")
        queryset = super().get_queryset()
        return queryset.visible_to(request.user) if request is not None else queryset.none()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and not _is_typed(self):
            data = whole_number(data.strip())
        if not _is_whole(data):
            self.fail("incorrect_type", data_type=type(data).__name__)
        data = int(data)
        if not 0 < data <= LARGEST:
            words = {"field": self.field_name, "most": LARGEST}
            raise exceptions.NotFound(
                _("“%(field)s” names nothing: ids are from 1 to %(most)d.") % words
            )
        try:
            return super().to_internal_value(data)
        except exceptions.ValidationError as error:
            codes = error.get_codes()
            if "does_not_exist" in codes:
                words = {"field": self.field_name, "id": data}
                raise exceptions.NotFound(
                    _("“%(field)s” names nothing that you may see: there is no %(id)d.") % words
                ) from error
            raise


class Points(serializers.ListField):
    """[[x, y], …] of a row, pixels; empty where the row holds no such thing."""

    def __init__(self, **kwargs: Any) -> None:
        point = serializers.ListField(child=serializers.FloatField())
        super().__init__(read_only=True, child=point, **kwargs)

    def to_representation(self, kept: Any) -> list[list[float]]:
        return [[x, y] for x, y in points(kept)]


@extend_schema_field(OpenApiTypes.URI)
class Link(serializers.Field):
    """The absolute address of a named view for this row.

    Args:
        view: name of the address.
        row_attribute: which attribute is its ``pk`` argument; dots go deeper.
        only_if: attribute that must be set for the address to answer; else null.
    """

    def __init__(self, view: str, row_attribute: str = "pk", only_if: str = "") -> None:
        super().__init__(read_only=True, source="*", allow_null=bool(only_if))
        self.view, self.row_attribute, self.only_if = view, row_attribute, only_if

    def to_representation(self, row: Any) -> str | None:
        if self.only_if and not _walk(row, self.only_if):
            return None
        pk = _walk(row, self.row_attribute)
        request = self.context.get("request")
        return None if pk is None else reverse(self.view, kwargs={"pk": pk}, request=request)


def _walk(row: Any, path: str) -> Any:
    for step in path.split("."):
        row = row.get(step) if isinstance(row, dict) else getattr(row, step, None)
        if row is None:
            return None
    return row
