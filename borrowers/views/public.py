"""The page on which anybody looks up an enterprise's permits and penalties (双公示)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from borrowers.domain.publicity import Notice, NoticeKind
from borrowers.models import Enterprise
from borrowers.selectors.publicity import CODE_LENGTH, MOST_NAMES, SHORTEST_NAME, notices_public
from borrowers.services.publicity import publicity_search
from marketplace.web.components import Cell, Column, Crumb, Kind, Table
from marketplace.web.sender import sender_of

SECTIONS = {
    NoticeKind.PERMIT: ("行政许可", "许可文书", "有效期至", "没有在公示期内的行政许可信息。"),
    NoticeKind.PENALTY: ("行政处罚", "违法行为类型", "公示至", "没有在公示期内的行政处罚信息。"),
}


class SearchForm(forms.Form):
    """A code or a name."""

    q = forms.CharField(label="统一社会信用代码或企业名称", max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].help_text = gettext(
            "代码 %(length)s 位；名称至少 %(shortest)s 个字，前面的“天津”“某某区”可以不写。"
        ) % {"length": CODE_LENGTH, "shortest": SHORTEST_NAME}


@require_GET
def publicity(request: HttpRequest) -> HttpResponse:
    """Show what is public of the enterprise that is asked for, or the enterprises a name may mean.

    Queries: at most six.
    """
    at = timezone.now()
    form = SearchForm(request.GET if "q" in request.GET else None)
    found: list[Enterprise] = []
    if form.is_valid():
        found = publicity_search(sender=sender_of(request), text=form.cleaned_data["q"], at=at)
    enterprise = found[0] if len(found) == 1 else None
    context = {
        "form": form,
        "asked": form.is_valid(),
        "enterprise": enterprise,
        "as_of": at,
        "names": _names(found) if len(found) > 1 else None,
        "is_cut": len(found) == MOST_NAMES,
        "tables": [
            _table(kind, notices) for kind, notices in notices_public(enterprise, at).items()
        ]
        if enterprise
        else [],
        "crumbs": [Crumb("双公示查询")],
    }
    return render(request, "borrowers/public/publicity.html", context)


def _names(found: Sequence[Enterprise]) -> Table:
    rows = [
        [
            Cell(row.name, url=f"{reverse('borrowers:publicity')}?{urlencode({'q': row.uscc})}"),
            row.uscc,
        ]
        for row in found
    ]
    columns = [Column("企业名称"), Column("统一社会信用代码", Kind.CODE)]
    return Table(columns, rows, caption="名称相近的企业")


def _table(kind: NoticeKind, notices: Sequence[Notice]) -> Table:
    caption, title, until, empty = SECTIONS[kind]
    columns = [
        Column("决定文书号"),
        Column(title),
        Column("内容"),
        Column("决定日期", Kind.DATE),
        Column("决定机关"),
        Column(until, Kind.DATE),
    ]
    rows = [
        [
            notice.number,
            notice.title,
            notice.content,
            notice.decided_on,
            notice.agency,
            notice.until,
        ]
        for notice in notices
    ]
    return Table(columns, rows, caption=caption, empty=empty)
