"""/account/appearance/."""
from django.urls import path

from horizon.account.appearance import views

urlpatterns = [path('', views.Index.as_view(), name='index')]
