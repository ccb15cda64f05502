"""Pagination: the caller chooses the size of a page, up to a limit."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.serializers import ValidationError

from portal.whole_numbers import whole_number

LAST_PAGE = 10**9


class Pages(PageNumberPagination):
    """``?page=2&page_size=100``; 50 rows unless told, 500 at most. Other numbers are refused."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500
    last_page_strings = ()
    invalid_page_message = _("This list has no page {page_number}.")

    def get_page_size(self, request: Request) -> int:
        return _given(request, "page_size", self.max_page_size) or self.page_size

    def get_page_number(self, request: Request, paginator: Any) -> int:
        return _given(request, "page", LAST_PAGE) or 1

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """For the schema: the same bounds."""
        words = {
            "page": (LAST_PAGE, 1, "Which page of the list."),
            "page_size": (self.max_page_size, self.page_size, "How many rows a page."),
        }
        return [
            {
                "name": name,
                "in": "query",
                "description": description,
                "schema": {"type": "integer", "minimum": 1, "maximum": most, "default": default},
            }
            for name, (most, default, description) in words.items()
        ]


def _given(request: Request, name: str, most: int) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    number = whole_number(text, most=most)
    if not number:
        sentence = gettext("Give a whole number from 1 to %(most)d.") % {"most": most}
        raise ValidationError({name: [sentence]})
    return number
