"""What readers type about documents: a code, a file, why a document is void."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from exports.domain.numbering import LONGEST_REASON, code_from
from marketplace.domain.errors import Refused

LARGEST_FILE = 20 * 1024 * 1024


class CodeForm(forms.Form):
    """A verification code."""

    code = forms.CharField(label="验证码", max_length=40)

    def clean_code(self) -> str:
        """Return the code without separators."""
        try:
            return code_from(self.cleaned_data["code"])
        except Refused as refused:
            raise ValidationError(refused.sentence, code=refused.code) from None


class FileForm(forms.Form):
    """A file as it was received."""

    file = forms.FileField(label="文件")

    def clean_file(self) -> UploadedFile:
        """Return the file when it is not larger than anything handed out here."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_FILE:
            raise ValidationError("文件过大，不是本平台出具的文件。", code="VERIFY_FILE_TOO_LARGE")
        return file


class VoidForm(forms.Form):
    """Why a document is void."""

    reason = forms.CharField(label="作废原因", max_length=LONGEST_REASON)
