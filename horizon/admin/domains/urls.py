"""/admin/domains/..."""
from django.urls import path

from horizon.admin.domains import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('create/', views.Create.as_view(), name='create'),
    path('<slug:domain_id>/edit/', views.Edit.as_view(), name='edit'),
    path('<slug:domain_id>/members/', views.Members.as_view(), name='members'),
]
