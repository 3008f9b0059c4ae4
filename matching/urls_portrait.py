"""Pages of portraits, evaluations, dated parameters and gaps in the data."""

from __future__ import annotations

from django.urls import URLPattern, path

from matching.views import evaluation, gap, parameter, portrait, score_model

# /portrait/, and below /applications/: the enterprise's own
portrait_urls = [
    path("portrait/", portrait.own, name="portrait-own"),
    path(
        "applications/<uuid:public_id>/portrait/",
        portrait.frozen,
        name="application-portrait",
    ),
]

# /operator/evaluations/: monthly runs
evaluation_urls = [
    path("operator/evaluations/", evaluation.runs, name="evaluation-list"),
    path("operator/evaluations/<uuid:public_id>/", evaluation.detail, name="evaluation-detail"),
    path(
        "operator/evaluations/<uuid:public_id>/progress/",
        evaluation.progress,
        name="evaluation-progress",
    ),
    path(
        "operator/evaluations/<uuid:public_id>/resume/",
        evaluation.resume,
        name="evaluation-resume",
    ),
    path(
        "operator/evaluations/<uuid:public_id>/publish/",
        evaluation.publish,
        name="evaluation-publish",
    ),
]

# /operator/score-models/: drafted, tried, approved
score_model_urls = [
    path("operator/score-models/", score_model.score_models, name="score-model-list"),
    path(
        "operator/score-models/<uuid:public_id>/",
        score_model.score_model,
        name="score-model-detail",
    ),
    path(
        "operator/score-models/<uuid:public_id>/content/",
        score_model.content,
        name="score-model-content",
    ),
    path(
        "operator/score-models/<uuid:public_id>/try/",
        score_model.attempt,
        name="score-model-try",
    ),
    path(
        "operator/score-models/<uuid:public_id>/approve/",
        score_model.approve,
        name="score-model-approve",
    ),
    path(
        "operator/score-models/<uuid:public_id>/withdraw/",
        score_model.withdraw,
        name="score-model-withdraw",
    ),
]

# /operator/parameters/: dated parameters
parameter_urls = [
    path("operator/parameters/", parameter.parameters, name="parameter-list"),
    path("operator/parameters/<str:code>/", parameter.parameter, name="parameter-detail"),
    path("operator/parameters/<str:code>/withdraw/", parameter.withdraw, name="parameter-withdraw"),
]

# /operator/gaps/: what is not delivered, and whom that leaves undecided
gap_urls = [
    path("operator/gaps/", gap.gaps, name="gap-list"),
]

urlpatterns: list[URLPattern] = [
    *portrait_urls,
    *evaluation_urls,
    *score_model_urls,
    *parameter_urls,
    *gap_urls,
]
