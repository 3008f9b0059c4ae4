"""A whitelist sheet on its way: delivered, judged in the background, made a draft or refused."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from marketplace.crypto import EncryptedTextField
from matching.domain.whitelist_upload import UPLOAD_STATE_LABELS


class WhitelistUpload(models.Model):
    """One delivered sheet and how far its rows are judged.

    ``content`` (base64) names natural persons: it is sealed, and emptied when the work has ended. ``summary`` is what
    a mere check found.
    """

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    district = models.ForeignKey(
        "marketplace.District", verbose_name="区", on_delete=models.PROTECT, related_name="+"
    )
    only_check = models.BooleanField("只检查", default=False)
    issue_no = models.CharField("期号", max_length=16, blank=True, default="")
    title = models.CharField("名称", max_length=100, blank=True, default="")
    file_name = models.CharField("文件名", max_length=200)
    content = EncryptedTextField("文件内容", blank=True, default="")
    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in UPLOAD_STATE_LABELS.items()],
        default="WAITING",
    )
    rows_done = models.PositiveIntegerField("已核验行数", default=0)
    alive_at = models.DateTimeField("最近进展", null=True, blank=True)
    refusal = models.JSONField("拒绝原因", default=dict, blank=True)
    summary = models.JSONField("检查结果", default=dict, blank=True)
    whitelist = models.ForeignKey(
        "matching.Whitelist",
        verbose_name="白名单",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="uploads",
    )
    created_by = models.ForeignKey(
        "marketplace.User", verbose_name="经办人", on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("提交时间")
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)

    class Meta:
        verbose_name = "名单上传"
        verbose_name_plural = "名单上传"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in UPLOAD_STATE_LABELS]),
                name="whitelist_upload_state_known",
            ),
            models.CheckConstraint(
                condition=Q(content="") | Q(finished_at=None),
                name="whitelist_upload_emptied",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.district_id} {self.file_name}"
