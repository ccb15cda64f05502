"""A sentence and a remedy for each constraint of the database, for when it refuses a row.

The services check first and say more. The database refuses what gets past them, because two people
did the same at the same moment or because of a fault of ours. A test checks that every constraint
has a sentence. The sentences are not the ``violation_error_message`` of the models: that has no
remedy, and each better wording would be a migration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models
from django.db.models.deletion import ProtectedError, RestrictedError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assets.errors import DomainError

# What helps: somebody else was first; a value is to be put right; it is a fault of the site.
RELOAD = _("Reload the page and look at what is there now; nothing was changed.")
CORRECT = _("Correct it and send it again; nothing was changed.")
TELL = _("Tell whoever runs this installation; it was written to the log, and nothing was changed.")


@dataclass(frozen=True, slots=True)
class Rule:
    """A sentence and a remedy for a broken constraint; ``field`` is the input that it is about."""

    sentence: Promise
    remedy: Promise
    field: str = ""


# Name of the constraint, or table.column of a column that is unique by itself -> what is said.
RULES: dict[str, Rule] = {
    "alert_resolved_after_opened": Rule(
        _("An alert cannot be resolved before it was opened."), TELL
    ),
    "analysis_scale_above_zero": Rule(_("The scale of an analysis must be above 0."), TELL),
    "asset_code_once_an_organisation": Rule(
        _("Another asset of this organisation has this code already."),
        _("Give this one its own code, or open the other one."),
        "code",
    ),
    "asset_latitude_in_range": Rule(
        _("A latitude lies between -90 and 90 degrees."), CORRECT, "latitude"
    ),
    "asset_longitude_in_range": Rule(
        _("A longitude lies between -180 and 180 degrees."), CORRECT, "longitude"
    ),
    "asset_worst_level_in_range": Rule(_("There is no such severity level."), TELL),
    "assets_invitation.token_sha256": Rule(
        _("This invitation could not be made."), _("Send it again: it gets another link.")
    ),
    "assets_organisation.slug": Rule(
        _("Another organisation has this short name already."),
        _("Give this one its own short name."), "slug",
    ),
    "assets_user.email": Rule(
        _("There is an account with this address already."), _("Sign in with it."), "email"
    ),
    "assets_workerheartbeat.name": Rule(
        _("Another worker has this name already."), _("Give each worker a name of its own.")
    ),
    "client_key_once_a_person": Rule(
        _("This key was sent twice at the same moment."),
        _("Send it once more: it is answered as the first was."), "client_key",
    ),
    "client_key_stands_for_one_thing": Rule(_("A key stands for a visit or for a photo."), TELL),
    "defect_area_not_negative": Rule(_("The area of a defect cannot be below 0."), TELL),
    "defect_extent_not_negative": Rule(_("The extent of a defect cannot be below 0."), TELL),
    "defect_merged_names_its_target": Rule(
        _("Only a defect that was merged into another one names another one."), TELL
    ),
    "defect_number_once_an_asset": Rule(
        _("Another defect of this asset got this number at the same moment."), RELOAD
    ),
    "defect_seen_last_after_first": Rule(
        _("A defect cannot have been seen last before it was seen first."), TELL
    ),
    "defect_width_not_negative": Rule(_("The width of a defect cannot be below 0."), TELL),
    "element_name_once_an_asset": Rule(
        _("This asset has an element of this name already."),
        _("Give this one its own name."), "name",
    ),
    "event_number_once_an_organisation": Rule(
        _("The next number of the ledger is taken: its head does not fit its entries."), TELL
    ),
    "inspection_distance_above_zero": Rule(
        _("The distance of a visit must be above 0 m."), CORRECT, "distance_m"
    ),
    "inspection_scale_above_zero": Rule(
        _("The scale of a visit must be above 0 mm per pixel."), CORRECT, "gsd_mm_per_px"
    ),
    "invited_role_is_known": Rule(
        _("There is no such role."), _("Choose one of those that are shown."), "role"
    ),
    "ledger_check_state_is_known": Rule(_("There is no such state of a ledger's check."), TELL),
    "ledger_checked_once_a_night": Rule(
        _("The ledger's check of this night was made at the same moment."), RELOAD
    ),
    "ledger_person_once_an_organisation": Rule(
        _("This person got a key of the ledger at the same moment."), RELOAD
    ),
    "measurement_confidence_is_a_share": Rule(_("A confidence lies between 0 and 1."), TELL),
    "measurement_ordinal_once": Rule(_("Two lines of one analysis have the same number."), TELL),
    "measurement_width_mm_not_negative": Rule(_("A width cannot be below 0 mm."), TELL),
    "measurement_width_px_not_negative": Rule(_("A width cannot be below 0 pixels."), TELL),
    "one_analysis_an_attempt": Rule(_("This attempt has written its analysis already."), RELOAD),
    "one_current_analysis_a_photo": Rule(
        _("Another analysis of this photo was written at the same moment."), RELOAD
    ),
    "one_open_alert_a_defect_and_rule": Rule(
        _("This defect has an open alert of this kind already."), RELOAD
    ),
    "one_open_invitation_an_address": Rule(
        _("This address has an open invitation already."),
        _("Send that one again, or take it back first."), "email",
    ),
    "one_open_notice_an_inspection_and_rule": Rule(
        _("This inspection has an open notice of this kind already."), RELOAD
    ),
    "one_role_a_person_and_organisation": Rule(
        _("This person is a member of the organisation already."),
        _("Change the role on the page of the member."),
    ),
    "one_whole_element_an_asset": Rule(
        _("This asset has an element for the whole structure already."), RELOAD
    ),
    "photo_distance_above_zero": Rule(
        _("The distance of a photo must be above 0 m."), CORRECT, "distance_m"
    ),
    "photo_latitude_in_range": Rule(_("A latitude lies between -90 and 90 degrees."), TELL),
    "photo_longitude_in_range": Rule(_("A longitude lies between -180 and 180 degrees."), TELL),
    "photo_marker_above_zero": Rule(
        _("The side of a marker must be above 0 mm."), CORRECT, "marker_mm"
    ),
    "photo_once_an_inspection_by_content": Rule(
        _("The same photo came in twice at the same moment."),
        _("Send it once more: it is answered as the first was."), "file",
    ),
    "photo_scale_above_zero": Rule(
        _("The scale of a photo must be above 0 mm per pixel."), CORRECT, "gsd_mm_per_px"
    ),
    "photo_state_is_known": Rule(_("There is no such state of a photo."), TELL),
    "photo_two_points_have_a_length": Rule(
        _("Two points need the length between them, above 0 mm."), CORRECT, "two_points"
    ),
    "portal_apitoken.key_sha256": Rule(_("This token could not be made."), _("Ask for it again.")),
    "region_area_not_negative": Rule(_("An area cannot be below 0 mm²."), TELL),
    "region_extent_not_negative": Rule(_("An extent cannot be below 0 mm."), TELL),
    "region_ordinal_once": Rule(_("Two regions of one analysis have the same number."), TELL),
    "role_is_known": Rule(
        _("There is no such role."), _("Choose one of those that are shown."), "role"
    ),
    "secret_name_once_an_organisation": Rule(
        _("This secret was set by somebody else at the same moment."), RELOAD
    ),
    "secret_name_once_for_the_installation": Rule(
        _("This secret was set by somebody else at the same moment."), RELOAD
    ),
    "user_email_once_whatever_its_case": Rule(
        _("There is an account with this address already."), _("Sign in with it."), "email"
    ),
}  # fmt: skip
# What every table of work brings along (:class:`assets.models.Work`).
OF_WORK = {"_in_work_has_a_lease": Rule(_("What is in work must be held by a worker."), TELL)}


GONE = Rule(
    _("Something that this speaks of has been taken away, or is still needed elsewhere."), RELOAD
)
OTHER = Rule(_("This does not fit what is there already."), TELL)

_SQLITE_CHECK = re.compile(r"CHECK constraint failed: (\w+)")
_SQLITE_INDEX = re.compile(r"UNIQUE constraint failed: index '(\w+)'")
_SQLITE_COLUMNS = re.compile(r"UNIQUE constraint failed: (.+)")


def constraints() -> dict[str, Any]:
    """Every constraint of the tables here by the name that :data:`RULES` knows it by: its object,
    or the field that is unique by itself."""
    found: dict[str, Any] = {}
    for app in ("assets", "portal"):
        for model in apps.get_app_config(app).get_models():
            table = model._meta.db_table
            found |= {constraint.name: constraint for constraint in model._meta.constraints}
            found |= {
                f"{table}.{field.column}": field
                for field in model._meta.local_fields
                if field.unique and not field.primary_key
            }
    return found


def rule_of(name: str) -> Rule | None:
    """The sentence for a broken constraint, by its name; None for a name that is not ours."""
    of_work = (rule for ending, rule in OF_WORK.items() if name.endswith(ending))
    return RULES.get(name) or next(of_work, None)


@cache
def _by_columns() -> dict[frozenset[str], str]:
    """Unique constraints by their columns, for SQLite, which names them so."""
    found: dict[frozenset[str], str] = {}
    for app in ("assets", "portal"):
        for model in apps.get_app_config(app).get_models():
            table = model._meta.db_table
            for constraint in model._meta.constraints:
                if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
                    columns = [model._meta.get_field(name).column for name in constraint.fields]
                    found[frozenset(f"{table}.{column}" for column in columns)] = constraint.name
    return found


def violated(error: BaseException) -> str:
    """Which constraint the database refused by, as :data:`RULES` names it; empty where unknown."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is not None:  # PostgreSQL
        name = diagnosis.constraint_name or ""
        if rule_of(name) or not name:
            return name
        column = name.removeprefix(f"{diagnosis.table_name}_").removesuffix("_key")
        return f"{diagnosis.table_name}.{column}"
    text = str(error)
    if named := _SQLITE_CHECK.match(text) or _SQLITE_INDEX.match(text):
        return named[1]
    if listed := _SQLITE_COLUMNS.match(text):
        return _by_columns().get(frozenset(listed[1].split(", ")), listed[1])
    return ""


def refusal(error: IntegrityError) -> DomainError:
    """The database's refusal as the exception that a service would raise.

    Its code is ``invalid`` where a value is wrong, else ``conflict``.
    """
    name = violated(error)
    rule = rule_of(name) or (GONE if _is_reference(error) else OTHER)
    wrong = isinstance(constraints().get(name), models.CheckConstraint)
    code = "invalid" if wrong else "conflict"
    return DomainError(code, str(rule.sentence), str(rule.remedy), field=rule.field)


def _is_reference(error: IntegrityError) -> bool:
    """Whether a row points to what is gone, or would leave others pointing to nothing."""
    foreign_key = getattr(error.__cause__, "sqlstate", "") == "23503" or "FOREIGN KEY" in str(error)
    return foreign_key or isinstance(error, ProtectedError | RestrictedError)
