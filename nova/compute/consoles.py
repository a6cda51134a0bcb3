"""Consoles of servers: asked of the host the server runs on."""
import uuid
from urllib.parse import urlencode

from oslo_config import cfg

from essex import config
from nova import exception
from nova.compute.rpcapi import ComputeAPI
from nova.console import tokens

OPTS = [
    cfg.StrOpt('novncproxy_base_url', default='http://127.0.0.1:6080/vnc_auto.html',
               help='URL of the console page as browsers reach it.'),
]
CONF = config.register(OPTS)

_PRINTABLE_CONTROLS = '\n\t'


def output(context, row, lines=None):
    """The last `lines` lines of a server's serial console (all when None), control characters removed."""
    text = ComputeAPI().console_output(context, row.host, row.uuid)
    clean = ''.join(character for character in text
                    if character.isprintable() or character in _PRINTABLE_CONTROLS)
    if lines is None or lines < 0:
        return clean
    kept = clean.splitlines()
    return '\n'.join(kept[-lines:]) if lines else ''


def diagnostics(context, row):
    """Numbers of the running guest, as the driver knows them."""
    return ComputeAPI().diagnostics(context, row.host, row.uuid)


def vnc(context, row, console_type):
    """{'type', 'url'} of a server's screen in the browser."""
    if console_type != 'novnc':
        raise exception.ConsoleTypeUnavailable(console_type=str(console_type)[:80])
    place = ComputeAPI().vnc_console(context, row.host, row.uuid)
    token = str(uuid.uuid4())
    tokens.authorize(token, row.uuid, console_type, place['host'], place['port'], place.get('internal_access_path'))
    return {'type': console_type, 'url': f'{CONF.novncproxy_base_url}?{urlencode({"token": token})}'}
