"""Web single sign-on: the page that carries a token to a dashboard the operator trusts."""
import html
import string

from oslo_config import cfg

from essex import config
from essex.exception import BadRequest
from keystone.federation.exception import NotTrustedDashboard

CONF = config.register([
    cfg.MultiStrOpt('trusted_dashboard', default=[],
                    help='URL of a dashboard that may be given tokens, such as https://cloud.example/auth/websso/. '
                         'Repeat for more.'),
    cfg.StrOpt('sso_callback_template', default='/etc/keystone/sso_callback_template.html',
               help='Page that posts the token to the dashboard; $host and $token are replaced.'),
], 'federation')

# What is used when the operator has no page of his own.
_PAGE = '''<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml">
  <head><title>Keystone WebSSO redirect</title></head>
  <body>
    <form id="sso" name="sso" action="$host" method="post">
      Please wait...
      <br/>
      <input type="hidden" name="token" id="token" value="$token"/>
      <noscript><input type="submit" name="submit_no_javascript" id="submit_no_javascript"
          value="If your JavaScript is disabled, please click to continue"/></noscript>
    </form>
    <script type="text/javascript">window.onload = function() { document.forms['sso'].submit(); }</script>
  </body>
</html>
'''


def check(origin):
    """The URL of a dashboard, if it is trusted. Raises BadRequest (none given), NotTrustedDashboard."""
    if not origin:
        raise BadRequest('Request must have an origin query parameter')
    if origin not in CONF.federation.trusted_dashboard:
        raise NotTrustedDashboard(host=origin[:255])
    return origin


def page(host, token_id):
    """The HTML page that posts the token to `host`."""
    try:
        with open(CONF.federation.sso_callback_template, encoding='utf-8') as file:
            text = file.read()
    except FileNotFoundError:
        text = _PAGE
    return string.Template(text).safe_substitute(host=html.escape(host), token=html.escape(token_id))
