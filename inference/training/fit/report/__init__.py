"""The report of a training: one HTML file with everything in it. No script, no internet."""

from __future__ import annotations

from inference.training.fit.report.page import Report, write_report

__all__ = ["Report", "write_report"]
