"""The open width benchmark: cracks of exactly known width, and how well they are measured.

Independent of the code that measures: nothing here imports :mod:`inference.render`, and only
:mod:`~tests.benchmarks.width.ours` imports :mod:`inference.measure`.
"""
