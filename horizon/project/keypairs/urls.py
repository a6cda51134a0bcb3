"""/project/keypairs/..."""
from django.urls import path

from horizon.project.keypairs import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('create/', views.Create.as_view(), name='create'),
    path('import/', views.Import.as_view(), name='import'),
]
