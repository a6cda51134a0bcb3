"""/admin/images/..."""
from django.urls import path

from horizon.admin.images import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('<uuid:image_id>/edit/', views.Edit.as_view(), name='edit'),
]
