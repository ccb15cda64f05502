"""The banner: says what is wrong with the installation, and is asked for again on open pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache

from portal.pages.doors import signed_in


@never_cache
@signed_in
def banner(request: HttpRequest) -> HttpResponse:
    """The banner alone."""
    return render(request, "shell/banner.html")


urlpatterns = [path("shell/banner/", banner, name="shell-banner")]
