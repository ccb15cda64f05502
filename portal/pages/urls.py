"""Addresses of the pages, one module a place."""

from portal.pages import (
    account,
    alerts,
    asset,
    inspection,
    inspections,
    invitations,
    joining,
    marker_card,
    members,
    models,
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
    *invitations.urlpatterns,
    *joining.urlpatterns,
    *models.urlpatterns,
    *planner.urlpatterns,
    *account.urlpatterns,
    *shell.urlpatterns,
]
