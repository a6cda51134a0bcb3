"""/project/containers/..."""
from django.urls import path

from horizon.project.containers import one, views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('create/', views.Create.as_view(), name='create'),
    path('in/<str:container>/', views.Folder.as_view(), name='objects'),
    path('in/<str:container>/access/', views.Settings.as_view(), name='settings'),
    path('in/<str:container>/data/', views.Data.as_view(), name='data'),
    path('in/<str:container>/object/', one.Detail.as_view(), name='object'),
    path('in/<str:container>/download/', one.download, name='download'),
    path('in/<str:container>/picture/', one.picture, name='picture'),
]
