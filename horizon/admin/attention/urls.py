"""/admin/attention/..."""
from django.urls import path

from horizon.admin.attention import views

urlpatterns = [path('', views.Index.as_view(), name='index')]
