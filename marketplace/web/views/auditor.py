"""The auditor's pages: what was done and who read whose data, what was opened to whom. Read-only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from marketplace.domain import uscc as uscc_rules
from marketplace.domain.roles import Role
from marketplace.domain.vocabulary import DATA_CLASS_LABELS, QUERY_PURPOSE_LABELS
from marketplace.models import AccessRecord, AuditEvent
from marketplace.policies import require_role, signed_in
from marketplace.selectors import (
    AuditFilter,
    ChainCheck,
    access_search,
    audit_search,
    chain_check,
    enterprise_names,
    grant_list,
)
from marketplace.web.audit_words import (
    action_words,
    kind_words,
    nouns_of,
    payload_words,
    stream_words,
)
from marketplace.web.components import Cell, Column, Crumb, Kind, Table
from marketplace.web.forms import DayField
from marketplace.web.grant_words import grants_table
from marketplace.web.labels import label_of
from marketplace.web.language import listed
from marketplace.web.pagination import keyset_page

Row = TypeVar("Row", bound=Model)
YEARS = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2199, 12, 31)))
CHANNELS = {"PAGE": "页面", "API": "接口", "PDF": "文件", "SYSTEM": "机构系统"}


class AuditSearchForm(forms.Form):
    """Which events."""

    uscc = forms.CharField(label="统一社会信用代码", required=False, max_length=30)
    person = forms.CharField(label="操作人（账号或姓名）", required=False, max_length=64)
    action = forms.CharField(label="事项，如“授权”", required=False, max_length=64)
    since = DayField(label="自", required=False, validators=YEARS)
    until = DayField(label="至", required=False, validators=YEARS)

    def clean_uscc(self) -> str:
        """Return the code as it is written; what is no code is refused."""
        given = self.cleaned_data["uscc"]
        found = uscc_rules.check(given)
        if given and not found.is_valid:
            raise ValidationError(found.sentence, code=found.code)
        return found.uscc

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        given = super().clean() or self.cleaned_data
        since, until = given.get("since"), given.get("until")
        if since and until and since > until:
            self.add_error("until", ValidationError("“至”不能早于“自”。", code="PERIOD_REVERSED"))
        return given

    def wanted(self) -> AuditFilter:
        """Return the filter; an empty one where something could not be read, which `_found_by` does not ask with."""
        given = self.cleaned_data if self.is_valid() else {}
        since, until = given.get("since"), given.get("until")
        action = (given.get("action") or "").strip()
        nouns = nouns_of(action)
        return AuditFilter(
            uscc=given.get("uscc") or "",
            person=(given.get("person") or "").strip(),
            action="" if nouns else action,
            nouns=nouns,
            purpose=given.get("purpose") or "",
            since=_midnight(since) if since else None,
            until=_midnight(until + timedelta(days=1)) if until else None,
        )


class AccessSearchForm(AuditSearchForm):
    """Which readings."""

    action = None  # type: ignore[assignment]
    purpose = forms.ChoiceField(
        label="用途",
        required=False,
        choices=[
            ("", "全部"),
            *((str(code), words) for code, words in QUERY_PURPOSE_LABELS.items()),
        ],
    )


@login_required
@require_GET
def events(request: HttpRequest) -> HttpResponse:
    """Search what was done, latest first; with an enterprise's code its chain is verified, with ``verify`` all are.

    Queries: at most 10; verifying reads the chain once, streamed.
    """
    require_role(signed_in(request.user), Role.AUDITOR)
    form = AuditSearchForm(request.GET)
    wanted = form.wanted()
    page = keyset_page(request, _found_by(form, audit_search(wanted)), field="id")
    asked = bool(request.GET.get("verify"))
    asks = form.is_valid() and (wanted.uscc or asked)
    check = chain_check(wanted.uscc, at=timezone.now()) if asks else None
    context = {
        "form": form,
        "page": page,
        "table": _events_table(page.rows, _nothing(form, "没有这样的事件。")),
        "check": check,
        "checked": _checked(check) if check else "",
        "broken": _events_table(check.broken) if check and check.broken else None,
        "crumbs": [Crumb("审计查询")],
    }
    return render(request, "marketplace/auditor/audit.html", context, status=_status(form))


@login_required
@require_GET
def accesses(request: HttpRequest) -> HttpResponse:
    """Search who read whose data and for what purpose, latest first. Queries: at most 10."""
    require_role(signed_in(request.user), Role.AUDITOR)
    form = AccessSearchForm(request.GET)
    page = keyset_page(request, _found_by(form, access_search(form.wanted())), field="id")
    context = {
        "form": form,
        "page": page,
        "table": _accesses_table(page.rows, _nothing(form, "没有这样的查询。")),
        "crumbs": [Crumb("查询登记")],
    }
    return render(request, "marketplace/auditor/access.html", context, status=_status(form))


@login_required
@require_GET
def grants(request: HttpRequest) -> HttpResponse:
    """List what was opened to whom beyond their posts, live and ended, latest first. Queries: at most 10."""
    user = signed_in(request.user)
    require_role(user, Role.AUDITOR)
    page = keyset_page(request, grant_list(user), field="id")
    context = {
        "page": page,
        "table": grants_table(page.rows, timezone.now()),
        "crumbs": [Crumb("例外授权")],
    }
    return render(request, "marketplace/auditor/grants.html", context)


def _checked(check: ChainCheck) -> str:
    """Return what was checked: whose chain, how much of it and when."""
    return gettext("%(chain)s：%(chains)s 条链、%(events)s 个事件，校验于 %(at)s。") % {
        "chain": stream_words(check.stream) if check.stream else gettext("全部链"),
        "chains": f"{check.chains:,}",
        "events": f"{check.events:,}",
        "at": f"{timezone.localtime(check.at):%Y-%m-%d %H:%M}",
    }


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _status(form: forms.Form) -> int:
    return 422 if form.errors else 200


def _found_by(form: AuditSearchForm, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Return what a search found: nothing for one that has to be put right, it would answer another question."""
    return rows if form.is_valid() else rows.none()


def _nothing(form: AuditSearchForm, words: str) -> str:
    return words if form.is_valid() else "请先更正查询条件。"


def _events_table(rows: Iterable[AuditEvent], nothing: str = "") -> Table:
    columns = [
        Column("时间", Kind.DATETIME),
        Column("操作人"),
        Column("动作"),
        Column("对象"),
        Column("内容"),
        Column("链与序号"),
        Column("哈希", Kind.CODE),
    ]
    lines: Sequence[Sequence[Any]] = [
        [
            row.at,
            str(row.actor) if row.actor else "平台",
            Cell(action_words(row.action), note=row.action),
            Cell(kind_words(row.subject_kind), note=row.subject_id),
            payload_words(row.payload),
            Cell(gettext("第 %(seq)s 条") % {"seq": row.seq}, note=stream_words(row.stream)),
            row.hash[:16],
        ]
        for row in rows
    ]
    return Table(columns, lines, caption="审计事件", empty=nothing)


def _classes(codes: Sequence[str]) -> str:
    """Return the classes that were read, all of them in one word."""
    if len(set(codes)) == len(DATA_CLASS_LABELS):
        return gettext("全部 %(count)s 类") % {"count": len(DATA_CLASS_LABELS)}
    return listed(label_of(code, "data_class") for code in codes)


def _subject(row: AccessRecord, names: Mapping[str, str]) -> Cell:
    """Return whose data was read; who has no account is known here by its code only."""
    name = names.get(row.subject_uscc)
    return Cell(name, note=row.subject_uscc) if name else Cell(row.subject_uscc)


def _accesses_table(rows: Sequence[AccessRecord], nothing: str) -> Table:
    names = enterprise_names(row.subject_uscc for row in rows)
    columns = [
        Column("时间", Kind.DATETIME),
        Column("查询人"),
        Column("被查询企业"),
        Column("用途"),
        Column("内容"),
        Column("信息类别"),
        Column("申请与授权"),
        Column("渠道"),
    ]
    lines = [
        [
            row.at,
            Cell(str(row.user), note=row.organisation.name),
            _subject(row, names),
            row.get_purpose_display(),
            row.content,
            _classes(row.data_classes),
            Cell(
                gettext("申请 %(application_ref)s") % {"application_ref": row.application_ref}
                if row.application_ref
                else None,
                note=gettext("授权 %(consent_ref)s") % {"consent_ref": row.consent_ref}
                if row.consent_ref
                else "",
            ),
            CHANNELS.get(row.channel, row.channel),
        ]
        for row in rows
    ]
    return Table(columns, lines, caption="查询登记", empty=nothing)
