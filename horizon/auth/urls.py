"""/auth/..."""
from django.urls import path

from horizon.auth import views

app_name = 'auth'
urlpatterns = [
    path('login/', views.login_page, name='login'),
    path('passcode/', views.passcode, name='passcode'),
    path('expired/', views.expired, name='expired'),
    path('logout/', views.logout, name='logout'),
    path('switch/<slug:project_id>/', views.switch_project, name='switch'),
    path('region/', views.switch_region, name='region'),
]
