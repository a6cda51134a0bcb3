"""/admin/groups/..."""
from django.urls import path

from horizon.admin.groups import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('create/', views.Create.as_view(), name='create'),
    path('<slug:group_id>/', views.Detail.as_view(), name='detail'),
    path('<slug:group_id>/edit/', views.Edit.as_view(), name='edit'),
]
