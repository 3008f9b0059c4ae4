"""The city operator's pages on rows whose subject a person has to confirm. The auditor may read them.

Of a row only what speaks for its subject is shown: what it says about an enterprise is nobody's business here.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from borrowers.domain.candidate import BASIS_LABELS, CANDIDATE
from borrowers.forms import CandidateFilterForm, CandidateForm
from borrowers.models import SubjectCandidate
from borrowers.policies import CITY_ROLES, can_handle_data
from borrowers.selectors.candidate import (
    HeldRow,
    Proposal,
    candidate_get,
    candidate_list,
    candidate_read,
    candidates_read,
)
from borrowers.services.candidate import candidate_accept, candidate_refuse
from borrowers.views.wording import batch_subject
from marketplace.domain.roles import Role
from marketplace.policies import require_role, signed_in
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Cell, Column, Crumb, Kind, Pair, Table, Tone
from marketplace.web.labels import tone_of
from marketplace.web.language import listed, said
from marketplace.web.pagination import keyset_page

WAITING = CANDIDATE.initial


@login_required
@require_GET
def candidates(request: HttpRequest) -> HttpResponse:
    """List the rows, those that wait first of all by default."""
    require_role(request.user, *CITY_ROLES)
    form = CandidateFilterForm(request.GET if "state" in request.GET else {"state": WAITING})
    state = form.cleaned_data["state"] if form.is_valid() else ""
    page = keyset_page(request, candidate_list(request.user, state), field="id")
    context = {
        "form": form,
        "page": page,
        "table": _candidates_table(page.rows, state),
        "crumbs": [Crumb("数据批次", reverse("borrowers:batch-list")), Crumb("待核对的主体")],
    }
    status = form_status(form)
    return render(request, "borrowers/operator/candidates.html", context, status=status)


@login_required
@require_GET
def candidate(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show what a row says of its subject beside the enterprises it may mean."""
    found = candidate_get(request.user, public_id)
    held, proposed = candidate_read(found)
    return _page(request, found, held, proposed, CandidateForm(proposed=_choices(proposed)))


@login_required
@require_POST
def candidate_decide(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take the row into an enterprise's records, or leave it out."""
    found = candidate_get(request.user, public_id)
    require_role(request.user, Role.OPERATOR)
    held, proposed = candidate_read(found)
    form = CandidateForm(request.POST, proposed=_choices(proposed))
    done = attempted(form, lambda: _decide(request, public_id, form))
    if done is None:
        return _page(request, found, held, proposed, form)
    messages.success(request, _decided_words(done))
    return redirect("borrowers:candidate-list")


def _decided_words(done: SubjectCandidate) -> str:
    words = {"row": _title(done), "name": done.enterprise.name if done.enterprise else ""}
    if done.enterprise:
        return gettext("%(row)s已确认是%(name)s，已作为其信用记录入库。") % words
    return gettext("%(row)s已退回，来源单位在更正表里看到原因。") % words


def _decide(request: HttpRequest, public_id: uuid.UUID, form: CandidateForm) -> SubjectCandidate:
    decision, actor, at = form.cleaned_data["decision"], signed_in(request.user), timezone.now()
    if decision == form.REFUSE:
        reason = form.cleaned_data["reason"]
        return candidate_refuse(public_id=public_id, reason=reason, actor=actor, at=at)
    return candidate_accept(public_id=public_id, uscc=decision, actor=actor, at=at)


def _page(
    request: HttpRequest,
    found: SubjectCandidate,
    held: HeldRow | None,
    proposed: list[Proposal],
    form: CandidateForm,
) -> HttpResponse:
    context = {
        "candidate": found,
        "form": form,
        "can_decide": held is not None and can_handle_data(request.user),
        "clues": _clue_pairs(held),
        "pairs": _candidate_pairs(found),
        "table": _proposals_table(proposed) if held else None,
        "crumbs": [
            Crumb("数据批次", reverse("borrowers:batch-list")),
            Crumb("待核对的主体", reverse("borrowers:candidate-list")),
            Crumb(_title(found)),
        ],
        "title": _title(found),
    }
    status = form_status(form)
    return render(request, "borrowers/operator/candidate.html", context, status=status)


def _title(found: SubjectCandidate) -> str:
    return gettext("%(file)s 第 %(row)s 行") % {
        "file": found.batch.file_name,
        "row": found.row_number,
    }


def _choices(proposed: Iterable[Proposal]) -> list[tuple[str, str]]:
    return [
        (
            one.enterprise.uscc,
            gettext("确认是%(name)s（信用代码末六位 %(end)s）")
            % {"name": one.enterprise.name, "end": one.enterprise.uscc[-6:]},
        )
        for one in proposed
    ]


def _clue_pairs(held: HeldRow | None) -> list[Pair]:
    if held is None:
        return []
    return [
        Pair("信用代码栏", held.clues.shown_code or gettext("（空）"), Kind.CODE),
        Pair("注册号", listed(held.clues.shown_numbers), note="只显示末四位。"),
        Pair("名称", held.clues.name),
    ]


def _candidate_pairs(found: SubjectCandidate) -> list[Pair]:
    batch = found.batch
    pairs = [
        Pair("信息项", batch_subject(batch)),
        Pair("来源单位", batch.unit.name if batch.unit else ""),
        Pair("接收时间", batch.received_at, Kind.DATETIME),
    ]
    if found.state == WAITING:
        return pairs
    return [
        *pairs,
        Pair("确认的企业", str(found.enterprise) if found.enterprise else ""),
        Pair("核对人", str(found.decided_by) if found.decided_by else ""),
        Pair("核对时间", found.decided_at, Kind.DATETIME),
        Pair("退回的原因", found.reason),
    ]


def _proposals_table(proposed: Iterable[Proposal]) -> Table:
    columns = [
        Column("企业与信用代码"),
        Column("所在区"),
        Column("成立日期", Kind.DATE),
        Column("登记状态", Kind.BADGE),
        Column("为何列出"),
    ]
    return Table(
        columns,
        [
            [
                Cell(
                    one.enterprise.name,
                    url=reverse("borrowers:enterprise-detail", args=[one.enterprise.public_id]),
                    note=one.enterprise.uscc,
                ),
                one.enterprise.district.name if one.enterprise.district else "",
                one.enterprise.established_date,
                Cell(
                    one.enterprise.get_status_display(),
                    tone=Tone.GOOD if one.enterprise.status == "ACTIVE" else Tone.NEUTRAL,
                ),
                listed(said(BASIS_LABELS[basis]) for basis in one.bases),
            ]
            for one in proposed
        ],
        empty="登记库里现在没有相符的市场主体，只能退回。",
    )


def _candidates_table(rows: Sequence[SubjectCandidate], state: str) -> Table:
    """Return the rows by what they say of their subject; of those that are decided or lapsed nothing is held."""
    columns = [
        Column("这一行写的主体"),
        Column("相符的企业"),
        Column("信息项"),
        Column("文件与行"),
        Column("接收时间", Kind.DATETIME),
        Column("状态", Kind.BADGE),
    ]
    read = candidates_read(rows)
    return Table(
        columns,
        [
            [
                _subject_cell(row, found[0] if (found := read.get(row.pk)) else None),
                _meant_cell(row, found[1] if found else []),
                Cell(batch_subject(row.batch), note=row.batch.unit.name if row.batch.unit else ""),
                _title(row),
                row.batch.received_at,
                Cell(
                    CANDIDATE.labels[row.state],
                    tone=tone_of(row.state),
                    note=str(row.decided_by) if row.decided_by else "",
                ),
            ]
            for row in rows
        ],
        empty="没有待核对的行。" if state == WAITING else "没有符合条件的行。",
    )


def _subject_cell(row: SubjectCandidate, held: HeldRow | None) -> Cell:
    url = reverse("borrowers:candidate-detail", args=[row.public_id])
    if held is None:
        return Cell("查看核对结果" if row.decided_at else "原文已到期", url=url)
    clues = held.clues
    code = clues.shown_code or listed(clues.shown_numbers)
    return Cell(clues.name or code or gettext("（空）"), url=url, note=code if clues.name else "")


def _meant_cell(row: SubjectCandidate, proposed: Sequence[Proposal]) -> Cell:
    """Return whom a row was found to mean, or may mean and why: the first, and how many more there are."""
    if row.enterprise:
        return Cell(row.enterprise.name, note=row.enterprise.uscc)
    if row.state != WAITING:
        return Cell("")
    if not proposed:
        return Cell("现在没有相符的企业", tone=Tone.WARN)
    first, more = proposed[0], len(proposed) - 1
    name = first.enterprise.name
    if more:
        name = gettext("%(name)s，另有 %(count)s 家") % {"name": name, "count": more}
    return Cell(name, note=listed(said(BASIS_LABELS[basis]) for basis in first.bases))
