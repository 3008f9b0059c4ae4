"""Values of dated parameters that an operator entered; they stand above the values shipped in TOML files."""

from __future__ import annotations

from django.db import models


class ParameterValue(models.Model):
    """From this date on the parameter has this value, by this source."""

    code = models.CharField("参数", max_length=96)
    effective_from = models.DateField("生效日期")
    value = models.JSONField("取值")
    source = models.CharField("依据", max_length=200)
    entered_by = models.ForeignKey(
        "marketplace.User", verbose_name="录入人", on_delete=models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField("录入时间")

    class Meta:
        verbose_name = "参数取值"
        verbose_name_plural = "参数取值"
        ordering = ["code", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "effective_from"], name="parameter_code_date_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code}@{self.effective_from}"
