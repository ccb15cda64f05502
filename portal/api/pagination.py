"""Lists come in pages whose size the caller may choose up to a limit."""

from django.utils.translation import gettext_lazy as _
from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    """``?page=2&page_size=100``; 50 rows unless told, 500 at most."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500
    invalid_page_message = _("This list has no page {page_number}.")
