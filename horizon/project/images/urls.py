"""/project/images/..."""
from django.urls import path

from horizon.project.images import views

urlpatterns = [
    path('', views.Index.as_view(), name='index'),
    path('create/', views.Create.as_view(), name='create'),
    path('<uuid:image_id>/', views.Detail.as_view(), name='detail'),
    path('<uuid:image_id>/data/', views.Data.as_view(), name='data'),
    path('<uuid:image_id>/edit/', views.Edit.as_view(), name='edit'),
    path('<uuid:image_id>/share/', views.Share.as_view(), name='share'),
]
