"""/admin/services/..."""
from django.urls import path

from horizon.admin.services import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('disable/', views.Disable.as_view(), name='disable'),
]
