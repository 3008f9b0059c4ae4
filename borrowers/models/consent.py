"""Consent (授权) as an artefact of its own: who may read what, for which purpose, from when until when."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from marketplace.domain.vocabulary import QUERY_PURPOSE_LABELS


class Consent(models.Model):
    """An enterprise's consent to one lender for one application; its state follows from dates at read time.

    The lender is its organisation on the floor. ``terms`` is the canonical JSON of what was consented to, ``names`` the
    parties as the signed text named them (so that the text can be made again), ``signature`` a keyed digest over terms,
    text hash and signer. Nothing of it changes after granting, only the endings are filled in: of reading
    (``revoked_at``), and of the second clause (``feedback_revoked_at``), which may outlive it.
    """

    public_id = models.UUIDField("授权编号", default=uuid.uuid4, unique=True, editable=False)
    enterprise = models.ForeignKey(
        "borrowers.Enterprise",
        verbose_name="企业",
        on_delete=models.PROTECT,
        related_name="consents",
    )
    lender = models.ForeignKey(
        "marketplace.Organisation",
        verbose_name="被授权机构",
        on_delete=models.PROTECT,
        related_name="+",
    )
    purpose = models.CharField(
        "用途", max_length=32, choices=[(k.value, v) for k, v in QUERY_PURPOSE_LABELS.items()]
    )
    application_ref = models.UUIDField("绑定的申请")
    data_classes = models.JSONField("信息类别")
    data_from = models.DateField("数据起")
    data_to = models.DateField("数据止")
    valid_from = models.DateTimeField("有效期起")
    valid_until = models.DateTimeField("有效期止")
    data_life_days = models.PositiveIntegerField("数据留存天数")
    feedback_clause = models.BooleanField("同意反馈贷款结果")
    text_version = models.CharField("文本版本", max_length=16)
    text_sha256 = models.CharField("文本哈希", max_length=64)
    names = models.JSONField("当事人名称")
    terms = models.TextField("授权要素")
    signature = models.CharField("签名", max_length=64)
    signed_by = models.ForeignKey(
        "marketplace.User", verbose_name="签署人", on_delete=models.PROTECT, related_name="+"
    )
    signer_role = models.CharField("签署人角色", max_length=16)
    signed_at = models.DateTimeField("签署时间")
    revoked_at = models.DateTimeField("撤回时间", null=True, blank=True)
    ended_by = models.CharField("终止方", max_length=16, blank=True, default="")
    end_reason = models.CharField("终止原因", max_length=200, blank=True, default="")
    feedback_revoked_at = models.DateTimeField("反馈条款撤回时间", null=True, blank=True)
    feedback_end_reason = models.CharField(
        "反馈条款撤回原因", max_length=200, blank=True, default=""
    )

    class Meta:
        verbose_name = "授权"
        verbose_name_plural = "授权"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")), name="consent_period_positive"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, ended_by="")
                | Q(revoked_at__isnull=False) & ~Q(ended_by=""),
                name="consent_end_has_cause",
            ),
            models.CheckConstraint(
                condition=Q(feedback_revoked_at=None, feedback_end_reason="")
                | Q(feedback_revoked_at__isnull=False, feedback_clause=True),
                name="consent_feedback_end_of_clause",
            ),
            models.CheckConstraint(
                condition=Q(data_to__gte=F("data_from")), name="consent_data_period_positive"
            ),
            models.UniqueConstraint(
                fields=["enterprise", "lender", "purpose", "application_ref"],
                condition=Q(revoked_at=None),
                name="consent_live_unique",
            ),
        ]
        indexes = [models.Index(fields=["lender", "enterprise"], name="consent_lender_idx")]

    def __str__(self) -> str:
        return str(self.public_id)
