"""Versions of the score model that the city drafts, tries and approves; the first one is shipped as a parameter."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

SCORE_MODEL_STATES = [("DRAFT", "草稿"), ("APPROVED", "已批准"), ("WITHDRAWN", "已撤回")]


class ScoreModelVersion(models.Model):
    """One version: drafted by one operator, tried on a sample, approved by another, never changed afterwards.

    ``value`` is what `matching.domain.scorecard_model.model_from` reads, decimals as texts. ``trial`` holds what the
    latest trial found; a changed draft has none.
    """

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    based_on = models.CharField("修改自", max_length=32)
    value = models.JSONField("模型")
    source = models.CharField("依据", max_length=200)
    state = models.CharField("状态", max_length=16, choices=SCORE_MODEL_STATES, default="DRAFT")
    trial = models.JSONField("试算", default=dict)
    effective_from = models.DateField("生效日期", null=True, blank=True)
    drafted_by = models.ForeignKey(
        "marketplace.User", verbose_name="起草人", on_delete=models.PROTECT, related_name="+"
    )
    drafted_at = models.DateTimeField("起草时间")
    approved_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="批准人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    approved_at = models.DateTimeField("批准时间", null=True, blank=True)

    class Meta:
        verbose_name = "评价模型版本"
        verbose_name_plural = "评价模型版本"
        ordering = ["-drafted_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["effective_from"],
                condition=Q(state="APPROVED"),
                name="score_model_date_unique",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[code for code, _ in SCORE_MODEL_STATES]),
                name="score_model_state_known",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("drafted_by")),
                name="score_model_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(state="APPROVED")
                | Q(effective_from__isnull=False, approved_by__isnull=False),
                name="score_model_approved_dated",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.effective_from or '草稿'}（{self.based_on}）"
