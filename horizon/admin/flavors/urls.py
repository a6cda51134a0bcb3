"""/admin/flavors/..."""
from django.urls import path

from horizon.admin.flavors import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('create/', views.Create.as_view(), name='create'),
    # Flavors may be called anything but a slash.
    path('<str:flavor_id>/edit/', views.Edit.as_view(), name='edit'),
]
