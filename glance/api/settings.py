"""Options that both versions of the API read."""
from oslo_config import cfg

from essex import config

OPTS = [
    cfg.IntOpt('limit_param_default', default=25, min=1, help='Images in a list that names no limit.'),
    cfg.IntOpt('api_limit_max', default=1000, min=1, help='Images in a list at most.'),
    cfg.BoolOpt('delayed_delete', default=False,
                help='Keep the data of a deleted image until it is scrubbed, scrub_time seconds later.'),
    cfg.IntOpt('scrub_time', default=0, min=0, help='Seconds between the deletion of an image and that of its data.'),
]
CONF = config.register(OPTS)
