"""/admin/instances/..."""
from django.urls import path

from horizon.admin.instances import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('<uuid:server_id>/', views.Detail.as_view(), name='detail'),
]
