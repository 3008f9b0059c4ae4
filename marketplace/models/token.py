"""What every credential of a system has, whoever's it is."""

from __future__ import annotations

import uuid

from django.db import models


class AccessToken(models.Model):
    """By what a system is known; of the token only the hash is kept. Never deleted: what it did says which it was."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField("名称", max_length=40)
    purpose = models.CharField("用途", max_length=200)
    prefix = models.CharField("公开前缀", max_length=16)
    digest = models.CharField("令牌摘要", max_length=64, unique=True, editable=False)
    valid_from = models.DateTimeField("生效时间")
    valid_until = models.DateTimeField("有效期至")
    issued_by = models.ForeignKey(
        "marketplace.User", verbose_name="签发人", on_delete=models.PROTECT, related_name="+"
    )
    issued_at = models.DateTimeField("签发时间")
    last_used_at = models.DateTimeField("最近使用", null=True, blank=True)
    revoked_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="撤销人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    revoked_at = models.DateTimeField("撤销时间", null=True, blank=True)
    revoke_reason = models.CharField("撤销原因", max_length=200, blank=True, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name
