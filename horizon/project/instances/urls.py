"""/project/instances/..."""
from django.urls import path

from horizon.project.instances import changes, launch, views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('launch/', launch.Launch.as_view(), name='launch'),
    path('launch/estimate/', launch.Estimate.as_view(), name='estimate'),
    path('<uuid:server_id>/', views.Overview.as_view(), name='detail'),
    path('<uuid:server_id>/log/', views.Log.as_view(), name='log'),
    path('<uuid:server_id>/log.txt', views.log_text, name='log_text'),
    path('<uuid:server_id>/console/', views.Console.as_view(), name='console'),
    path('<uuid:server_id>/actions/', views.Actions.as_view(), name='actions'),
    path('<uuid:server_id>/rename/', changes.Rename.as_view(), name='rename'),
    path('<uuid:server_id>/snapshot/', changes.Snapshot.as_view(), name='snapshot'),
    path('<uuid:server_id>/resize/', changes.Resize.as_view(), name='resize'),
    path('<uuid:server_id>/rebuild/', changes.Rebuild.as_view(), name='rebuild'),
    path('<uuid:server_id>/associate/', changes.Associate.as_view(), name='associate'),
    path('<uuid:server_id>/groups/', changes.Groups.as_view(), name='groups'),
    path('<uuid:server_id>/metadata/', changes.Metadata.as_view(), name='metadata'),
    path('<uuid:server_id>/attach/', changes.Attach.as_view(), name='attach'),
    path('<uuid:server_id>/detach/', changes.Detach.as_view(), name='detach'),
]
