"""/architecture/follow/..."""
from django.urls import path

from horizon.architecture.follow import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('launch/', views.Launch.as_view(), name='launch'),
    path('delete/<str:server>/', views.Delete.as_view(), name='delete'),
    path('<str:request_id>/', views.Show.as_view(), name='show'),
]
