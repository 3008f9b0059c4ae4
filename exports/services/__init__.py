"""Writes of this app: handing out documents and declaring them void."""

from exports.services.credit_report import credit_report_pdf_issue, credit_report_read
from exports.services.document import document_void
from exports.services.portrait import own_portrait_pdf_issue, portrait_pdf_issue
from exports.services.report import report_pdf_issue, report_xlsx_issue
from exports.services.sheets import (
    recommendation_xlsx_issue,
    statistics_xlsx,
    statistics_xlsx_issue,
    whitelist_xlsx_issue,
)
from exports.services.statistics import statistics_keep
from exports.services.verification import document_verify

__all__ = [
    "credit_report_pdf_issue",
    "credit_report_read",
    "document_verify",
    "document_void",
    "own_portrait_pdf_issue",
    "portrait_pdf_issue",
    "recommendation_xlsx_issue",
    "report_pdf_issue",
    "report_xlsx_issue",
    "statistics_keep",
    "statistics_xlsx",
    "statistics_xlsx_issue",
    "whitelist_xlsx_issue",
]
