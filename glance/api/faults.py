"""Errors as this API has always shown them: a small page, or JSON for those who ask for it."""
import html

import webob

from essex.wsgi import json_response


def render(status, title, message, error, req):
    """The response for an error. Clients read the status and print the text."""
    if 'application/json' in req.headers.get('Accept', ''):
        return json_response({'code': status, 'title': title, 'message': message}, status)
    heading = f'{status} {title}'
    return webob.Response(status=status, content_type='text/html', charset='UTF-8', text=(
        f'<html>\n <head>\n  <title>{heading}</title>\n </head>\n <body>\n  <h1>{heading}</h1>\n'
        f'  {html.escape(message, quote=False)}<br /><br />\n </body>\n</html>'))
