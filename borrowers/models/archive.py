"""The manifest of the archive: which files of records there are, with their hashes."""

from __future__ import annotations

import uuid

from django.db import models


class ArchiveSegment(models.Model):
    """One immutable file of the archive: records of one item, of one batch or of several.

    A segment that was merged into another or lost rows by erasure is retired; its file is swept some time later.
    ``first_enterprise`` and ``last_enterprise`` are primary keys; null where nobody looked.
    """

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    item = models.ForeignKey(
        "borrowers.CatalogueItem",
        verbose_name="信息项",
        on_delete=models.PROTECT,
        related_name="segments",
    )
    name = models.CharField("文件", max_length=120, unique=True)
    rows = models.PositiveBigIntegerField("行数")
    size_bytes = models.PositiveBigIntegerField("字节数")
    sha256 = models.CharField("文件哈希", max_length=64)
    first_day = models.IntegerField("最早日期", null=True, blank=True)
    last_day = models.IntegerField("最晚日期", null=True, blank=True)
    first_enterprise = models.BigIntegerField("最小企业主键", null=True, blank=True)
    last_enterprise = models.BigIntegerField("最大企业主键", null=True, blank=True)
    written_at = models.DateTimeField("写入时间")
    retired_at = models.DateTimeField("停用时间", null=True, blank=True)

    class Meta:
        verbose_name = "归档文件"
        verbose_name_plural = "归档文件"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class ArchivedEnd(models.Model):
    """A record kept in the archive alone that was corrected since: its file never changes, so this says that it ended.

    ``by_batch`` and ``by_row`` name the correction. A record that a person objected to has its row in the database
    again, which then says the same.
    """

    item = models.ForeignKey(
        "borrowers.CatalogueItem",
        verbose_name="信息项",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,  # that of its batch
    )
    enterprise = models.ForeignKey(
        "borrowers.Enterprise",
        verbose_name="企业",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,  # one reference for every correction of a batch costs more than the row
    )
    batch = models.ForeignKey(
        "borrowers.IngestBatch",
        verbose_name="批次",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    row_number = models.PositiveIntegerField("行号")
    superseded_at = models.DateTimeField("被更正时间")
    by_batch = models.ForeignKey(
        "borrowers.IngestBatch",
        verbose_name="更正批次",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    by_row = models.PositiveIntegerField("更正行号", null=True, blank=True)

    class Meta:
        verbose_name = "归档记录的更正"
        verbose_name_plural = "归档记录的更正"
        constraints = [
            models.UniqueConstraint(fields=["batch", "row_number"], name="archived_end_unique")
        ]
        indexes = [models.Index(fields=["item", "enterprise"], name="archived_end_read_idx")]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.row_number}"
