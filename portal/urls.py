"""Addresses of the site: pages, files, API, health and metrics."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from portal.api.views.documentation import DocumentationView, SchemaView
from portal.files import MaskView, OriginalView, ThumbnailView, TileView
from portal.health import healthz, readyz
from portal.metrics import metrics

files = [
    path("original", OriginalView.as_view(), name="photo-original"),
    path("thumbnail", ThumbnailView.as_view(), name="photo-thumbnail"),
    path("mask.png", MaskView.as_view(), name="photo-mask"),
    path("tiles/<int:z>/<int:x>/<int:y>.jpg", TileView.as_view(), name="photo-tile"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("accounts/", include("portal.sign_in.urls")),
    path("api/schema/", SchemaView.as_view(), name="api-schema"),
    path("api/docs/", DocumentationView.as_view(), name="api-docs"),
    path("api/v1/", include("portal.api.urls")),
    path("photos/<int:pk>/", include(files)),
    path("", include("portal.pages.urls")),
]

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.permission_denied"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.server_error"
