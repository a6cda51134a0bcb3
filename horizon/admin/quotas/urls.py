"""/admin/quotas/..."""
from django.urls import path

from horizon.admin.quotas import views

urlpatterns = [path('', views.Index.as_view(), name='index')]
