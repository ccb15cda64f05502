"""Renders the demo's pictures and uploads each at once, while the site runs.

The site never imports the instrument: the renderer is a process of its own, and what it makes goes
through the same intake as anybody's photos, behind every person's.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from django.conf import settings
from django.core.files.base import File
from django.db import DatabaseError, connection
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assets.errors import DomainError
from assets.models import (
    Alert,
    Defect,
    DefectState,
    Element,
    Inspection,
    Organisation,
    Photo,
    PhotoState,
    Priority,
    User,
)
from assets.services.intake import store_photo
from portal.demo.organisation import INSPECTOR, DemoOrganisation
from portal.demo.pictures import PlannedPhoto

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 2.0
BACKLOG = Priority(10)
DONE, REJECTED, FAILED = PhotoState("done"), PhotoState("rejected"), PhotoState("failed")
WAITING = (PhotoState("queued"), PhotoState("processing"))


class DemoLoader:
    """Brings in the pictures that are still missing, and tells how far the analysis is.

    ``say`` is called with what a person must read, ``show`` with progress that the next line may
    replace.
    """

    def __init__(
        self,
        demo: DemoOrganisation,
        *,
        say: Callable[[str], None],
        show: Callable[[str], None],
    ) -> None:
        self.demo = demo
        self.say = say
        self.show = show
        self.folder = settings.DATA_DIR / "demo-pictures"
        self._over = threading.Event()
        self._renderer: subprocess.Popen[str] | None = None
        self._threads = [
            threading.Thread(target=self._guard, args=[work], daemon=True)
            for work in (self._bring_in, self._tell)
        ]
        self._all_sent = threading.Event()

    def start(self) -> None:
        """Begins in threads of its own."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends at once; the next start goes on with what is missing."""
        self._over.set()
        renderer = self._renderer
        if renderer is not None and renderer.poll() is None:
            renderer.kill()
            renderer.wait()
        for thread in self._threads:
            thread.join(timeout=2)

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except DomainError as refusal:
            self.say(
                _("The demo's pictures stop here: %(why)s")
                % {"why": f"{refusal.message} {refusal.hint}"}
            )
        except (DatabaseError, OSError) as error:
            if not self._over.is_set():
                log.exception("demo_stopped")
                self.say(
                    _("The demo's pictures stop here: %(why)s. Start the demo again to go on.")
                    % {"why": error}
                )
        finally:
            connection.close()

    def _bring_in(self) -> None:
        missing = missing_photos(self.demo)
        if missing:
            self._render_and_send(missing)
        if not self._over.is_set():
            self._all_sent.set()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _render_and_send(self, missing: Sequence[PlannedPhoto]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        plan = self.folder / "plan.json"
        plan.write_text(json.dumps({"photos": [photo.render for photo in missing]}))
        # Behind the site and the analysis, which somebody may be waiting for.
        politely = ["nice", "-n", "10"] if shutil.which("nice") else []
        renderer = [sys.executable, "-m", "inference", "render", "--pictures-only"]
        self._renderer = subprocess.Popen(
            [*politely, *renderer, "--plan", str(plan), "--out", str(self.folder)],
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        by_name = {photo.name: photo for photo in missing}
        inspector = User.objects.get(email=INSPECTOR)
        assert self._renderer.stdout is not None
        for line in self._renderer.stdout:
            if self._over.is_set():
                return
            path = Path(line.strip())
            if path.name in by_name:
                self._send(path, by_name[path.name], inspector)
        if self._renderer.wait() and not self._over.is_set():
            raise OSError(_("the renderer ended before all pictures were made"))

    def _send(self, path: Path, photo: PlannedPhoto, inspector: User) -> None:
        organisation = self.demo.organisation
        inspection = Inspection.objects.select_related("asset").get(
            asset__organisation=organisation, asset__code=photo.code, held_on=photo.held_on
        )
        with path.open("rb") as content:
            store_photo(
                inspection=inspection,
                file=File(content, name=photo.name),
                uploaded_by=inspector,
                original_name=photo.name,
                gsd_mm_per_px=photo.gsd_mm_per_px,
                element=Element.objects.get(asset=inspection.asset, name=photo.element),
                priority=BACKLOG,
            )
        path.unlink()

    def _tell(self) -> None:
        """Progress whenever the analysis got further, and a sentence when all of it is done."""
        shown = ""
        while True:
            counts = photo_counts(self.demo.organisation)
            waiting = sum(counts.get(state, 0) for state in WAITING)
            sent = sum(counts.values())
            if self._all_sent.is_set() and not waiting:
                self.say(_summary(self.demo.organisation, counts))
                return
            line = _("Pictures: %(done)d of %(all)d analysed") % {
                "done": sent - waiting,
                "all": len(self.demo.photos),
            }
            if line != shown:
                shown = line
                self.show(line)
            connection.close()
            if self._over.wait(LOOK_EVERY_S):
                return


def missing_photos(demo: DemoOrganisation) -> list[PlannedPhoto]:
    """Planned pictures that nobody has sent yet."""
    sent = set(
        Photo.objects.filter(inspection__asset__organisation=demo.organisation).values_list(
            "original_name", flat=True
        )
    )
    return [photo for photo in demo.photos if photo.name not in sent]


def photo_counts(organisation: Organisation) -> dict[str, int]:
    """state -> how many of the demo's pictures are in it."""
    rows = Photo.objects.filter(inspection__asset__organisation=organisation, priority=BACKLOG)
    return dict(rows.order_by().values_list("state").annotate(Count("pk")))


def _summary(organisation: Organisation, counts: dict[str, int]) -> str:
    defects = Defect.objects.filter(
        asset__organisation=organisation, state=DefectState.OPEN
    ).count()
    alerts = Alert.objects.filter(organisation=organisation, resolved_at__isnull=True).count()
    unfit = counts.get(REJECTED, 0)
    failed = counts.get(FAILED, 0)
    done = counts.get(DONE, 0)
    counted = [
        ngettext("%(n)d picture analysed", "%(n)d pictures analysed", done) % {"n": done},
        ngettext("%(n)d not fit for analysis", "%(n)d not fit for analysis", unfit) % {"n": unfit},
        ngettext("%(n)d failed", "%(n)d failed", failed) % {"n": failed},
        ngettext("%(n)d crack", "%(n)d cracks", defects) % {"n": defects},
        ngettext("%(n)d alert", "%(n)d alerts", alerts) % {"n": alerts},
    ]
    shown = [done, unfit or None, failed or None, defects, alerts]
    parts = [words for words, n in zip(counted, shown, strict=True) if n is not None]
    return _("The demo is complete: %(parts)s.") % {"parts": ", ".join(parts)}
