"""What is promised and what came of it: plan, measures, verdict, evidence pack, rehearsal."""

from pilots.assessment import Assessment, assess, report_dict
from pilots.errors import BadLog, BadPack, BadPlan, MixedLog, PilotError
from pilots.plan import Criterion, Plan, plan_hash, read_plan
from pilots.reasons import Reason
from pilots.verdict import CriterionResult, Decision

__all__ = [
    "Assessment",
    "BadLog",
    "BadPack",
    "BadPlan",
    "Criterion",
    "CriterionResult",
    "Decision",
    "MixedLog",
    "PilotError",
    "Plan",
    "Reason",
    "assess",
    "plan_hash",
    "read_plan",
    "report_dict",
]
