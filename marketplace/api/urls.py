"""API of the floor."""

from django.urls import path

from marketplace.api import views

urlpatterns = [
    path("me/", views.MeView.as_view(), name="me"),
    path("grants/", views.GrantListView.as_view(), name="grant-list"),
    path("operator/users/", views.MemberListView.as_view(), name="member-list"),
    path("notifications/", views.NotificationListView.as_view(), name="notification-list"),
    path(
        "notifications/<uuid:public_id>/read/",
        views.NotificationReadView.as_view(),
        name="notification-read",
    ),
]
