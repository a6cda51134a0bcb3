"""/admin/overview/..."""
from django.urls import path

from horizon.admin.overview import views

urlpatterns = [path('', views.Index.as_view(), name='index')]
