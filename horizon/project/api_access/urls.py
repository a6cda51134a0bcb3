"""/project/api_access/..."""
from django.urls import path

from horizon.project.api_access import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('openrc.sh', views.openrc, name='openrc'),
    path('clouds.yaml', views.clouds_yaml, name='clouds_yaml'),
    path('ec2/create/', views.CreateEc2.as_view(), name='ec2_create'),
]
