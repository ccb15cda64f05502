"""Addresses of the pages, one module a place."""

from portal.pages import (
    account,
    alerts,
    asset,
    inspection,
    inspections,
    marker_card,
    member,
    members,
    models,
    organisation,
    photo,
    photo_scale,
    planner,
    portfolio,
    shell,
)

urlpatterns = [
    *portfolio.urlpatterns,
    *asset.urlpatterns,
    *inspections.urlpatterns,
    *marker_card.urlpatterns,
    *inspection.urlpatterns,
    *photo.urlpatterns,
    *photo_scale.urlpatterns,
    *alerts.urlpatterns,
    *members.urlpatterns,
    *member.urlpatterns,
    *organisation.urlpatterns,
    *models.urlpatterns,
    *planner.urlpatterns,
    *account.urlpatterns,
    *shell.urlpatterns,
]
