"""/architecture/cloud/..."""
from django.urls import path

from horizon.architecture.cloud import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('<slug:key>/', views.Part.as_view(), name='part'),
]
