"""Addresses of the API, version 1."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from portal.api.views.alerts import AlertViewSet
from portal.api.views.defects import DefectViewSet, MeasurementViewSet, RegionViewSet
from portal.api.views.inspections import InspectionViewSet
from portal.api.views.map import MapTileView
from portal.api.views.models import ModelsView
from portal.api.views.news import NewsView
from portal.api.views.photos import PhotoViewSet
from portal.api.views.portfolio import AssetViewSet, ElementViewSet
from portal.api.views.tokens import AuthTokenView

app_name = "api"

router = SimpleRouter(use_regex_path=False)
router.register("assets", AssetViewSet, basename="asset")
router.register("elements", ElementViewSet, basename="element")
router.register("inspections", InspectionViewSet, basename="inspection")
router.register("photos", PhotoViewSet, basename="photo")
router.register("defects", DefectViewSet, basename="defect")
router.register("measurements", MeasurementViewSet, basename="measurement")
router.register("regions", RegionViewSet, basename="region")
router.register("alerts", AlertViewSet, basename="alert")

urlpatterns = [
    path("auth/token/", AuthTokenView.as_view(), name="auth-token"),
    path("map/<int:z>/<int:x>/<int:y>/", MapTileView.as_view(), name="map-tile"),
    path("models/", ModelsView.as_view(), name="model-list"),
    path("news/", NewsView.as_view(), name="news"),
    *router.urls,
]
