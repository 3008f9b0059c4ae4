"""API of portraits, evaluations, dated parameters and gaps in the data."""

from __future__ import annotations

from django.urls import URLPattern, path

from matching.api import evaluation, gap, portrait, score_model

# /api/v1/portrait/ and the portrait of an application
portrait_urls = [
    path("portrait/", portrait.OwnPortraitView.as_view(), name="portrait-own"),
    path(
        "applications/<uuid:public_id>/portrait/",
        portrait.ApplicationPortraitView.as_view(),
        name="application-portrait",
    ),
]

# /api/v1/operator/evaluations/
evaluation_urls = [
    path("operator/evaluations/", evaluation.EvaluationListView.as_view(), name="evaluation-list"),
    path(
        "operator/evaluations/<uuid:public_id>/",
        evaluation.EvaluationView.as_view(),
        name="evaluation-detail",
    ),
    path(
        "operator/evaluations/<uuid:public_id>/resume/",
        evaluation.EvaluationResumeView.as_view(),
        name="evaluation-resume",
    ),
    path(
        "operator/evaluations/<uuid:public_id>/publish/",
        evaluation.EvaluationPublishView.as_view(),
        name="evaluation-publish",
    ),
]

# /api/v1/operator/score-models/
score_model_urls = [
    path(
        "operator/score-models/", score_model.ScoreModelListView.as_view(), name="score-model-list"
    ),
    path(
        "operator/score-models/<uuid:public_id>/",
        score_model.ScoreModelView.as_view(),
        name="score-model-detail",
    ),
    path(
        "operator/score-models/<uuid:public_id>/try/",
        score_model.ScoreModelTryView.as_view(),
        name="score-model-try",
    ),
    path(
        "operator/score-models/<uuid:public_id>/approve/",
        score_model.ScoreModelApproveView.as_view(),
        name="score-model-approve",
    ),
    path(
        "operator/score-models/<uuid:public_id>/withdraw/",
        score_model.ScoreModelWithdrawView.as_view(),
        name="score-model-withdraw",
    ),
]

# /api/v1/operator/parameters/
parameter_urls = [
    path("operator/parameters/", evaluation.ParameterListView.as_view(), name="parameter-list"),
    path(
        "operator/parameters/<str:code>/",
        evaluation.ParameterView.as_view(),
        name="parameter-detail",
    ),
]

# /api/v1/operator/gaps/
gap_urls = [
    path("operator/gaps/", gap.GapListView.as_view(), name="gap-list"),
]

urlpatterns: list[URLPattern] = [
    *portrait_urls,
    *evaluation_urls,
    *score_model_urls,
    *parameter_urls,
    *gap_urls,
]
