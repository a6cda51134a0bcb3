"""/admin/roles/..."""
from django.urls import path

from horizon.admin.roles import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('create/', views.Create.as_view(), name='create'),
    path('assignments/', views.AssignmentsPage.as_view(), name='assignments'),
    path('assignments/effective/', views.AssignmentsPage.as_view(effective=True), name='effective'),
    path('<slug:role_id>/edit/', views.Edit.as_view(), name='edit'),
]
