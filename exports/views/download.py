"""Files that leave: portraits as PDF, whitelists and statistics as workbooks; every one is registered before it goes.

Source: trust note Z1; domain note 4.2.
"""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from exports.domain.statistics_scope import Scope
from exports.models import IssuedDocument
from exports.policies import city_scope, district_scope, institution_scope
from exports.services import (
    own_portrait_pdf_issue,
    portrait_pdf_issue,
    recommendation_xlsx_issue,
    statistics_xlsx,
    statistics_xlsx_issue,
    whitelist_xlsx_issue,
)
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.policies import memberships_live, signed_in
from marketplace.web.download import PDF, XLSX, file_answer
from matching.selectors.application import application_get_handled


@login_required
@require_GET
def portrait(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Hand out the frozen portrait of an application to the lender's people.

    Queries: at most 25; the reading is logged, the document registered.
    """
    user, at = signed_in(request.user), timezone.now()
    application = application_get_handled(user, public_id)
    content, document = portrait_pdf_issue(application=application, user=user, at=at)
    name = f"信用画像-{application.enterprise.name}-{document.number}"
    return file_answer(content, PDF, document.number, name)


@login_required
@require_GET
def own_portrait(request: HttpRequest) -> HttpResponse:
    """Hand an enterprise its own portrait as of now."""
    user = signed_in(request.user)
    content, document = own_portrait_pdf_issue(user=user, at=timezone.now())
    return _issued(content, PDF, document, "本企业信用画像")


@login_required
@require_GET
def whitelist(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Hand a whitelist to those who made it, with the reasons of those kept out."""
    user = signed_in(request.user)
    content, document = whitelist_xlsx_issue(whitelist_id=public_id, user=user, at=timezone.now())
    return _issued(content, XLSX, document, document.subject_name)


@login_required
@require_GET
def recommendation(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Hand a published whitelist to an institution it is put before, without reasons."""
    user = signed_in(request.user)
    content, document = recommendation_xlsx_issue(
        whitelist_id=public_id, user=user, at=timezone.now()
    )
    return _issued(content, XLSX, document, document.subject_name)


@require_GET
def city_statistics(request: HttpRequest) -> HttpResponse:
    """Hand out the city's figures: numbered for members, without number for visitors."""
    return _statistics(request, city_scope(request.user))


@login_required
@require_GET
def district_statistics(request: HttpRequest) -> HttpResponse:
    """Hand out the figures of the reader's district."""
    return _statistics(request, district_scope(signed_in(request.user)))


@login_required
@require_GET
def institution_statistics(request: HttpRequest) -> HttpResponse:
    """Hand out the figures of the reader's own institution."""
    return _statistics(request, institution_scope(signed_in(request.user)))


def _statistics(request: HttpRequest, scope: Scope) -> HttpResponse:
    user, at = request.user, timezone.now()
    if isinstance(user, User) and memberships_live(user):
        content, document = statistics_xlsx_issue(scope=scope, user=user, at=at)
        return _issued(content, XLSX, document, document.subject_name)
    content = statistics_xlsx(scope=scope, at=at)
    day = local_date(at)
    return file_answer(content, XLSX, f"statistics-{day:%Y%m%d}", f"平台统计-{scope.label}-{day}")


def _issued(content: bytes, kind: str, document: IssuedDocument, name: str) -> HttpResponse:
    return file_answer(content, kind, document.number, f"{name}-{document.number}")
