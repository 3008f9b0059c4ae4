"""Pages about issued documents: verifying for everybody, the list of one's own, declaring one void."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from exports.domain.numbering import code_shown
from exports.forms import CodeForm, FileForm, VoidForm
from exports.models import IssuedDocument
from exports.policies import can_void
from exports.selectors import VerifiedDocument, document_get, document_list
from exports.services import document_verify, document_void
from marketplace.domain.errors import NotFound, NotPermitted, Refused
from marketplace.domain.roles import Role
from marketplace.models import User
from marketplace.policies import has_role, signed_in
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Pair, Table, Tone
from marketplace.web.forms import refuse
from marketplace.web.language import bracketed, said
from marketplace.web.pagination import number_page
from marketplace.web.sender import sender_of
from matching.domain.whitelist import WHITELIST

LIST_WORDS = {
    **WHITELIST.labels,
    "REPLACED": "出具之后，草稿已由另一份表格替换",
    "EXPIRED": "已到期",
    "DISCARDED": "草稿已作废",
}
LIST_CRUMB = "出具的文件"


@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Verify by code (sent by GET) or by the file itself (sent by POST)."""
    if request.method == "POST":
        return _verify_file(request)
    if "code" not in request.GET:
        return _verify_page(request, CodeForm(), FileForm())
    form = CodeForm(request.GET)
    if not form.is_valid():
        return _verify_page(request, form, FileForm(), status=422)
    return _verify_code(request, form.cleaned_data["code"])


@require_GET
def verify_code(request: HttpRequest, code: str) -> HttpResponse:
    """Verify by the address that the square code on a document opens."""
    return _verify_code(request, code)


@login_required
@require_GET
def documents(request: HttpRequest) -> HttpResponse:
    """List the documents handed to the reader, and those about the reader's enterprise."""
    user = signed_in(request.user)
    page = number_page(request, document_list(user))
    context = {
        "page": page,
        "table": _list_table(list(page.object_list)),
        "actions": _to_take(user),
        "crumbs": [Crumb(LIST_CRUMB)],
    }
    return render(request, "exports/document_list.html", context)


def _to_take(user: User) -> list[Action]:
    """Return what an enterprise may have made out for itself."""
    if not has_role(user, Role.OWNER, Role.AGENT):
        return []
    return [
        Action("公共信用报告（无违法违规证明专用版）", reverse("exports:credit-report")),
        Action("下载公共信用报告（PDF）", reverse("exports:credit-report-pdf")),
    ]


@login_required
@require_http_methods(["GET", "POST"])
def document(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the particulars of an issued document; by POST declare it void."""
    user = signed_in(request.user)
    found = document_get(user, public_id)
    form = VoidForm(request.POST or None)
    if request.method == "POST":
        if not can_void(user, found):
            raise NotPermitted
        if _is_voided(form, found, user):
            messages.success(request, "文件已作废，核验时将显示“已作废”。")
            return redirect("exports:document-detail", public_id=public_id)
    context = {
        "document": found,
        "pairs": _particulars(found),
        "form": form if can_void(user, found) and found.voided_at is None else None,
        "crumbs": [Crumb(LIST_CRUMB, reverse("exports:document-list")), Crumb(found.number)],
    }
    status = 422 if form.errors else 200
    return render(request, "exports/document_detail.html", context, status=status)


def _verify_code(request: HttpRequest, code: str) -> HttpResponse:
    form = CodeForm({"code": code_shown(code)})
    return _answered(
        request,
        lambda: document_verify(sender=sender_of(request), at=timezone.now(), code=code),
        form,
        FileForm(),
        form,
    )


def _verify_file(request: HttpRequest) -> HttpResponse:
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _verify_page(request, CodeForm(), form, status=422)
    chunks = form.cleaned_data["file"].chunks()
    return _answered(
        request,
        lambda: document_verify(sender=sender_of(request), at=timezone.now(), chunks=chunks),
        CodeForm(),
        form,
        form,
    )


def _answered(
    request: HttpRequest,
    ask: Callable[[], VerifiedDocument],
    code_form: CodeForm,
    file_form: FileForm,
    asked: CodeForm | FileForm,
) -> HttpResponse:
    try:
        found = ask()
    except NotFound as unknown:
        page = _verify_page(request, code_form, file_form, unknown=unknown, status=404)
        return page
    except Refused as refused:
        if refused.status != Refused.status:
            raise
        asked.is_valid()
        if not asked.errors:
            refuse(asked, refused)
        return _verify_page(request, code_form, file_form, status=422)
    return _verify_page(request, code_form, file_form, found=found)


def _verify_page(
    request: HttpRequest,
    code_form: CodeForm,
    file_form: FileForm,
    *,
    found: VerifiedDocument | None = None,
    unknown: NotFound | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "code_form": code_form,
        "file_form": file_form,
        "found": found,
        "words": _verified_words(found) if found else "",
        "tone": _verified_tone(found) if found else None,
        "pairs": _verified_pairs(found) if found else [],
        "unknown": unknown,
        "crumbs": [Crumb("报告核验")],
    }
    return render(request, "exports/public/verify.html", context, status=status)


def _verified_words(found: VerifiedDocument) -> str:
    in_force = found.is_list_in_force or not found.is_valid
    return found.state_label if in_force else "文件真实，名单不在执行"


def _verified_tone(found: VerifiedDocument) -> Tone:
    if not found.is_valid:
        return Tone.BAD
    return Tone.GOOD if found.is_list_in_force else Tone.WARN


def _verified_pairs(found: VerifiedDocument) -> list[Pair]:
    pairs = [
        Pair("文件编号", found.number, Kind.CODE),
        Pair("种类", found.kind_label),
        Pair("对象", found.subject),
        Pair("出具日期", found.issued_on, Kind.DATE),
        Pair("内容哈希", found.content_hash, Kind.CODE, "文件中印有内容哈希的，应与此一致"),
        Pair("文件 SHA-256", found.file_sha256, Kind.CODE),
    ]
    if found.list_standing:
        note = "对象后注明的是出具时的状态；以平台当日名单为准"
        pairs.insert(3, Pair("名单当前状态", said(LIST_WORDS[found.list_standing]), note=note))
    if found.voided_on:
        pairs.append(Pair("作废日期", found.voided_on, Kind.DATE))
    return pairs


def _list_table(rows: list[IssuedDocument]) -> Table:
    columns = [
        Column("文件编号", Kind.CODE),
        Column("种类"),
        Column("对象"),
        Column("领取人"),
        Column("出具时间", Kind.DATETIME),
        Column("状态", Kind.BADGE),
    ]
    return Table(
        columns,
        [
            [
                Cell(row.number, reverse("exports:document-detail", args=[row.public_id])),
                row.get_kind_display(),
                row.subject_name,
                bracketed(row.issued_to, row.issued_for.name),
                row.issued_at,
                _state_cell(row),
            ]
            for row in rows
        ],
        empty="还没有出具过文件。",
    )


def _state_cell(row: IssuedDocument) -> Cell:
    is_valid = row.voided_at is None
    return Cell("有效" if is_valid else "已作废", tone=Tone.GOOD if is_valid else Tone.BAD)


def _particulars(row: IssuedDocument) -> list[Pair]:
    pairs = [
        Pair("种类", row.get_kind_display()),
        Pair("对象", row.subject_name),
        Pair("领取人", bracketed(row.issued_to, row.issued_for.name)),
        Pair("出具时间", row.issued_at, Kind.DATETIME),
        Pair("内容哈希", row.content_hash, Kind.CODE),
        Pair("文件 SHA-256", row.file_sha256, Kind.CODE),
    ]
    if row.voided_at:
        pairs += [
            Pair("作废时间", row.voided_at, Kind.DATETIME),
            Pair("作废原因", row.void_reason),
        ]
    return pairs


def _is_voided(form: VoidForm, found: IssuedDocument, user: User) -> bool:
    if not form.is_valid():
        return False
    try:
        document_void(
            document_id=found.public_id,
            reason=form.cleaned_data["reason"],
            actor=user,
            at=timezone.now(),
        )
    except Refused as refused:
        if refused.status != Refused.status:
            raise
        refuse(form, refused)
        return False
    return True
