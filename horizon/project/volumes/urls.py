"""/project/volumes/..."""
from django.urls import path

from horizon.project.volumes import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('create/', views.Create.as_view(), name='create'),
    path('estimate/', views.Estimate.as_view(), name='estimate'),
    path('<uuid:volume_id>/', views.Detail.as_view(), name='detail'),
    path('<uuid:volume_id>/edit/', views.Edit.as_view(), name='edit'),
    path('<uuid:volume_id>/extend/', views.Extend.as_view(), name='extend'),
    path('<uuid:volume_id>/attach/', views.Attach.as_view(), name='attach'),
    path('<uuid:volume_id>/snapshot/', views.Snapshot.as_view(), name='snapshot'),
]
