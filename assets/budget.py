"""The terms of a width's uncertainty budget, and the reasons why a stretch of a crack has no width.

The instrument computes them, the register stores them, the portal shows them in words. Pure facts.
"""

from __future__ import annotations

# Terms of the budget (JCGM 100:2008), the fields of ``inference.types.UncertaintyTerms``: the
# first are the crack's and the picture's own, the last two come with millimetres.
TERMS = ("fit", "floor", "blur", "curve", "repeatability", "rounding", "scale", "plane")

# Why a stretch has no width.
END = "end"
JUNCTION = "junction"
PICTURE_EDGE = "picture_edge"
FILLED = "filled"
BROKEN_EDGE = "broken_edge"
LEFT_OUT = (END, JUNCTION, PICTURE_EDGE, FILLED, BROKEN_EDGE)
