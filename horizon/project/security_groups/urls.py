"""/project/security_groups/..."""
from django.urls import path

from horizon.project.security_groups import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('create/', views.Create.as_view(), name='create'),
    path('<slug:group_id>/edit/', views.Edit.as_view(), name='edit'),
    path('<slug:group_id>/', views.Rules.as_view(), name='rules'),
]
