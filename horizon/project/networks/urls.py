"""/project/networks/..."""
from django.urls import path

from horizon.project.networks import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('<slug:network_id>/', views.Detail.as_view(), name='detail'),
]
