"""An object server in a process of its own: `python -m ...object_server_process PORT OPTION=VALUE...`"""
from essex import concurrency

concurrency.patch()

import sys  # noqa: E402

from swift.obj.server import app_factory  # noqa: E402

if __name__ == '__main__':
    app = app_factory({}, **dict(option.split('=', 1) for option in sys.argv[2:]))
    concurrency.serve(concurrency.listen('127.0.0.1', int(sys.argv[1])), app)
