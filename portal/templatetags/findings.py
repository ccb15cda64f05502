"""Findings in words: ``{{ photo.reasons|sentence }} {{ photo.reasons|remedy }}``."""

from __future__ import annotations

from django import template

from portal.findings import remedies, sentences

register = template.Library()

register.filter("sentence", sentences)
register.filter("remedy", remedies)
