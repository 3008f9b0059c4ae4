"""The catalogue: which units deliver which items, declared as data."""

from __future__ import annotations

from django.db import models

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
    """One item of the catalogue; ``spec`` is the typed declaration of ``borrowers.domain.catalogue.ItemSpec``."""

    code = models.CharField("信息项代码", max_length=48, unique=True)
    name = models.CharField("信息项名称", max_length=100)
    data_class = models.CharField(
        "类别", max_length=2, choices=[(k.value, v) for k, v in DATA_CLASS_LABELS.items()]
    )
    units = models.ManyToManyField(SourceUnit, verbose_name="来源单位", related_name="items")
    consent_required = models.BooleanField("须企业授权")
    sharing_mode = models.CharField("共享方式", max_length=16, default="BATCH")
    legal_basis = models.CharField("依据", max_length=200, blank=True, default="")
    spec = models.JSONField("声明")
    version = models.PositiveIntegerField("版本", default=1)
    is_active = models.BooleanField("启用", default=True)

    class Meta:
        verbose_name = "信息项"
        verbose_name_plural = "信息项"
        ordering = ["data_class", "code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


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
