"""The rule sets, each with its source and how far we verified it.

Widths are millimetres. Where a standard gives inches they are rounded as it rounds them itself.
"""

from __future__ import annotations

import math

from assets.marked import gettext_noop as _
from assets.severity.rule_set import ConditionState, RuleSet

_ENGINEER_ONLY = (ConditionState("CS4", 4, _("Severe"), math.inf),)

AASHTO_MBEI_RC = RuleSet(
    key="aashto_mbei_rc",
    title=_("AASHTO MBEI, reinforced concrete"),
    edition=_("defect 1130, cracking (RC)"),
    source=_("AASHTO Manual for Bridge Element Inspection, defect 1130: 0.012 in and 0.05 in."),
    verification=_("Widths read in public condition tables; the manual's own page was not read."),
    states=(
        ConditionState("CS1", 1, _("Good"), 0.0),
        ConditionState("CS2", 2, _("Fair"), 0.30),
        ConditionState("CS3", 3, _("Poor"), 1.27),
    ),
    engineer_only=_ENGINEER_ONLY,
)

AASHTO_MBEI_PSC = RuleSet(
    key="aashto_mbei_psc",
    title=_("AASHTO MBEI, prestressed concrete"),
    edition=_("defect 1110, cracking (PSC)"),
    source=_("AASHTO Manual for Bridge Element Inspection, defect 1110: 0.004 in and 0.009 in."),
    verification=_(
        "Widths read in one inspection product's defect table; the manual was not read."
    ),
    states=(
        ConditionState("CS1", 1, _("Good"), 0.0),
        ConditionState("CS2", 2, _("Fair"), 0.10),
        ConditionState("CS3", 3, _("Poor"), 0.23),
    ),
    engineer_only=_ENGINEER_ONLY,
)

KISTEC_RC = RuleSet(
    key="kistec_rc",
    title=_("KISTEC, reinforced concrete"),
    edition=_("member grades a to e, cracking (RC)"),
    source=_("Korean guideline for detailed safety inspection: 0.1, 0.3, 0.5 and 1.0 mm."),
    verification=_(
        "Widths read in one public bridge-inspection program; the guideline was not read."
    ),
    states=(
        ConditionState("a", 0, _("Excellent"), 0.0),
        ConditionState("b", 1, _("Good"), 0.10),
        ConditionState("c", 2, _("Fair"), 0.30),
        ConditionState("d", 3, _("Poor"), 0.50),
        ConditionState("e", 4, _("Failed"), 1.00),
    ),
)

EUROCODE_2 = RuleSet(
    key="en_1992_1_1",
    title=_("Eurocode 2, design widths"),
    edition=_("EN 1992-1-1, Table 7.1N; calculated widths, no inspection limits"),
    source=_(
        "EN 1992-1-1 Table 7.1N: 0.4 mm for X0 and XC1, 0.3 mm for the other exposures of "
        "reinforced members, 0.2 mm for prestressed ones."
    ),
    verification=_("Widths read in a public help page; national annexes differ."),
    states=(
        ConditionState("≤ 0.2", 0, _("within all"), 0.0),
        ConditionState("≤ 0.3", 1, _("within reinforced members"), 0.20),
        ConditionState("≤ 0.4", 2, _("within dry exposure"), 0.30),
        ConditionState("> 0.4", 3, _("beyond all"), 0.40),
    ),
)

ACI_224R = RuleSet(
    key="aci_224r",
    title=_("ACI 224R, reasonable widths"),
    edition=_("224R-01, Table 4.1; a guide, no limits"),
    source=_(
        "ACI 224R-01 Table 4.1: 0.10 mm water-retaining, 0.15 mm seawater, 0.18 mm de-icing "
        "chemicals, 0.30 mm humid air or soil, 0.41 mm dry air."
    ),
    verification=_("All five read in a design textbook's table; the report itself was not read."),
    states=(
        ConditionState("≤ 0.10", 0, _("within water-retaining"), 0.0),
        ConditionState("≤ 0.15", 1, _("within seawater"), 0.10),
        ConditionState("≤ 0.18", 1, _("within de-icing"), 0.15),
        ConditionState("≤ 0.30", 2, _("within humid air"), 0.18),
        ConditionState("≤ 0.41", 3, _("within dry air"), 0.30),
        ConditionState("> 0.41", 3, _("beyond all"), 0.41),
    ),
)

# What owners may grade by: limits of an inspection.
RULE_SETS: dict[str, RuleSet] = {
    rules.key: rules for rules in (AASHTO_MBEI_RC, AASHTO_MBEI_PSC, KISTEC_RC)
}
# What a photo may be planned for besides: widths that a design allows.
DESIGN_GUIDES: dict[str, RuleSet] = {rules.key: rules for rules in (EUROCODE_2, ACI_224R)}
DEFAULT_RULE_SET = AASHTO_MBEI_RC.key
