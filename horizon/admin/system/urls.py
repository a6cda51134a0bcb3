"""/admin/system/..."""
from django.urls import path

from horizon.admin.system import views

urlpatterns = [path('', views.Index.as_view(), name='index')]
