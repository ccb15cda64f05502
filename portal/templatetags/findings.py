"""Findings in words: ``{{ photo.reasons|sentence }} {{ photo.reasons|remedy }}``."""

from __future__ import annotations

from django import template

from portal.findings import all_said, remedies, sentences

register = template.Library()

# ``{% for one in photo.findings|told %}{{ one.sentence }} {{ one.remedy }}{% endfor %}``
register.filter("told", all_said)
register.filter("sentence", sentences)
register.filter("remedy", remedies)
