"""The manifest of the archive: which files of records there are, with their hashes."""

from __future__ import annotations

import uuid

from django.db import models


class ArchiveSegment(models.Model):
    """One immutable file of the archive: records of one item, of one batch or of several.

    A segment that was merged into another or lost rows by erasure is retired; its file is swept some time later.
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
    written_at = models.DateTimeField("写入时间")
    retired_at = models.DateTimeField("停用时间", null=True, blank=True)

    class Meta:
        verbose_name = "归档文件"
        verbose_name_plural = "归档文件"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
