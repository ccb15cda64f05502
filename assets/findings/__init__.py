"""Findings: facts that workers store, and the one catalogue of their sentences.

A worker keeps ``{"code", "values"}`` (:class:`Finding`). Whoever shows it calls :func:`say` with a
:class:`Reader`, which knows the language and the units: the command line reads English, the portal
what its visitor reads (``portal.findings``). Imports no Django, so that both may use it.

A new code is an entry in one module of ``catalogue``; tests hold each code that is constructed
anywhere against its entry.
"""

from assets.findings.finding import Finding, Value
from assets.findings.reading import ENGLISH, Reader, Said, code_of, say

__all__ = ["ENGLISH", "Finding", "Reader", "Said", "Value", "code_of", "say"]
