"""Batches of delivered files, their rejected rows, and the credit records they left."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Case, F, Q, Value, When

from borrowers.domain.candidate import CANDIDATE
from marketplace.crypto import EncryptedTextField

BATCH_KINDS = (
    ("REGISTER", "登记"),
    ("RECORDS", "信用记录"),
    ("REVIEW", "核对入库"),
    ("THEMATIC", "专题库"),
)
"""What a batch brings, and its name."""
RECORD_KINDS = ("RECORDS", "REVIEW")
"""Kinds of batches that bring credit records: a unit's delivery, a row that a person confirmed."""


class IngestBatch(models.Model):
    """One delivered file of one item from one unit; every row of it is accounted for.

    A row whose subject a person confirmed afterwards comes in by a batch of its own, of kind REVIEW, with the file,
    unit and row it had; that is no delivery. ``waiting`` counts, among the rejected rows, those that wait for a person.
    ``item`` is null for a file of the register itself, and for members of a thematic list. A batch that landed waits
    for its rows to be kept; its file lies below the landing folder until then. ``segments`` are the files of the
    archive that hold its rows; a large delivery lies in several. ``unit_token`` is by what the unit's own system was
    known when it delivered the file, nobody having handed it in. ``archived_sums`` is what the archive must hold of a
    batch that is kept there alone: records, sum of rows, sum of enterprises, exclusive-or of digests. ``read_as`` is
    the hash of the declaration and the code that read the file, empty where reading it again may come to something
    else.
    """

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(
        "种类",
        max_length=16,
        choices=BATCH_KINDS,
    )
    item = models.ForeignKey(
        "borrowers.CatalogueItem",
        verbose_name="信息项",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="batches",
    )
    item_version = models.PositiveIntegerField("信息项版本", null=True, blank=True)
    unit = models.ForeignKey(
        "borrowers.SourceUnit",
        verbose_name="来源单位",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="batches",
    )
    file_name = models.CharField("文件名", max_length=200)
    file_sha256 = models.CharField("文件哈希", max_length=64)
    received_at = models.DateTimeField("接收时间")
    received_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="接收人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    unit_token = models.ForeignKey(
        "borrowers.UnitToken",
        verbose_name="报送令牌",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="batches",
    )
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)
    state = models.CharField(
        "状态",
        max_length=8,
        choices=[("LANDED", "已接收待入库"), ("KEPT", "已入库")],
        default="KEPT",
    )
    landed_name = models.CharField("暂存文件", max_length=80, blank=True, default="")
    segments = models.ManyToManyField(
        "borrowers.ArchiveSegment",
        verbose_name="归档文件",
        blank=True,
        related_name="batches",
    )
    archived_sums = models.JSONField("归档核对数", null=True, blank=True, editable=False)
    read_as = models.CharField("读法摘要", max_length=64, blank=True, default="", editable=False)
    rows_read = models.PositiveIntegerField("读取行数", default=0)
    accepted = models.PositiveIntegerField("接收行数", default=0)
    superseding = models.PositiveIntegerField("其中更正行数", default=0)
    rejected = models.PositiveIntegerField("拒绝行数", default=0)
    duplicates = models.PositiveIntegerField("重复行数", default=0)
    waiting = models.PositiveIntegerField("其中待核对行数", default=0)
    reasons = models.JSONField("拒绝原因计数", default=dict)
    titles = models.JSONField("被拒行的表头", default=list, editable=False)
    unread_titles = models.JSONField("未读取的列", default=list, editable=False)
    unread_count = models.PositiveIntegerField("未读取的列数", default=0, editable=False)

    class Meta:
        verbose_name = "数据批次"
        verbose_name_plural = "数据批次"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at=None)
                | Q(rows_read=F("accepted") + F("rejected") + F("duplicates")),
                name="ingest_batch_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(waiting__lte=F("rejected")), name="ingest_batch_waiting_rejected"
            ),
            models.CheckConstraint(
                condition=Q(state="KEPT") | Q(finished_at=None), name="ingest_batch_waits_open"
            ),
            models.CheckConstraint(
                condition=Q(unit_token=None) | Q(received_by=None, kind="RECORDS"),
                name="ingest_batch_brought_by_one",
            ),
        ]
        indexes = [
            models.Index(fields=["item", "unit", "file_sha256"], name="ingest_batch_file_idx"),
            models.Index(
                fields=["item", "id"], condition=Q(state="LANDED"), name="ingest_batch_waiting_idx"
            ),
            models.Index(
                fields=["item", "-received_at"],
                condition=Q(kind="RECORDS", finished_at__isnull=False),
                name="ingest_batch_fed_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.received_at:%Y-%m-%d}"

    @property
    def is_delivery(self) -> bool:
        """Whether it counts as a delivery: nothing to report, or some row that was not rejected."""
        is_done = self.kind == "RECORDS" and self.finished_at is not None
        return is_done and (self.rows_read == 0 or self.rejected < self.rows_read)


class IngestReject(models.Model):
    """One reason why one row of a batch was not kept."""

    batch = models.ForeignKey(IngestBatch, on_delete=models.CASCADE, related_name="rejects")
    row_number = models.PositiveIntegerField("行号")
    field = models.CharField("字段", max_length=64, blank=True, default="")
    code = models.CharField("原因代码", max_length=48)
    sentence = models.CharField("说明", max_length=300)

    class Meta:
        verbose_name = "拒绝行"
        verbose_name_plural = "拒绝行"
        ordering = ["batch", "row_number", "id"]

    def __str__(self) -> str:
        return f"{self.row_number}:{self.code}"


class RejectedRow(models.Model):
    """A rejected row as it was delivered, sealed and kept for some weeks, to go back and be corrected.

    Its cells stand under the batch's ``titles``; those of columns that may not be stored, or mean nothing, are empty.
    """

    batch = models.ForeignKey(IngestBatch, on_delete=models.CASCADE, related_name="rejected_rows")
    row_number = models.PositiveIntegerField("行号")
    cells = EncryptedTextField("各列原文")

    class Meta:
        verbose_name = "被拒行原文"
        verbose_name_plural = "被拒行原文"
        ordering = ["batch", "row_number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "row_number"], name="rejected_row_unique")
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.row_number}"


class SubjectCandidate(models.Model):
    """A rejected row that a person is asked about: whose it is, if anybody's.

    The row itself is the batch's ``RejectedRow``; nothing of it is repeated here. ``kept_batch`` is the batch by which
    it came into the records.
    """

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    batch = models.ForeignKey(
        IngestBatch, verbose_name="批次", on_delete=models.CASCADE, related_name="candidates"
    )
    row_number = models.PositiveIntegerField("行号")
    state = models.CharField(
        "状态", max_length=8, choices=list(CANDIDATE.labels.items()), default=CANDIDATE.initial
    )
    enterprise = models.ForeignKey(
        "borrowers.Enterprise",
        verbose_name="确认的企业",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    kept_batch = models.ForeignKey(
        IngestBatch,
        verbose_name="入库批次",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decided_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="核对人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decided_at = models.DateTimeField("核对时间", null=True, blank=True)
    reason = models.CharField("退回原因", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "待核对主体"
        verbose_name_plural = "待核对主体"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "row_number"], name="subject_candidate_row_unique"
            ),
            models.CheckConstraint(
                condition=Q(state__in=CANDIDATE.states), name="subject_candidate_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="ACCEPTED", enterprise__isnull=False, kept_batch__isnull=False)
                | (~Q(state="ACCEPTED") & Q(enterprise=None, kept_batch=None)),
                name="subject_candidate_accepted_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["ACCEPTED", "REFUSED"])
                | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="subject_candidate_decided_by_person",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(state="WAITING"), name="subject_candidate_waiting_idx"
            )
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.row_number}:{self.state}"


class CreditRecord(models.Model):
    """One credit record of one enterprise: when it happened, when we got it, until when it stood.

    A corrected row supersedes: the old record keeps its content and gets ``superseded_at``. Reading "as at" a past
    moment takes ``received_at <= moment`` and (``superseded_at`` is null or ``> moment``).

    Rows come by the million, so that one index serves all who read by enterprise: it finds what an enterprise has of
    an item and every version under a key, and lets one version of a key stand (a number in the primary key's place
    tells it from those that ended). The item is that of the batch, repeated here to be read by enterprise. On
    PostgreSQL triggers hold the references for all rows of a statement at once (migration 0009), since a foreign key
    asks for every row.
    """

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    enterprise = models.ForeignKey(
        "borrowers.Enterprise",
        verbose_name="企业",
        on_delete=models.PROTECT,
        related_name="records",
        db_index=False,
    )
    item = models.ForeignKey(
        "borrowers.CatalogueItem",
        verbose_name="信息项",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,  # that of its batch, whose constraint stands; checked twice it costs as much as the row
    )
    natural_key = models.CharField("自然键", max_length=160)
    event_date = models.DateField("事件日期", null=True, blank=True)
    payload = models.JSONField("内容")
    content_digest = models.CharField("内容摘要", max_length=32)
    received_at = models.DateTimeField("接收时间")
    batch = models.ForeignKey(
        IngestBatch, verbose_name="批次", on_delete=models.PROTECT, related_name="records"
    )
    row_number = models.PositiveIntegerField("行号")
    superseded_at = models.DateTimeField("被更正时间", null=True, blank=True)
    superseded_by = models.ForeignKey(
        "self",
        verbose_name="更正为",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    disputed_at = models.DateTimeField("异议标注时间", null=True, blank=True)
    dispute_ended_at = models.DateTimeField("异议结束时间", null=True, blank=True)
    repaired_at = models.DateTimeField("修复时间", null=True, blank=True)

    class Meta:
        verbose_name = "信用记录"
        verbose_name_plural = "信用记录"
        ordering = ["-event_date", "-id"]
        constraints = [
            models.UniqueConstraint(
                F("enterprise"),
                F("item"),
                F("natural_key"),
                Case(
                    When(superseded_at=None, then=Value(0)),
                    default=F("id"),
                    output_field=models.BigIntegerField(),
                ),
                name="credit_record_version_unique",
            )
        ]
        indexes = [
            models.Index(
                fields=["item", "batch"],
                condition=Q(superseded_at__isnull=False) | Q(repaired_at__isnull=False),
                name="credit_record_ended_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}:{self.natural_key}"
