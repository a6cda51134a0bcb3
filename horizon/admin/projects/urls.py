"""/admin/projects/..."""
from django.urls import path

from horizon.admin.projects import members, quotas, views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('create/', views.Create.as_view(), name='create'),
    path('<slug:project_id>/', views.Detail.as_view(), name='detail'),
    path('<slug:project_id>/edit/', views.Edit.as_view(), name='edit'),
    path('<slug:project_id>/members/', members.Members.as_view(), name='members'),
    path('<slug:project_id>/quotas/', quotas.Quotas.as_view(), name='quotas'),
    path('<slug:project_id>/usage/', views.Usage.as_view(), name='usage'),
]
