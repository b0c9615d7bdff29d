"""What is promised and what came of it: plan, measures, verdict, evidence pack, rehearsal."""

from pilots.assessment import Assessment, assess, report_dict
from pilots.errors import BadLog, BadPack, BadPlan, MixedLog, PilotError
from pilots.eventlog import check_chain, read_csv, write_csv, write_xes
from pilots.pack import build_pack
from pilots.pictures import case_chart, step_chart, week_chart
from pilots.plan import Criterion, Plan, plan_hash, read_plan
from pilots.reasons import Reason
from pilots.rehearse import BadRehearsal, Progress, Rehearsal, rehearse, shift_plan
from pilots.verdict import CriterionResult, Decision
from pilots.verify import Verification, verify_pack

__all__ = [
    "Assessment",
    "BadLog",
    "BadPack",
    "BadPlan",
    "BadRehearsal",
    "Criterion",
    "CriterionResult",
    "Decision",
    "MixedLog",
    "PilotError",
    "Plan",
    "Progress",
    "Reason",
    "Rehearsal",
    "Verification",
    "assess",
    "build_pack",
    "case_chart",
    "check_chain",
    "plan_hash",
    "read_csv",
    "read_plan",
    "rehearse",
    "report_dict",
    "shift_plan",
    "step_chart",
    "verify_pack",
    "week_chart",
    "write_csv",
    "write_xes",
]
