"""The city operator's pages on delivered files: upload, counts, every rejected row with its reason."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Iterable, Iterator

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from borrowers.domain.row_codes import row_code_label
from borrowers.forms import BatchFilterForm, BatchUploadForm, RegisterUploadForm
from borrowers.ingest.delivered import source_of
from borrowers.models import IngestBatch, IngestReject
from borrowers.policies import CITY_ROLES, can_handle_data
from borrowers.selectors import (
    batch_get,
    batch_list,
    item_list,
    reject_lines,
    reject_list,
    unit_list,
)
from borrowers.services import records_ingest, register_import
from borrowers.sheets.correction import BOM, correction_sheet, plain_cell
from borrowers.views.wording import batch_subject, batches_table
from marketplace.domain.errors import NotFound
from marketplace.domain.roles import Role
from marketplace.policies import require_role, signed_in
from marketplace.sheets import UPLOAD_KINDS, UPLOAD_LIMITS
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Pair, Stat, Table
from marketplace.web.pagination import keyset_page, number_page

REJECT_TITLES = ("行号", "字段", "原因代码", "说明")


@login_required
@require_GET
def batches(request: HttpRequest) -> HttpResponse:
    """List delivered files with their counts, latest first."""
    require_role(request.user, *CITY_ROLES)
    form = BatchFilterForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    page = keyset_page(request, batch_list(request.user, **chosen), field="id")
    context = {
        "form": form,
        "page": page,
        "table": batches_table(page.rows, chosen=any(chosen.values())),
        "actions": data_actions(request),
        "crumbs": [Crumb("数据批次")],
    }
    return render(request, "borrowers/operator/batches.html", context, status=form_status(form))


@login_required
@require_GET
def batch(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show what became of one file: counts, reasons, and every rejected row."""
    found = batch_get(request.user, public_id)
    page = number_page(request, reject_list(found), size=50)
    context = {
        "batch": found,
        "stats": _batch_stats(found),
        "pairs": _batch_pairs(found),
        "reasons": _reason_pairs(found),
        "rejects": _rejects_table(page.object_list),
        "page": page,
        "is_correctable": bool(found.titles) and can_handle_data(request.user),
        "crumbs": [Crumb("数据批次", reverse("borrowers:batch-list")), Crumb(found.file_name)],
    }
    return render(request, "borrowers/operator/batch.html", context)


@login_required
@require_GET
def batch_rejects(request: HttpRequest, public_id: uuid.UUID) -> StreamingHttpResponse:
    """Give the rejected rows as a csv to correct by."""
    found = batch_get(request.user, public_id)
    answer = StreamingHttpResponse(_reject_csv(found), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="rejects-{found.public_id}.csv"'
    return answer


@login_required
@require_GET
def batch_correction(request: HttpRequest, public_id: uuid.UUID) -> StreamingHttpResponse:
    """Give the rejected rows back with their errors marked in place, to be corrected and uploaded again."""
    found = batch_get(request.user, public_id)
    require_role(request.user, Role.OPERATOR)
    if not found.titles:
        raise NotFound
    sheet = correction_sheet(found)
    answer = StreamingHttpResponse(sheet.content, content_type=sheet.kind)
    answer["Content-Disposition"] = f'attachment; filename="{sheet.name}"'
    return answer


@login_required
@require_http_methods(["GET", "POST"])
def batch_upload(request: HttpRequest) -> HttpResponse:
    """Take a file of one item from one unit and say what became of its rows."""
    require_role(request.user, Role.OPERATOR)
    form = BatchUploadForm(
        request.POST or None,
        request.FILES or None,
        items=item_list(request.user),
        units=list(unit_list(request.user)),
    )
    done = attempted(
        form,
        lambda: records_ingest(
            item_code=form.cleaned_data["item"],
            unit_code=form.cleaned_data["unit"],
            source=source_of(form.cleaned_data["file"]),
            file_name=form.cleaned_data["file"].name,
            actor=signed_in(request.user),
            at=timezone.now(),
            kinds=UPLOAD_KINDS,
            limits=UPLOAD_LIMITS,
        ),
    )
    if done is not None:
        return _received(request, done)
    context = {
        "form": form,
        "title": "上传信用记录",
        "rules": "支持 csv（UTF-8 或 GB18030）和 xlsx；一个文件只含一个信息项，由一个来源单位提供。"
        "各信息项的字段、来源单位与报送模板见“目录”。"
        "没有可报的，上传只有表头的模板，即表示“无”；没有报送的，一律按“不明”处理。",
        "crumbs": [Crumb("数据批次", reverse("borrowers:batch-list")), Crumb("上传")],
    }
    return render(request, "borrowers/operator/upload.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def register_upload(request: HttpRequest) -> HttpResponse:
    """Take a file of the register."""
    require_role(request.user, Role.OPERATOR)
    form = RegisterUploadForm(request.POST or None, request.FILES or None)
    done = attempted(
        form,
        lambda: register_import(
            source=source_of(form.cleaned_data["file"]),
            file_name=form.cleaned_data["file"].name,
            actor=signed_in(request.user),
            at=timezone.now(),
            kinds=UPLOAD_KINDS,
            limits=UPLOAD_LIMITS,
        ),
    )
    if done is not None:
        return _received(request, done)
    context = {
        "form": form,
        "title": "上传市场主体登记表",
        "rules": "支持 csv（UTF-8 或 GB18030）和 xlsx；须有“企业名称”和“统一社会信用代码”两列。",
        "crumbs": [Crumb("登记库", reverse("borrowers:enterprise-list")), Crumb("上传登记表")],
    }
    return render(request, "borrowers/operator/upload.html", context, status=form_status(form))


def data_actions(request: HttpRequest) -> list[Action]:
    """Return what can be done with data: aliases for all readers, uploading for operators."""
    actions = [
        Action("待核对的主体", reverse("borrowers:candidate-list")),
        Action("主体对照", reverse("borrowers:alias-list")),
    ]
    if can_handle_data(request.user):
        actions.append(Action("上传文件", reverse("borrowers:batch-upload"), primary=True))
    return actions


def _received(request: HttpRequest, found: IngestBatch) -> HttpResponse:
    told = messages.warning if found.rejected or found.unread_count else messages.success
    told(
        request,
        gettext(
            "读取 %(rows_read)s 行：接收 %(accepted)s，拒绝 %(rejected)s，重复 %(duplicates)s。"
        )
        % {
            "rows_read": found.rows_read,
            "accepted": found.accepted,
            "rejected": found.rejected,
            "duplicates": found.duplicates,
        },
    )
    if found.unread_count:
        text = gettext("有 %(count)s 列不是所需的字段，没有读取：%(titles)s。")
        messages.warning(
            request, text % {"count": found.unread_count, "titles": _unread_words(found)}
        )
    return redirect("borrowers:batch-detail", found.public_id)


def _unread_words(found: IngestBatch) -> str:
    """Return the titles of the columns that were not read, as the sheet writes them."""
    shown = gettext("、").join(found.unread_titles)
    is_all = found.unread_count <= len(found.unread_titles)
    return shown if is_all else gettext("%(names)s等") % {"names": shown}


def _reject_csv(found: IngestBatch) -> Iterator[str]:
    """Yield lines; cells that a spreadsheet would run as a formula are made text."""

    class Echo:
        def write(self, line: str) -> str:
            return line

    writer = csv.writer(Echo())
    yield BOM + str(writer.writerow(REJECT_TITLES))
    for line in reject_lines(found):
        yield str(writer.writerow([plain_cell(cell) for cell in line]))


def _batch_stats(found: IngestBatch) -> list[Stat]:
    return [
        Stat("读取", found.rows_read, "文件中的数据行，不含表头和空行。", unit="行"),
        Stat("接收", found.accepted, "写入的行，含更正。", unit="行"),
        Stat("更正", found.superseding, "接收的行中替代了原有记录的行；原记录保留。", unit="行"),
        Stat("拒绝", found.rejected, "没有写入的行，每行都有原因。", unit="行"),
        Stat(
            "待核对", found.waiting, "拒绝的行中等待人工确认主体的行；确认后另行入库。", unit="行"
        ),
        Stat("重复", found.duplicates, "内容与已有记录相同的行。", unit="行"),
    ]


def _batch_pairs(found: IngestBatch) -> list[Pair]:
    pairs = [
        Pair("信息项", batch_subject(found)),
        Pair("来源单位", found.unit.name if found.unit else ""),
        Pair("接收时间", found.received_at, Kind.DATETIME),
        _brought_by(found),
        Pair("文件 SHA-256", found.file_sha256, Kind.CODE),
    ]
    if not found.unread_count:
        return pairs
    counted = gettext("共 %(count)s 列，不是所需的字段，内容没有保存。")
    note = counted % {"count": found.unread_count}
    return [*pairs, Pair("未读取的列", _unread_words(found), note=note)]


def _brought_by(found: IngestBatch) -> Pair:
    if found.unit_token is None:
        return Pair("接收人", str(found.received_by) if found.received_by else "平台任务")
    words = gettext("%(token)s（%(prefix)s）")
    token = {"token": found.unit_token.name, "prefix": found.unit_token.prefix}
    return Pair("来源单位的接口令牌", words % token)


def _reason_pairs(found: IngestBatch) -> list[Pair]:
    """Return how many rows were rejected for each reason, the most frequent first."""
    counts = sorted(found.reasons.items(), key=lambda entry: (-entry[1], entry[0]))
    return [
        Pair(row_code_label(code), gettext("%(count)s 行") % {"count": count}, note=code)
        for code, count in counts
    ]


def _rejects_table(rows: Iterable[IngestReject]) -> Table:
    columns = [Column("行号", Kind.NUMBER), Column("字段"), Column("原因"), Column("说明")]
    return Table(
        columns,
        [
            [row.row_number, row.field, Cell(row_code_label(row.code), note=row.code), row.sentence]
            for row in rows
        ],
        empty="没有被拒绝的行。",
    )
