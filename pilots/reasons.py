"""Why a verdict is what it is: a stable key with its parameters, and the sentence in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pilots.texts import Names, is_chinese, label, limit_text

Param = str | int | float

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "no_cases": {
        "en": "No case is old enough to count: a case counts {limit} after its start.",
        "zh": "还没有案例可以计入：案例自开始起满 {limit} 才计入。",
    },
    "met_at_review": {
        "en": "Met at the review of {date}: {missed} of {n} missed it, and with up to {most} it would still have been met.",
        "zh": "在 {date} 的评审中达标：{n} 件中有 {missed} 件未达到，不超过 {most} 件仍算达标。",
    },
    "met_by_evidence": {
        "en": "Met: {good} of {n} made it. The odds for more than {floor:.1%} are {odds:.0f}:1; {wanted:.0f}:1 were agreed.",
        "zh": "达标：{n} 件中有 {good} 件达到。高于 {floor:.1%} 的证据为 {odds:.0f}:1，约定为 {wanted:.0f}:1。",
    },
    "within_tolerance": {
        "en": "The share seen, {share:.1%}, is below the goal of {goal:.1%} but within the agreed tolerance.",
        "zh": "实测比例 {share:.1%} 低于目标 {goal:.1%}，但在约定的容差之内。",
    },
    "not_met_at_review": {
        "en": "Not met at the review of {date}: {missed} of {n} missed it, and {least} are enough to show less than {goal:.1%}.",
        "zh": "在 {date} 的评审中未达标：{n} 件中有 {missed} 件未达到，{least} 件即足以说明低于 {goal:.1%}。",
    },
    "not_met_by_evidence": {
        "en": "Not met: {good} of {n} made it. The odds for less than {goal:.1%} are {odds:.0f}:1; {wanted:.0f}:1 were agreed.",
        "zh": "未达标：{n} 件中仅 {good} 件达到。低于 {goal:.1%} 的证据为 {odds:.0f}:1，约定为 {wanted:.0f}:1。",
    },
    "undecided": {
        "en": "Not decided: {good} of {n} made it. If it goes on like this, about {more} more cases decide.",
        "zh": "尚无定论：{n} 件中有 {good} 件达到。照此趋势，大约还需 {more} 件才能得出结论。",
    },
    "undecided_edge": {
        "en": "Not decided: {good} of {n} made it, so close to {floor:.1%} that no number of cases can be expected to decide.",
        "zh": "尚无定论：{n} 件中有 {good} 件达到，与 {floor:.1%} 过于接近，再多案例也难以得出结论。",
    },
    "too_few_to_decide": {
        "en": "At the review of {date} no result could have met it yet: {n} cases are too few.",
        "zh": "在 {date} 的评审中任何结果都还不能达标：{n} 件太少。",
    },
    "next_review": {"en": "The next planned review is on {date}.", "zh": "下一次计划评审：{date}。"},
    "open_late": {
        "en": "{n} are still open after their limit and count as late.",
        "zh": "{n} 件超过时限仍未办结，计为超时。",
    },
    "set_aside": {"en": "{n} cancelled ones are set aside and listed.", "zh": "{n} 件已取消，不计入，另行列出。"},
    "not_yet": {
        "en": "{n} do not count yet: too young, or still open without an answer.",
        "zh": "{n} 件暂不计入：时间尚短，或仍未办结、尚无答复。",
    },
    "calendar_missing": {"en": "No figure without a calendar: {what}.", "zh": "缺少工作日历，无法计算：{what}。"},
    "weeks_disagree": {
        "en": "The weeks disagree more than chance explains (p = {p:.2g}): cases that wait in one queue prove less.",
        "zh": "各周差异超出偶然范围（p = {p:.2g}）：案例在同一队列中等待，证明力低于其数量。",
    },
    "too_few_weeks": {
        "en": "Cases from {weeks} of the {wanted} weeks agreed have matured: cases of one week wait in the same queue.",
        "zh": "约定至少 {wanted} 周，目前只有 {weeks} 周的案例可计入：同一周的案例在同一队列中等待。",
    },
    "low_response": {
        "en": "Only {answered} of {closed} closed cases answered ({share:.1%}): those who did not may think otherwise.",
        "zh": "{closed} 件已办结案例中只有 {answered} 件有答复（{share:.1%}）：未答复者可能看法不同。",
    },
    "unprovable": {
        "en": "No number of cases can show that every case will make it: agree on a tolerance.",
        "zh": "再多案例也不能证明每一件都会达到：请约定容差。",
    },
    "all_met": {"en": "Every must-have is met.", "zh": "所有必达标准均已达标。"},
    "some_not_met": {"en": "Must-haves not met: {criteria}.", "zh": "未达标的必达标准：{criteria}。"},
    "some_undecided": {"en": "Must-haves without enough evidence: {criteria}.", "zh": "证据不足的必达标准：{criteria}。"},
    "plan_not_frozen": {
        "en": "The plan was not frozen before the first case, so nothing can be released on it.",
        "zh": "方案在首个案例之前未冻结，不能据此发布。",
    },
    "plan_changed": {
        "en": "The plan is not the one that was frozen ({frozen}): nothing can be released on it.",
        "zh": "方案与冻结的版本（{frozen}）不一致，不能据此发布。",
    },
    "rehearsal": {
        "en": "These are rehearsed cases: they show how the plan would decide, and decide nothing.",
        "zh": "这些是演练案例：只说明方案将如何判断，不构成结论。",
    },
    "busy": {
        "en": "{post} was up to {busy:.0%} busy: the result holds for the load seen in the pilot, not for more.",
        "zh": "{post} 的忙碌程度最高达 {busy:.0%}：结论只适用于试点期间的工作量。",
    },
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence as a key and its parameters, so that every surface can say it in its own language."""

    key: str
    params: Mapping[str, Param] = field(default_factory=dict)

    def text(self, language: str = "en", names: Names | None = None) -> str:
        """The sentence; `language` is en, zh or a locale that begins with them, `names` says what ids are called."""
        params = {key: _readable(key, value, language, names or {}) for key, value in self.params.items()}
        return SENTENCES[self.key]["zh" if is_chinese(language) else "en"].format(**params)

    def __str__(self) -> str:
        return self.text()


def _readable(key: str, value: Param, language: str, names: Names) -> Param:
    """Limits and ids in words; numbers are left to the sentence."""
    if key == "limit":
        return limit_text(str(value), language)
    if key in ("criteria", "post"):
        return ("、" if is_chinese(language) else ", ").join(label(names, one, language) for one in str(value).split(", "))
    return value
