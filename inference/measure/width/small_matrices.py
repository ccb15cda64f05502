"""Runs linear algebra of many small matrices on one BLAS thread.

A width is fitted with matrices of fifty to a hundred rows, hundreds of times a crack. To share such
a product among cores takes OpenBLAS longer than to compute it, and its threads spin meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from threading import Lock
from typing import ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

# Held by whoever has limited the BLAS. The number of threads is the library's own, one for the
# process: two that limit it at once could each keep the other's 1 for what was there before.
_LIMITING = Lock()


def on_one_blas_thread(work: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Decorator: while ``work`` runs, the BLAS of this process computes on the calling thread.

    Work within such work, or beside it in another thread, leaves the limit as it finds it.
    """

    @wraps(work)
    def limited(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with _limit():
            return work(*args, **kwargs)

    return limited


@contextmanager
def _limit() -> Iterator[None]:
    if not _LIMITING.acquire(blocking=False):
        yield
        return
    try:
        with _loaded_libraries().limit(limits=1, user_api="blas"):
            yield
    finally:
        _LIMITING.release()


@cache
def _loaded_libraries() -> ThreadpoolController:
    """Found once: NumPy's and SciPy's are loaded before the first crack is measured."""
    return ThreadpoolController()
