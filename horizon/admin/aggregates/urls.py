"""/admin/aggregates/..."""
from django.urls import path

from horizon.admin.aggregates import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('create/', views.Create.as_view(), name='create'),
    path('<slug:aggregate_id>/', views.Edit.as_view(), name='edit'),
]
