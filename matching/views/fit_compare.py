"""Products side by side for one need: cost on its own amount and term, how near each is, how soon it is answered."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from lenders.domain.shelf import compared
from lenders.views.wording import terms_words
from marketplace.domain.errors import Refused
from marketplace.domain.money import display_rate
from marketplace.policies import signed_in
from marketplace.web.components import Cell, Column, Crumb, Table
from marketplace.web.language import said
from marketplace.web.templatetags.market import wan, yuan
from matching.domain.demand import OPEN_DEMAND_STATES
from matching.domain.ranking import LoanCost
from matching.models import FinancingDemand
from matching.selectors.demand import demand_get
from matching.selectors.offers import demand_offers
from matching.views.fit_list import GROUPS, FitLine, fit_line

TERMS_SHOWN = ("额度", "期限", "年化利率", "其他费用", "还款方式", "担保方式", "审批时限")


@login_required
@require_GET
def need_compare(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show up to four products of the fit list side by side, in the order of the list.

    Raises:
        Refused: ``COMPARE_TOO_MANY``, ``COMPARE_ID_INVALID``.

    Queries: those of ``demand_offers``, one for the need and those of the session and the page's frame.
    """
    user, now = signed_in(request.user), timezone.now()
    demand = demand_get(user, public_id)
    wanted = _wanted(request.GET.getlist("id"))
    is_open = demand.state in OPEN_DEMAND_STATES
    offers = demand_offers(demand, now).among(wanted) if wanted else []
    lines = [fit_line(offer, demand, is_open=is_open) for offer in offers]
    context = {
        "demand": demand,
        **(_tables(demand, lines) if lines else {"table": None, "same": None}),
        "crumbs": [
            Crumb("融资需求", reverse("matching:need-list")),
            Crumb("需求详情", reverse("matching:need-detail", args=[public_id])),
            Crumb("产品比较"),
        ],
    }
    return render(request, "matching/borrower/need_compare.html", context)


def _wanted(texts: Sequence[str]) -> tuple[uuid.UUID, ...]:
    try:
        return compared(uuid.UUID(text) for text in texts)
    except ValueError:
        raise Refused("COMPARE_ID_INVALID", "所选产品的编号有误，请重新勾选。") from None


def _tables(demand: FinancingDemand, lines: Sequence[FitLine]) -> dict[str, Table | None]:
    """Return what the products differ in, a column for each, and what is the same for all of them, said once."""
    rows = _rows(lines)
    same = [row[:2] for row in rows if len(lines) > 1 and all(told == row[1] for told in row[2:])]
    shared = {row[0] for row in same}
    names = [Column(line.offer.product.product.name) for line in lines]
    differing = [row for row in rows if row[0] not in shared]
    return {
        "table": Table([Column("项目"), *names], differing, caption=_amount_and_term(demand)),
        "same": Table([Column("项目"), Column("各产品")], same) if same else None,
    }


def _rows(lines: Sequence[FitLine]) -> list[list[object]]:
    """Return a row for each question: its name, and what each product answers."""
    asked: list[tuple[str, Callable[[FitLine], object]]] = [
        ("机构", lambda line: line.offer.product.institution.organisation.name),
        ("符合程度", _nearness),
        ("利息和费用合计（最多）", lambda line: yuan(line.offer.cost.cost_yuan)),
        ("折合每月（最多）", lambda line: yuan(line.offer.cost.monthly_yuan)),
        ("综合年化（最高）", lambda line: display_rate(line.offer.cost.rate_bp)),
        ("按此计算", _basis),
        ("答复时间", lambda line: _part(line, "answer")),
        ("批准情况", lambda line: _part(line, "approval")),
        ("不符合或无法判断的条件", _obstacles),
        ("怎样才能符合", _changes),
        ("申请时须授权", lambda line: line.consent or "无"),
    ]
    rows: list[list[object]] = [[label, *(ask(line) for line in lines)] for label, ask in asked]
    terms = [terms_words(line.offer.product.terms) for line in lines]
    rows += [[label, *(words[label] for words in terms)] for label in TERMS_SHOWN]
    if any(line.url for line in lines):
        rows.append(["申请", *(Cell("查看全部理由并申请", url=line.url) for line in lines)])
    return rows


def _amount_and_term(asked: FinancingDemand | LoanCost) -> str:
    return gettext("%(amount)s、%(months)s 个月") % {
        "amount": wan(asked.amount_yuan),
        "months": asked.term_months,
    }


def _nearness(line: FitLine) -> str:
    label = str(said(GROUPS[line.offer.group][0]))
    result = line.offer.result
    counts = [
        words % {"count": count}
        for words, count in (
            (gettext("符合 %(count)s 条"), result.fits),
            (gettext("不符合 %(count)s 条"), result.does_not_fit),
            (gettext("无法判断 %(count)s 条"), result.cannot_tell),
        )
        if count
    ]
    if not counts:
        return label
    return gettext("%(label)s（%(counts)s）") % {
        "label": label,
        "counts": gettext("，").join(counts),
    }


def _basis(line: FitLine) -> str:
    cost = line.offer.cost
    words = _amount_and_term(cost)
    if cost.is_as_asked:
        return words
    return gettext("%(words)s（该产品可贷的最接近值）") % {"words": words}


def _part(line: FitLine, name: str) -> str:
    return line.offer.rank.part(name).text


def _obstacles(line: FitLine) -> str:
    return " ".join(verdict.sentence for verdict in line.obstacles) or "没有"


def _changes(line: FitLine) -> str:
    words = gettext("；").join(change.sentence for change in line.changes)
    if line.offer.changes.contradictory:
        return "该产品自身的条件互相矛盾，没有企业能符合。"
    return gettext("%(sentence)s。") % {"sentence": words} if words else "—"
