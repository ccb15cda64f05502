"""Linear algebra of many small matrices: one thread of the BLAS, not all.

A width is fitted with matrices of fifty to a hundred rows, hundreds of times a crack. To share such
a product among cores takes OpenBLAS longer than to compute it, and its threads spin meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def on_one_blas_thread(work: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Decorator: while ``work`` runs, the BLAS of this process computes on the calling thread."""

    @wraps(work)
    def limited(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with _loaded_libraries().limit(limits=1, user_api="blas"):
            return work(*args, **kwargs)

    return limited


@cache
def _loaded_libraries() -> ThreadpoolController:
    """Found once: NumPy's and SciPy's are loaded before the first crack is measured."""
    return ThreadpoolController()
