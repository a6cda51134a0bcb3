"""/account/password/."""
from django.urls import path

from horizon.account.password import views

urlpatterns = [path('', views.Index.as_view(), name='index')]
