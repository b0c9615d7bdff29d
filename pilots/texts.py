"""The words of the report, the workbook and the charts in English and Chinese, and how figures are written in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from bpmn import BadDuration, Duration, Unit

Names = Mapping[str, str | Mapping[str, str]]
"""Id of a step, post, department or process -> its label, or its labels by language."""

TEXTS: Mapping[str, tuple[str, str]] = {
    "report": ("Pilot report", "试点报告"),
    "as_of": ("As of", "数据截至"),
    "period": ("Pilot", "试点周期"),
    "weeks_from": ("{weeks} weeks from {starts}", "自 {starts} 起 {weeks} 周"),
    "departments": ("Departments", "试点部门"),
    "rehearsal_banner": (
        "Rehearsal: these cases were worked by simulated staff. They are no evidence about the real process.",
        "演练：这些案例由模拟人员处理，不构成真实流程的证据。",
    ),
    "decision": ("Decision", "结论"),
    "go": ("Go", "通过"),
    "no-go": ("No-go", "不通过"),
    "extend": ("Extend the pilot", "延长试点"),
    "criteria": ("Criteria", "评审标准"),
    "criterion": ("Criterion", "评审标准"),
    "target": ("Target", "目标"),
    "at_least": ("at least {goal} within {limit}", "至少 {goal} 在 {limit} 内"),
    "at_least_true": ("at least {goal}", "至少 {goal}"),
    "tolerance": ("tolerance {points}", "容差 {points}"),
    "tolerance_head": ("Tolerance", "容差"),
    "must": ("must-have", "必达"),
    "nice": ("nice to have", "期望"),
    "measured": ("Measured", "实测"),
    "good_of_n": ("{good} of {n}", "{n} 件中 {good} 件"),
    "bounds": ("Bounds", "置信界"),
    "lower": ("Lower bound", "下界"),
    "upper": ("Upper bound", "上界"),
    "good": ("Made it", "达到"),
    "open_late": ("Open and late", "超时未办结"),
    "median_low": ("Median, from", "中位数下限"),
    "median_high": ("Median, to", "中位数上限"),
    "p90_low": ("90 % within, from", "90% 分位下限"),
    "p90_high": ("90 % within, to", "90% 分位上限"),
    "elapsed_mean": ("Elapsed, mean", "历时（平均）"),
    "elapsed_p90": ("Elapsed, 90 % within", "历时（90% 分位）"),
    "working_mean": ("Working time, mean", "工作时间（平均）"),
    "working_p90": ("Working time, 90 % within", "工作时间（90% 分位）"),
    "verdict": ("Verdict", "判定"),
    "met": ("Met", "达标"),
    "not_met": ("Not met", "未达标"),
    "not_enough_evidence": ("Not enough evidence", "证据不足"),
    "cases_needed": ("Cases still needed", "还需案例数"),
    "reasons": ("Reasons", "理由"),
    "reviews": ("Planned reviews", "计划评审"),
    "review": ("Review", "评审"),
    "date": ("Date", "日期"),
    "counted": ("Counted", "计入"),
    "missed": ("Missed", "未达到"),
    "most_missed": ("Met with at most", "达标上限"),
    "least_missed": ("Not met from", "未达标下限"),
    "durations": ("Durations", "耗时"),
    "case_chart": ("Cases against the standard", "案例耗时与标准"),
    "step_chart": ("{name} against its standard", "{name} 耗时与标准"),
    "week_chart": ("Cases by week of their start", "按开始周统计的案例"),
    "started_on": ("start of the case", "案例开始时间"),
    "hours": ("hours", "小时"),
    "working_hours": ("working hours", "工作小时"),
    "minutes": ("minutes", "分钟"),
    "working_minutes": ("working minutes", "工作分钟"),
    "count": ("number", "件数"),
    "limit": ("standard", "标准"),
    "in_time": ("in time", "按时"),
    "late": ("late", "超时"),
    "open": ("still open", "未办结"),
    "not_yet": ("not due yet", "未到期"),
    "set_aside": ("set aside", "不计入"),
    "no_standard": ("no standard", "无标准"),
    "chart_desc": ("{n} shown, {late} of them late, {open} still open.", "共 {n} 件，其中超时 {late} 件，未办结 {open} 件。"),
    "steps": ("Steps", "步骤"),
    "step": ("Step", "步骤"),
    "standard": ("Standard", "时间标准"),
    "offered": ("Offered", "任务数"),
    "completed": ("Completed", "已完成"),
    "cancelled": ("Cancelled", "已取消"),
    "withdrawn": ("Withdrawn", "已撤回"),
    "oldest_open": ("Oldest open", "最长未办结"),
    "share_in_time": ("In time", "按时率"),
    "mean": ("Mean", "平均"),
    "median": ("Median", "中位数"),
    "p90": ("90 % within", "90% 分位"),
    "interval": ("95 % interval", "95% 区间"),
    "queue": ("Waiting (mean)", "等待（平均）"),
    "touch": ("In hand (mean)", "处理（平均）"),
    "again": ("Repeated", "返工"),
    "all_cases": ("All cases", "全部案例"),
    "started": ("Started", "已开始"),
    "cycle": ("Cycle time", "流程周期"),
    "cycle_working": ("Cycle time in working hours", "流程周期（工作时间）"),
    "first_response": ("First response", "首次响应"),
    "handovers": ("Handovers per case", "每案交接次数"),
    "backlog": ("Open on average", "平均在办"),
    "most_open": ("Open at most", "最多在办"),
    "weeks": ("Weeks", "各周"),
    "week": ("Week from", "周（起始日）"),
    "posts": ("Load of the posts", "岗位负荷"),
    "post": ("Post", "岗位"),
    "people": ("People", "人数"),
    "touch_sum": ("In hand (sum)", "处理（合计）"),
    "busy": ("Busy, at most", "忙碌程度上限"),
    "cases": ("Cases", "案例"),
    "case": ("Case", "案例"),
    "start": ("Start (UTC)", "开始 (UTC)"),
    "end": ("End (UTC)", "结束 (UTC)"),
    "due": ("Due (UTC)", "到期 (UTC)"),
    "state": ("State", "状态"),
    "left_out": ("Rehearsed cases left out", "已排除的演练案例"),
    "later_entries": ("Later entries not used", "未使用的后续记录"),
    "calendar_gaps": ("Working times missing", "缺少的工作时间"),
    "method": ("How the figures are made", "数据口径"),
    "origin": ("Where they come from", "数据来源"),
    "plan_hash": ("Plan (SHA-256)", "方案 (SHA-256)"),
    "frozen": ("Plan frozen", "方案冻结时间"),
    "not_frozen": ("never", "未冻结"),
    "model_hash": ("Model (SHA-256)", "模型 (SHA-256)"),
    "log_head": ("Last log entry (SHA-256)", "最后一条记录 (SHA-256)"),
    "log_entries": ("Log entries used", "使用的记录数"),
    "calendar": ("Working calendar", "工作日历"),
    "check": (
        "Anyone can check this pack: `pilotrun verify FILE.zip` recomputes every figure from events.csv and plan.json.",
        "任何人都可以核对本材料：`pilotrun verify FILE.zip` 根据 events.csv 和 plan.json 重新计算每个数字。",
    ),
    "definitions": ("Definitions", "定义"),
    "term": ("Term", "术语"),
    "meaning": ("Meaning", "含义"),
    "none": ("none", "无"),
    "unbounded": ("open", "无界"),
}

DEFINITIONS: tuple[tuple[tuple[str, str], tuple[str, str]], ...] = (
    (
        ("Counted", "计入"),
        (
            "A case counts once its limit has passed since its start, and then for ever. Still open after its limit, it is late.",
            "案例自开始起超过时限后才计入，并一直计入。超过时限仍未办结的案例计为超时。",
        ),
    ),
    (
        ("Bounds", "置信界"),
        (
            "One-sided exact limits of the share (Clopper-Pearson) at the level of a planned review; on other days limits that "
            "hold however often one looks.",
            "计划评审当日为该评审水平下的单侧精确界（Clopper-Pearson）；其他日期为随时有效的界。",
        ),
    ),
    (
        ("Met", "达标"),
        (
            "The lower bound lies above the goal minus the tolerance agreed before the pilot. "
            "Not met: the upper bound lies below the goal.",
            "下界高于目标减去试点前约定的容差。未达标：上界低于目标。",
        ),
    ),
    (
        ("Waiting and in hand", "等待与处理"),
        (
            "Working time before somebody claimed the work, and while somebody held it. Unknown, not zero, without a claim.",
            "任务被领取之前的工作时间，以及被领取期间的工作时间。未领取的记为未知，而不是零。",
        ),
    ),
    (
        ("90 % within", "90% 分位"),
        (
            "Quantile of the completed ones (linear between neighbours), with a 95 % interval by order statistics; "
            "open ones stand beside it.",
            "已完成案例的分位数（线性插值），区间由次序统计量给出；未办结的另行列出。",
        ),
    ),
    (
        ("Open on average", "平均在办"),
        (
            "The time-weighted number of open cases: arrivals per time multiplied by the mean time a case was open (Little).",
            "按时间加权的在办案例数：单位时间到达数乘以平均在办时间（Little 定律）。",
        ),
    ),
)


def is_chinese(language: str) -> bool:
    """Whether a language or locale (zh, zh_Hans_CN) is written in Chinese; everything else is written in English."""
    return language.lower().startswith("zh")


def text(key: str, language: str, **params: object) -> str:
    """One text of the catalogue."""
    return TEXTS[key][is_chinese(language)].format(**params)


def label(names: Names, identifier: str, language: str, fallback: str | None = None) -> str:
    """What people call it; the fallback or the id where nobody said."""
    found = names.get(identifier)
    if isinstance(found, str):
        return found
    if found:
        return found.get("zh" if is_chinese(language) else "en") or next(iter(found.values()))
    return fallback or identifier


def seconds_text(seconds: int | None, language: str) -> str:
    """Whole seconds as hours and minutes; days are left alone, since a working day is not 24 hours."""
    if seconds is None:
        return "–"
    hours, rest = divmod(abs(seconds), 3_600)
    minutes, rest = divmod(rest, 60)
    units = ((hours, " h", " 小时"), (minutes, " min", " 分"), (rest if not hours else 0, " s", " 秒"))
    parts = [f"{value}{zh if is_chinese(language) else en}" for value, en, zh in units if value]
    return ("-" if seconds < 0 else "") + (" ".join(parts) or ("0 秒" if is_chinese(language) else "0 s"))


def limit_text(limit: str | None, language: str) -> str:
    """A duration as people read it: 48 h, 15 working minutes, 15 个工作分钟."""
    if limit is None:
        return "–"
    try:
        duration = Duration.parse(limit)
    except BadDuration:
        return limit
    if duration.unit is Unit.ELAPSED:
        return seconds_text(duration.amount, language)
    if not is_chinese(language):
        return str(duration)
    amount, _, unit = str(duration).partition(" working ")
    return f"{amount} 个工作{ {'m': '分钟', 'h': '小时', 'd': '日'}[unit[0]] }"


def percent_text(share: float | None) -> str:
    """A share of 0 to 1 with one digit."""
    return "–" if share is None else f"{share * 100:.1f} %"


def instant_text(at: datetime | None, zone: tzinfo | None = None) -> str:
    """To the minute."""
    return "–" if at is None else (at.astimezone(zone) if zone else at).strftime("%Y-%m-%d %H:%M")
