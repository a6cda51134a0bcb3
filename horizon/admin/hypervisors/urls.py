"""/admin/hypervisors/..."""
from django.urls import path

from horizon.admin.hypervisors import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('<slug:hypervisor_id>/', views.Detail.as_view(), name='detail'),
]
