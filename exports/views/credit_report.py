"""An enterprise's credit report of itself: what it would say, and one click to the PDF."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from exports.domain.credit_report import (
    NOTES,
    RESULT_LABELS,
    TITLE,
    USUAL_YEARS,
    YEARS,
    CreditReport,
    ItemResult,
    Result,
)
from exports.services import credit_report_pdf_issue, credit_report_read
from marketplace.domain.errors import NotFound
from marketplace.policies import signed_in
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Table, Tone
from marketplace.web.download import PDF, file_answer
from marketplace.web.language import bracketed, said

TONES = {
    Result.NOTHING: Tone.GOOD,
    Result.FOUND: Tone.BAD,
    Result.STALE: Tone.WARN,
    Result.NEVER: Tone.WARN,
}


@login_required
@require_GET
def credit_report(request: HttpRequest) -> HttpResponse:
    """Show the report of the reader's own enterprise before it is taken. Queries: at most 15; the reading is logged."""
    years = _years(request)
    report = credit_report_read(user=signed_in(request.user), at=timezone.now(), years=years)
    context = {
        "report": report,
        "tone": _tone(report).value,
        "items": _items(report),
        "found": [_findings(item) for item in report.items if item.findings],
        "spans": [(count, _address(count), count == years) for count in YEARS],
        "notes": NOTES,
        "actions": [Action("下载 PDF", _address(years, "exports:credit-report-pdf"), primary=True)],
        "crumbs": [Crumb("信用画像", reverse("matching:portrait-own")), Crumb("公共信用报告")],
    }
    return render(request, "exports/borrower/credit_report.html", context)


@login_required
@require_GET
def credit_report_pdf(request: HttpRequest) -> HttpResponse:
    """Hand the report out as a PDF."""
    user = signed_in(request.user)
    content, document = credit_report_pdf_issue(user=user, at=timezone.now(), years=_years(request))
    return file_answer(content, PDF, document.number, f"{TITLE}-{document.number}")


def _years(request: HttpRequest) -> int:
    """Return the length of the span that is asked for.

    Raises:
        NotFound: it is none of those on offer.
    """
    asked = request.GET.get("years", str(USUAL_YEARS))
    if asked not in map(str, YEARS):
        raise NotFound
    return int(asked)


def _address(years: int, name: str = "exports:credit-report") -> str:
    return f"{reverse(name)}?years={years}"


def _tone(report: CreditReport) -> Tone:
    if report.found:
        return Tone.BAD
    return Tone.WARN if report.behind else Tone.GOOD


def _items(report: CreditReport) -> Table:
    rows = [
        [item.name, part.title, Cell(_result(item), tone=TONES[item.result]), _delivered(item)]
        for part in report.parts
        for item in part.items
    ]
    columns = [
        Column("信息项"),
        Column("类别"),
        Column("查询结果", Kind.BADGE),
        Column("来源单位与数据截至"),
    ]
    return Table(columns, rows, caption="逐项结果")


def _result(item: ItemResult) -> str:
    """Return what ``ItemResult.sentence`` says, in the reader's language."""
    words = str(said(RESULT_LABELS[item.result]))
    if item.result is Result.FOUND:
        words = gettext("查询到 %(count)s 条") % {"count": len(item.findings)}
    if item.result in (Result.STALE, Result.NEVER) or item.is_whole:
        return words
    behind = gettext("部分来源单位数据未更新") if item.is_current else gettext("此后数据未更新")
    return bracketed(words, behind)


def _delivered(item: ItemResult) -> str:
    return "，".join(
        f"{unit.unit} {unit.delivered_on}"
        if unit.is_current
        else bracketed(f"{unit.unit} {unit.delivered_on}", gettext("此后未更新"))
        for unit in item.units
    )


def _findings(item: ItemResult) -> Table:
    columns = [
        Column("日期", Kind.DATE),
        Column("文书号"),
        Column("机关"),
        Column("内容"),
        Column("状态"),
    ]
    rows = [
        [one.day, one.number or "—", one.agency, one.what, _states(one.states)]
        for one in item.findings
    ]
    return Table(columns, rows, caption=item.name)


def _states(states: tuple[tuple[str, object], ...]) -> str:
    found = [bracketed(said(words), day) if day else str(said(words)) for words, day in states]
    return " ".join(found) or "—"
