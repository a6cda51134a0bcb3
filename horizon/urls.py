"""Addresses of the site."""
from django.urls import include, path

from horizon import registry
from horizon.auth import views as auth

urlpatterns = [
    path('', auth.splash, name='home'),
    path('welcome/', auth.welcome, name='welcome'),
    path('auth/', include('horizon.auth.urls')),
    path('i18n/', include('django.conf.urls.i18n')),
    *registry.urlpatterns(),
]
handler400 = 'horizon.ui.errors.bad_request'
handler403 = 'horizon.ui.errors.forbidden'
handler404 = 'horizon.ui.errors.not_found'
handler500 = 'horizon.ui.errors.server_error'
