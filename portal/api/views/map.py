"""The map: clusters and single assets of one tile, as GeoJSON."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from assets.cells import CELL_ZOOM
from assets.models import Asset, AssetKind
from assets.models.defect import SIZE
from assets.selectors.portfolio import MapAsset, MapCluster, map_tile
from portal.api.filters import LEVELS, LONGEST_WORDS, PortfolioFilters
from portal.api.patterns import SOUND
from portal.files import AnyKind

FEATURES = inline_serializer(
    "MapFeatures",
    {
        "type": serializers.ChoiceField(choices=["FeatureCollection"]),
        "features": serializers.ListField(child=serializers.JSONField()),
    },
)
FILTERS = [
    OpenApiParameter("kind", str, many=True, enum=AssetKind.values),
    OpenApiParameter("level", str, many=True, enum=[level for level, _word in LEVELS]),
    OpenApiParameter(
        "search",
        {"type": "string", "maxLength": LONGEST_WORDS, "pattern": SOUND},
        description="Words in the name or code.",
    ),
]
PLACE = [
    OpenApiParameter(name, {"type": "integer", "minimum": 0, "maximum": most}, "path")
    for name, most in (("z", CELL_ZOOM), ("x", 2**CELL_ZOOM - 1), ("y", 2**CELL_ZOOM - 1))
]
MARK = OpenApiParameter("ETag", str, "header", response=[200, 304], required=True)


def _point(longitude: float, latitude: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [round(longitude, 6), round(latitude, 6)]}


def _cluster(cluster: MapCluster) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": _point(cluster.longitude, cluster.latitude),
        "bbox": [round(edge, 6) for edge in cluster.box],
        "properties": {
            "cluster": True,
            "count": cluster.count,
            "counts": {str(level): n for level, n in sorted(cluster.counts.items())},
            "worst_level": cluster.worst_level,
        },
    }


def _asset(asset: MapAsset, url: str) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": asset.id,
        "geometry": _point(asset.longitude, asset.latitude),
        "properties": {
            "cluster": False,
            "id": asset.id,
            "code": asset.code,
            "name": asset.name,
            "kind": asset.kind,
            "worst_level": asset.worst_level,
            "last_seen_at": asset.last_seen_at.isoformat() if asset.last_seen_at else None,
            "defect_kind": asset.defect_kind,
            **{name: getattr(asset, name) for name in SIZE},
            "url": url.replace("/0/", f"/{asset.id}/"),
        },
    }


class MapTileView(APIView):
    """One tile of the map, in the numbering of Web Mercator maps (z/x/y, y southwards)."""

    content_negotiation_class = AnyKind

    @extend_schema(
        operation_id="map_tile",
        summary="Assets of a map tile, clustered",
        tags=["map"],
        parameters=[*PLACE, *FILTERS, MARK],
        responses={
            (200, "application/geo+json"): FEATURES,
            304: OpenApiResponse(description="Unchanged since If-None-Match."),
        },
    )
    def get(self, request: Request, z: int, x: int, y: int) -> HttpResponseBase:
        """GeoJSON points: where ``cluster`` is true, several assets with ``count`` and ``counts``
        by worst level and a ``bbox``; else one asset with kind and size of its worst open defect:
        a width where it is a crack, else area and extent. Asking again with If-None-Match is cheap.
        """
        chosen = PortfolioFilters(request.query_params, Asset.objects.none()).chosen()
        try:
            shown = map_tile(request.user, z, x, y, **chosen)
        except ValueError as error:
            raise NotFound(_("There is no such map tile.")) from error
        # One address for all: reversing it for each of thousands would cost more than the query.
        url = reverse("api:asset-detail", kwargs={"pk": 0}, request=request)
        features = [
            _cluster(item) if isinstance(item, MapCluster) else _asset(item, url) for item in shown
        ]
        body = json.dumps(
            {"type": "FeatureCollection", "features": features}, separators=(",", ":")
        ).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        # Private, and asked for again each time: the map follows what the alerts say.
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        known = parse_etags(request.headers.get("If-None-Match", ""))
        if etag in known or known == ["*"]:
            response = HttpResponse(status=304, headers=headers)
        else:
            response = HttpResponse(body, content_type="application/geo+json", headers=headers)
        patch_vary_headers(response, ["Cookie", "Authorization"])
        return response
