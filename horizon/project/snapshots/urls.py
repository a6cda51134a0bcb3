"""/project/snapshots/..."""
from django.urls import path

from horizon.project.snapshots import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('<uuid:snapshot_id>/edit/', views.Edit.as_view(), name='edit'),
]
