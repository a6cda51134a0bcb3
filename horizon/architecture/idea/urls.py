"""/architecture/idea/"""
from django.urls import path

from horizon.architecture.idea import views

urlpatterns = [path('', views.Index.as_view(), name='index')]
