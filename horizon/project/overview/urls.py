"""/project/overview/..."""
from django.urls import path

from horizon.project.overview import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('usage.csv', views.usage_csv, name='csv'),
]
