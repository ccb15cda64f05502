"""The register's tables; each module holds a group of related ones."""

from assets.models.asset import Asset, AssetKind, Element
from assets.models.client_key import ClientKey
from assets.models.defect import (
    Analysis,
    Defect,
    DefectKind,
    DefectState,
    Identity,
    Measurement,
    ScaleSource,
)
from assets.models.event import Event, LedgerHead, LedgerPerson
from assets.models.inspection import (
    CapturedAtSource,
    Inspection,
    InspectionKind,
    Photo,
    PhotoState,
    PhotoWork,
)
from assets.models.ledger_check import LedgerCheck
from assets.models.organisation import Invitation, Membership, Organisation, Role
from assets.models.region import Region
from assets.models.response import Alert, AlertRule
from assets.models.secret import Secret
from assets.models.user import User
from assets.models.view import ViewFeatures
from assets.models.work import Priority, Work, WorkState
from assets.models.worker import WorkerHeartbeat

__all__ = [
    "Alert",
    "AlertRule",
    "Analysis",
    "Asset",
    "AssetKind",
    "CapturedAtSource",
    "ClientKey",
    "Defect",
    "DefectKind",
    "DefectState",
    "Element",
    "Event",
    "Identity",
    "Inspection",
    "InspectionKind",
    "Invitation",
    "LedgerCheck",
    "LedgerHead",
    "LedgerPerson",
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
    "Work",
    "WorkState",
    "WorkerHeartbeat",
]
