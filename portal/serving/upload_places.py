"""Limits large bodies at a time, in all and for each person, in one event loop."""

from __future__ import annotations

import asyncio
from collections import Counter


class NoPlace(Exception):  # noqa: N818  an answer, no error
    """None became free in time.

    Attributes:
        limit: how many there are; of_one_person: whether it is the person's own share that is used.
    """

    def __init__(self, limit: int, *, of_one_person: bool) -> None:
        super().__init__(f"{limit} places are taken")
        self.limit = limit
        self.of_one_person = of_one_person


class UploadPlaces:
    """Places for bodies that are being received. Who waits has sent nothing that is kept yet."""

    def __init__(self, *, in_all: int, per_person: int, wait_s: float = 10.0) -> None:
        self.in_all = in_all
        self.per_person = per_person
        self.wait_s = wait_s
        self._taken: Counter[str] = Counter()
        self._changed: asyncio.Event | None = None

    async def take(self, person: str) -> None:
        """Returns with a place, at once or within ``wait_s``.

        Raises:
            NoPlace: none became free.
        """
        try:
            async with asyncio.timeout(self.wait_s):
                while (full := self._full_for(person)) is not None:
                    await self._change()
        except TimeoutError:
            full = self._full_for(person)
            if full is not None:
                raise full from None
        self._taken[person] += 1

    def give_back(self, person: str) -> None:
        """Lets somebody else have the place."""
        self._taken[person] -= 1
        if self._taken[person] <= 0:
            del self._taken[person]
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    async def _change(self) -> None:
        if self._changed is None:
            self._changed = asyncio.Event()
        await self._changed.wait()

    def _full_for(self, person: str) -> NoPlace | None:
        if self._taken[person] >= self.per_person:
            return NoPlace(self.per_person, of_one_person=True)
        if self._taken.total() >= self.in_all:
            return NoPlace(self.in_all, of_one_person=False)
        return None
