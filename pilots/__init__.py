"""What is promised and what came of it: plan, measures, verdict, evidence pack, rehearsal."""

from pilots.assessment import Assessment, assess, report_dict
from pilots.errors import BadLog, BadPack, BadPlan, MixedLog, PilotError
from pilots.pack import build_pack
from pilots.pictures import case_chart, step_chart, week_chart
from pilots.plan import Criterion, Plan, plan_hash, read_plan
from pilots.reasons import Reason
from pilots.verdict import CriterionResult, Decision
from pilots.verify import Verification, verify_pack

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
    "Verification",
    "assess",
    "build_pack",
    "case_chart",
    "plan_hash",
    "read_plan",
    "report_dict",
    "step_chart",
    "verify_pack",
    "week_chart",
]
