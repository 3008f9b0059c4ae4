"""The catalogue: which units deliver which items, declared as data."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import MD5, Cast

from borrowers.domain.archive import KEPT_IN_LABELS, KeptIn
from borrowers.domain.item_spec import ADMINISTRATION_LABELS
from borrowers.domain.rhythm import UPDATE_RHYTHM_LABELS
from marketplace.domain.vocabulary import DATA_CLASS_LABELS


class SourceUnit(models.Model):
    """A unit that delivers data (来源单位); its lawful basis is kept with it."""

    code = models.CharField("单位代码", max_length=32, unique=True)
    name = models.CharField("单位名称", max_length=100)
    legal_basis = models.CharField("归集依据", max_length=200, blank=True, default="")
    is_active = models.BooleanField("有效", default=True)

    class Meta:
        verbose_name = "来源单位"
        verbose_name_plural = "来源单位"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class CatalogueItem(models.Model):
    """One item of the catalogue; ``spec`` is the typed declaration of ``borrowers.domain.catalogue.ItemSpec``.

    What lists are searched and boards are counted by stands in columns beside it: a catalogue has thousands of items.
    ``source_unit`` answers for the item; ``units`` may deliver it. The database itself keeps ``spec_digest``, by which
    a declaration read once is known again. ``kept_in`` is no part of the declaration: it says where the records are.
    """

    code = models.CharField("信息项代码", max_length=48, unique=True)
    name = models.CharField("信息项名称", max_length=100)
    data_class = models.CharField(
        "类别", max_length=2, choices=[(k.value, v) for k, v in DATA_CLASS_LABELS.items()]
    )
    source_unit = models.ForeignKey(
        SourceUnit,
        verbose_name="责任单位",
        on_delete=models.PROTECT,
        related_name="answered_items",
    )
    units = models.ManyToManyField(SourceUnit, verbose_name="来源单位", related_name="items")
    consent_required = models.BooleanField("须企业授权")
    sharing_mode = models.CharField("共享方式", max_length=16, default="BATCH")
    legal_basis = models.CharField("依据", max_length=200, blank=True, default="")
    administration = models.CharField(
        "管理层级",
        max_length=8,
        choices=[(k.value, v) for k, v in ADMINISTRATION_LABELS.items()],
        default="CITY",
    )
    update_rhythm = models.CharField(
        "更新周期",
        max_length=12,
        choices=[(k.value, v) for k, v in UPDATE_RHYTHM_LABELS.items()],
        default="ON_EVENT",
    )
    due_days = models.PositiveIntegerField("报送期限(天)", default=7)
    spec = models.JSONField("声明")
    spec_digest = models.GeneratedField(
        expression=MD5(Cast("spec", models.TextField())),
        output_field=models.CharField("声明摘要", max_length=32),
        db_persist=True,
    )
    kept_in = models.CharField(
        "记录存放",
        max_length=8,
        choices=[(k.value, v) for k, v in KEPT_IN_LABELS.items()],
        default=KeptIn.BOTH.value,
    )
    version = models.PositiveIntegerField("版本", default=1)
    is_active = models.BooleanField("启用", default=True)

    class Meta:
        verbose_name = "信息项"
        verbose_name_plural = "信息项"
        ordering = ["data_class", "code"]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(kept_in="ARCHIVE"), name="catalogue_item_archived_idx"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class CatalogueItemVersion(models.Model):
    """One declaration of an item as it was from a moment on; never changed afterwards."""

    item = models.ForeignKey(
        CatalogueItem, verbose_name="信息项", on_delete=models.CASCADE, related_name="versions"
    )
    version = models.PositiveIntegerField("版本")
    spec = models.JSONField("声明")
    is_active = models.BooleanField("启用", default=True)
    effective_from = models.DateTimeField("生效时间")
    changed_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="变更人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = "信息项版本"
        verbose_name_plural = "信息项版本"
        ordering = ["item", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["item", "version"], name="catalogue_version_unique")
        ]

    def __str__(self) -> str:
        return f"{self.item_id} v{self.version}"


class CatalogueImport(models.Model):
    """A sheet of the catalogue that was read and compared; applied in a second step, or never.

    ``entries`` holds what would change: code, version found, units, whether active, declaration. ``units`` holds units
    the sheet names that are not known yet.
    """

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    file_name = models.CharField("文件名", max_length=200)
    file_sha256 = models.CharField("文件哈希", max_length=64)
    items_read = models.PositiveIntegerField("读取信息项数", default=0)
    created = models.PositiveIntegerField("新增信息项数", default=0)
    changed = models.PositiveIntegerField("变更信息项数", default=0)
    entries = models.JSONField("待生效的变更", default=list)
    units = models.JSONField("新增来源单位", default=list)
    errors = models.JSONField("错误", default=list)
    error_count = models.PositiveIntegerField("错误数", default=0)
    read_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="读入人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    read_at = models.DateTimeField("读入时间")
    applied_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="生效人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    applied_at = models.DateTimeField("生效时间", null=True, blank=True)

    class Meta:
        verbose_name = "目录导入"
        verbose_name_plural = "目录导入"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(applied_at=None) | Q(error_count=0), name="catalogue_import_clean"
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.read_at:%Y-%m-%d}"


class SubjectAlias(models.Model):
    """A unit's own code for an enterprise (e.g. a utility's customer number), reviewed before use."""

    unit = models.ForeignKey(
        SourceUnit, verbose_name="来源单位", on_delete=models.PROTECT, related_name="aliases"
    )
    local_code = models.CharField("单位内部代码", max_length=64)
    enterprise = models.ForeignKey(
        "borrowers.Enterprise",
        verbose_name="企业",
        on_delete=models.PROTECT,
        related_name="aliases",
    )
    confirmed_by = models.ForeignKey(
        "marketplace.User", verbose_name="确认人", on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField("确认时间")

    class Meta:
        verbose_name = "主体对照"
        verbose_name_plural = "主体对照"
        constraints = [
            models.UniqueConstraint(fields=["unit", "local_code"], name="subject_alias_unique")
        ]

    def __str__(self) -> str:
        return f"{self.unit_id}:{self.local_code}"
