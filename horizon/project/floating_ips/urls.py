"""/project/floating_ips/..."""
from django.urls import path

from horizon.project.floating_ips import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('allocate/', views.Allocate.as_view(), name='allocate'),
    path('<slug:floating_id>/associate/', views.Associate.as_view(), name='associate'),
]
