"""Assets and elements."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.exceptions import ValidationError

from assets.models import Asset, Element, Organisation
from assets.services.portfolio import create_asset, create_element, edit_asset, edit_element
from portal.access import organisations_where, require
from portal.api.filters import AssetFilters, ElementFilters
from portal.api.serializers.portfolio import AssetSerializer, ElementSerializer

EVERYTHING_BUT_DELETE = ["get", "post", "patch", "head", "options"]


class RegisterViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet,
):
    """Rows that are listed, read, added and changed, and never deleted: they are evidence."""

    http_method_names = EVERYTHING_BUT_DELETE
    lookup_value_converter = "int"


@extend_schema_view(
    list=extend_schema(summary="List assets"),
    retrieve=extend_schema(summary="One asset"),
    create=extend_schema(summary="Add an asset"),
    partial_update=extend_schema(summary="Change an asset"),
)
@extend_schema(tags=["assets"])
class AssetViewSet(RegisterViewSet):
    """Structures: bridges, dams, tunnels, buildings."""

    serializer_class = AssetSerializer
    filterset_class = AssetFilters
    ordering_fields = ["code", "name", "kind", "worst_level", "last_seen_at", "created_at"]
    ordering = ["code"]
    queryset = Asset.objects.all()

    def get_queryset(self) -> Any:
        return Asset.objects.visible_to(self.request.user)

    def perform_create(self, serializer: Any) -> None:
        data = dict(serializer.validated_data)
        organisation = data.pop("organisation", None) or self._only_organisation()
        require(self.request.user, "asset.edit", organisation)
        serializer.instance = create_asset(
            organisation=organisation, actor=self.request.user, **data
        )

    def perform_update(self, serializer: Any) -> None:
        asset = serializer.instance
        require(self.request.user, "asset.edit", asset.organisation_id)
        data = dict(serializer.validated_data)
        if data.pop("organisation", asset.organisation) != asset.organisation:
            raise ValidationError(
                {"organisation": [_("An asset stays with its organisation; leave this out.")]}
            )
        serializer.instance = edit_asset(asset=asset, actor=self.request.user, **data)

    def _only_organisation(self) -> Organisation:
        user = self.request.user
        mine = list(organisations_where(user, "asset.edit")[:2])
        if not mine:
            mine = list(Organisation.objects.visible_to(user)[:2])
        if len(mine) != 1:
            raise ValidationError(
                {"organisation": [_("Name the organisation that the asset belongs to.")]}
            )
        return mine[0]


@extend_schema_view(
    list=extend_schema(summary="List elements"),
    retrieve=extend_schema(summary="One element"),
    create=extend_schema(summary="Add an element"),
    partial_update=extend_schema(summary="Change an element"),
)
@extend_schema(tags=["elements"])
class ElementViewSet(RegisterViewSet):
    """Parts of assets: deck, pier 2 east face, monolith 7."""

    serializer_class = ElementSerializer
    filterset_class = ElementFilters
    ordering_fields = ["name", "asset", "created_at"]
    ordering = ["asset", "name"]
    queryset = Element.objects.all()

    def get_queryset(self) -> Any:
        return Element.objects.visible_to(self.request.user).select_related("asset")

    def perform_create(self, serializer: Any) -> None:
        data = dict(serializer.validated_data)
        asset = data.pop("asset")
        require(self.request.user, "asset.edit", asset.organisation_id)
        serializer.instance = create_element(asset=asset, actor=self.request.user, **data)

    def perform_update(self, serializer: Any) -> None:
        element = serializer.instance
        require(self.request.user, "asset.edit", element.asset.organisation_id)
        data = dict(serializer.validated_data)
        if data.pop("asset", element.asset) != element.asset:
            raise ValidationError(
                {"asset": [_("An element stays with its asset; leave this out.")]}
            )
        serializer.instance = edit_element(element=element, actor=self.request.user, **data)
