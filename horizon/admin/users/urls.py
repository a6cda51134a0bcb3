"""/admin/users/..."""
from django.urls import path

from horizon.admin.users import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('create/', views.Create.as_view(), name='create'),
    path('<slug:user_id>/', views.Detail.as_view(), name='detail'),
    path('<slug:user_id>/edit/', views.Edit.as_view(), name='edit'),
    path('<slug:user_id>/password/', views.Password.as_view(), name='password'),
]
