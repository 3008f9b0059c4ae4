"""Monthly credit evaluations on public data (公共信用综合评价)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

RUN_STATES = [("RUNNING", "进行中"), ("COMPLETED", "待发布"), ("PUBLISHED", "已发布")]


class EvaluationRun(models.Model):
    """One monthly run over all enterprises with one model version; published by a second person.

    ``snapshot`` says what it was made of: hash and number of the files known, the indicators (``codes``) in the order
    in which `CreditEvaluation.reasons` keeps them.
    """

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    month = models.DateField("评价月份")
    as_of = models.DateTimeField("数据截至")
    model_version = models.CharField("模型版本", max_length=32)
    state = models.CharField("状态", max_length=16, choices=RUN_STATES, default="RUNNING")
    snapshot = models.JSONField("输入快照", default=dict)
    evaluated = models.PositiveIntegerField("评价户数", default=0)
    started_by = models.ForeignKey(
        "marketplace.User", verbose_name="发起人", on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField("开始时间")
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)
    published_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="发布人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    published_at = models.DateTimeField("发布时间", null=True, blank=True)

    class Meta:
        verbose_name = "评价批次"
        verbose_name_plural = "评价批次"
        ordering = ["-month", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["month", "model_version"], name="evaluation_month_unique"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[code for code, _ in RUN_STATES]),
                name="evaluation_state_known",
            ),
            models.CheckConstraint(
                condition=Q(published_by=None) | ~Q(published_by=F("started_by")),
                name="evaluation_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.model_version}"


class CreditEvaluation(models.Model):
    """One enterprise's grade in one month, with value and points per indicator.

    ``reasons`` holds what `matching.domain.evaluation_lines` keeps; its sentences are made when somebody reads.
    """

    run = models.ForeignKey(EvaluationRun, on_delete=models.CASCADE, related_name="evaluations")
    enterprise = models.ForeignKey(
        "borrowers.Enterprise",
        verbose_name="企业",
        on_delete=models.PROTECT,
        related_name="evaluations",
    )
    score_points = models.IntegerField("得分", null=True, blank=True)
    grade = models.CharField("等级", max_length=4, blank=True, default="")
    reasons = models.JSONField("得分明细", default=list)
    input_hash = models.CharField("输入哈希", max_length=64)

    class Meta:
        verbose_name = "信用评价"
        verbose_name_plural = "信用评价"
        ordering = ["run", "enterprise"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "enterprise"], name="evaluation_enterprise_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.enterprise_id}:{self.grade}"


RESCORE_CAUSES = [("REPAIR", "信用修复"), ("OBJECTION", "异议处理"), ("CORRECTION", "数据更正")]


class EvaluationRescore(models.Model):
    """One enterprise's published evaluation scored again, as of the same day, on what is known since.

    The published row stays as it was; the latest of these stands in its place wherever it is shown or used.
    """

    evaluation = models.ForeignKey(
        CreditEvaluation, on_delete=models.CASCADE, related_name="rescores"
    )
    cause = models.CharField("原因", max_length=16, choices=RESCORE_CAUSES)
    at = models.DateTimeField("重评时间")
    before_points = models.IntegerField("原得分", null=True, blank=True)
    before_grade = models.CharField("原等级", max_length=4, blank=True, default="")
    score_points = models.IntegerField("得分", null=True, blank=True)
    grade = models.CharField("等级", max_length=4, blank=True, default="")
    reasons = models.JSONField("得分明细", default=list)
    input_hash = models.CharField("输入哈希", max_length=64)

    class Meta:
        verbose_name = "单户重评"
        verbose_name_plural = "单户重评"
        ordering = ["evaluation", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(cause__in=[code for code, _ in RESCORE_CAUSES]),
                name="rescore_cause_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.evaluation_id}:{self.before_grade}>{self.grade}"
