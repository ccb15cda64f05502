"""The register's tables, one module a group of nouns."""

from assets.models.asset import Asset, AssetKind, Element
from assets.models.defect import (
    Analysis,
    Defect,
    DefectKind,
    DefectState,
    Identity,
    Measurement,
    Region,
    ScaleSource,
)
from assets.models.event import Event, LedgerHead
from assets.models.inspection import (
    CapturedAtSource,
    Inspection,
    InspectionKind,
    Photo,
    PhotoState,
    PhotoWork,
    Priority,
)
from assets.models.organisation import Invitation, Membership, Organisation, Role
from assets.models.response import Alert, AlertRule
from assets.models.secret import Secret
from assets.models.user import User
from assets.models.view import ViewFeatures
from assets.models.worker import WorkerHeartbeat

__all__ = [
    "Alert",
    "AlertRule",
    "Analysis",
    "Asset",
    "AssetKind",
    "CapturedAtSource",
    "Defect",
    "DefectKind",
    "DefectState",
    "Element",
    "Event",
    "Identity",
    "Inspection",
    "InspectionKind",
    "Invitation",
    "LedgerHead",
    "Measurement",
    "Membership",
    "Organisation",
    "Photo",
    "PhotoState",
    "PhotoWork",
    "Priority",
    "Region",
    "Role",
    "ScaleSource",
    "Secret",
    "User",
    "ViewFeatures",
    "WorkerHeartbeat",
]
