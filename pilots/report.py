"""The report of an assessment as one HTML page: decision, criteria with reasons, charts, tables, and where it all comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from pilots.assessment import Assessment
from pilots.markup import Cell, Figures, number, page, section, table, terms, words
from pilots.pictures import case_chart, step_chart, week_chart
from pilots.reasons import Reason
from pilots.texts import (
    DEFINITIONS,
    Names,
    instant_text,
    is_chinese,
    label,
    limit_text,
    percent_text,
    seconds_text,
    text,
)
from pilots.verdict import CriterionResult


def write_report(assessment: Assessment, names: Names, language: str) -> bytes:
    """The page in English or Chinese. Every figure is a `<data data-figure="path" value="exact">`, path as in metrics.json."""
    return _Report(assessment, names, language).write()


class _Report:
    """One page being written."""

    def __init__(self, assessment: Assessment, names: Names, language: str) -> None:
        self.a, self.names, self.language = assessment, names, language
        self.figures = Figures(assessment.to_dict())

    def t(self, key: str, **params: object) -> str:
        return text(key, self.language, **params)

    def name(self, identifier: str, fallback: str | None = None) -> str:
        return label(self.names, identifier, self.language, fallback)

    def seconds(self, path: str) -> Cell:
        return number(self.figures.show(path, lambda value: seconds_text(value, self.language)))

    def share(self, path: str) -> Cell:
        return number(self.figures.show(path, percent_text))

    def count(self, path: str) -> Cell:
        return number(self.figures.show(path))

    def write(self) -> bytes:
        title = " · ".join([self.t("report"), *(self.name(code) for code in self.a.processes)])
        banner = f'<p class="banner" role="note">{escape(self.t("rehearsal_banner"))}</p>' if self.a.rehearsal else ""
        charts = [case_chart(self.a, self.language), week_chart(self.a, self.language)]
        steps = [step_chart(row, self.language, self.names, uid=f"step-{k}") for k, row in enumerate(self.a.steps) if row.times_s]
        parts = [
            f"<header><h1>{escape(title)}</h1>{self.about()}{banner}</header>",
            section(self.t("decision"), self.decision()),
            section(self.t("criteria"), self.criteria(), *(self.criterion(result) for result in self.a.criteria)),
            section(self.t("all_cases"), self.summary(), *charts),
            section(self.t("steps"), self.steps(), *steps),
            section(self.t("weeks"), self.weeks()),
            section(self.t("posts"), self.posts()),
            section(self.t("cases"), self.cases()),
            section(self.t("method"), terms((one[self.zh], escape(other[self.zh])) for one, other in DEFINITIONS)),
            section(self.t("origin"), self.origin()),
        ]
        return page(title, "zh-Hans" if self.zh else "en", "\n".join(parts))

    @property
    def zh(self) -> bool:
        return is_chinese(self.language)

    def about(self) -> str:
        period = self.t("weeks_from", weeks=self.a.weeks_planned, starts=self.a.starts.isoformat())
        departments = ", ".join(self.name(code) for code in self.a.departments)
        return terms(
            [
                (self.t("as_of"), escape(instant_text(self.a.at)) + " UTC"),
                (self.t("period"), escape(period)),
                (self.t("departments"), escape(departments or self.t("none"))),
            ]
        )

    def decision(self) -> str:
        outcome = self.a.decision.outcome
        word = self.figures.show("decision.outcome", self.t)
        return f'<p class="word {outcome}">{word}</p>' + self.reasons(self.a.decision.reasons)

    def reasons(self, reasons: Sequence[Reason]) -> str:
        names = {**self.names, **{result.id: result.title for result in self.a.criteria}}
        said = [escape(reason.text(self.language, names)) for reason in reasons]
        return "<ul>" + "".join(f"<li>{sentence}</li>" for sentence in said) + "</ul>" if said else ""

    def title(self, result: CriterionResult) -> str:
        return label({result.id: result.title}, result.id, self.language)

    def criteria(self) -> str:
        heads = ["criterion", "target", "measured", "bounds", "verdict", "cases_needed"]
        numbers = {"measured", "bounds", "cases_needed"}
        rows = [list(self.criterion_row(result)) for result in self.a.criteria]
        return table([(self.t(head), head in numbers) for head in heads], rows)

    def criterion_row(self, result: CriterionResult) -> Iterator[Cell]:
        path = f"criteria[{result.id}]"
        show = self.figures.show
        title = self.title(result)
        kind = self.t("must" if result.must else "nice")
        yield f"<strong>{escape(title)}</strong><br>{escape(kind)}", False
        target = "at_least_true" if result.metric == "share_true" else "at_least"
        wanted = self.t(target, goal=percent_text(result.goal), limit=limit_text(result.limit, self.language))
        tolerance = f"<br>{escape(self.t('tolerance', points=percent_text(result.tolerance)))}" if result.tolerance else ""
        yield escape(wanted) + tolerance, False
        of = self.t("good_of_n", good="\0", n="\1")
        of = escape(of).replace("\0", show(f"{path}.n_good")).replace("\1", show(f"{path}.n_mature"))
        yield number(f"{show(f'{path}.share', percent_text)}<br>{of}")
        yield number(f"{show(f'{path}.lower', percent_text)} – {show(f'{path}.upper', percent_text)}")
        yield f'<strong class="{result.verdict}">{show(f"{path}.verdict", self.t)}</strong>', False
        yield self.count(f"{path}.cases_needed")

    def criterion(self, result: CriterionResult) -> str:
        """Reasons, planned reviews and what was set aside, under the table."""
        title = self.title(result)
        aside = f"<p>{escape(self.t('set_aside'))}: {escape(', '.join(result.set_aside))}</p>" if result.set_aside else ""
        return f"<h3>{escape(title)}</h3>" + self.reasons(result.reasons) + self.looks(result) + aside

    def looks(self, result: CriterionResult) -> str:
        if not result.looks:
            return ""
        rows = []
        for look in result.looks:
            path = f"criteria[{result.id}].looks[{look.number}]"
            fields = ("n", "missed", "most_missed", "least_missed")
            review = f"{look.number}/{look.of} · {look.date.isoformat()}"
            rows.append([words(review), *(self.count(f"{path}.{field}") for field in fields)])
        heads = ["review", "counted", "missed", "most_missed", "least_missed"]
        return table([(self.t(head), head != "review") for head in heads], rows)

    def summary(self) -> str:
        counts = ["started", "completed", "cancelled", "open", "in_time", "late", "not_yet", "set_aside"]
        pairs = [(self.t(key), self.count(f"summary.{key}")[0]) for key in counts]
        pairs.append((self.t("share_in_time"), self.share("summary.share_in_time")[0]))
        pairs.append((self.t("again"), self.share("summary.share_repeated")[0]))
        pairs.append((self.t("handovers"), self.count("summary.handovers_mean")[0]))
        pairs.append((self.t("backlog"), self.count("summary.backlog.average")[0]))
        pairs.append((self.t("most_open"), self.count("summary.backlog.most")[0]))
        pairs.append((self.t("oldest_open"), self.seconds("summary.backlog.oldest_open_s")[0]))
        pairs.append((self.t("left_out"), self.count("counts.left_out_rehearsed")[0]))
        pairs.append((self.t("later_entries"), self.count("counts.later_entries")[0]))
        times = [(key, f"summary.{key}") for key in ("cycle", "cycle_working", "first_response")]
        rows = [[words(self.t(key)), *self.spread(path)] for key, path in times]
        heads = ["", *map(self.t, ("counted", "mean", "median", "interval", "p90", "interval"))]
        return terms(pairs) + table([(head, bool(head)) for head in heads], rows)

    def spread(self, path: str) -> Iterator[Cell]:
        yield self.count(f"{path}.n")
        yield self.seconds(f"{path}.mean_s")
        for quantile in ("median", "p90"):
            yield self.seconds(f"{path}.{quantile}_s")
            ends = (self.seconds(f"{path}.{quantile}_interval_s[{end}]")[0] for end in (0, 1))
            yield number(" – ".join(ends))

    def steps(self) -> str:
        heads = [
            "step",
            "standard",
            "offered",
            "completed",
            "open",
            "oldest_open",
            "share_in_time",
            "mean",
            "p90",
            "queue",
            "touch",
        ]
        rows = []
        for row in self.a.steps:
            path = f"steps[{row.step}]"
            clock = "sojourn_working" if "working" in (row.standard or "") else "sojourn"
            times = (f"{clock}.mean_s", f"{clock}.p90_s", "queue_working.mean_s", "touch_working.mean_s")
            rows.append(
                [
                    words(self.name(row.step, row.name)),
                    words(limit_text(row.standard, self.language)),
                    *(self.count(f"{path}.{field}") for field in ("offered", "completed", "open")),
                    self.seconds(f"{path}.oldest_open_s"),
                    self.share(f"{path}.share_in_time"),
                    *(self.seconds(f"{path}.{field}") for field in times),
                    self.share(f"{path}.share_again"),
                ]
            )
        return table([*((self.t(head), head not in ("step", "standard")) for head in heads), (self.t("again"), True)], rows)

    def weeks(self) -> str:
        fields = ("started", "completed", "in_time", "late", "not_yet", "set_aside")
        rows = [
            [words(row.monday.isoformat()), *(self.count(f"weeks[{row.monday.isoformat()}].{field}") for field in fields)]
            for row in self.a.weeks
        ]
        return table([(self.t("week"), False), *((self.t(field), True) for field in fields)], rows)

    def posts(self) -> str:
        rows = [
            [
                words(self.name(row.post)),
                self.count(f"posts[{row.post}].people"),
                self.count(f"posts[{row.post}].completed"),
                self.seconds(f"posts[{row.post}].held_working_s"),
                self.share(f"posts[{row.post}].busy"),
            ]
            for row in self.a.posts
        ]
        heads = [("post", False), ("people", True), ("completed", True), ("touch_sum", True), ("busy", True)]
        return table([(self.t(head), is_number) for head, is_number in heads], rows)

    def cases(self) -> str:
        rows = [
            [
                words(row.number),
                words(instant_text(row.started_at)),
                words(instant_text(row.ended_at)),
                words(instant_text(row.due_at)),
                (self.figures.show(f"cases[{row.number}].state", self.t), False),
                self.seconds(f"cases[{row.number}].cycle_s"),
                self.seconds(f"cases[{row.number}].cycle_working_s"),
                self.seconds(f"cases[{row.number}].first_response_s"),
                self.count(f"cases[{row.number}].handovers"),
            ]
            for row in self.a.cases
        ]
        heads = ["case", "start", "end", "due", "state", "cycle", "cycle_working", "first_response", "handovers"]
        listed = table([(self.t(head), k > 4) for k, head in enumerate(heads)], rows)
        return f"<details><summary>{escape(self.t('cases'))}: {len(rows)}</summary>{listed}</details>"

    def origin(self) -> str:
        frozen = self.a.frozen
        pairs = [
            (self.t("plan_hash"), self.hash("plan_hash")),
            (self.t("frozen"), escape(instant_text(frozen.at) + " UTC" if frozen else self.t("not_frozen"))),
            (self.t("model_hash"), self.hash("frozen.model_sha256")),
            (self.t("log_entries"), self.figures.show("log.entries")),
            (self.t("log_head"), self.hash("log.head")),
            (self.t("calendar"), escape(self.a.calendar)),
            (self.t("calendar_gaps"), escape("; ".join(self.a.calendar_gaps) or self.t("none"))),
        ]
        return terms(pairs) + f"<p>{escape(self.t('check'))}</p>"

    def hash(self, path: str) -> str:
        return f'<span class="hash">{self.figures.show(path)}</span>'
