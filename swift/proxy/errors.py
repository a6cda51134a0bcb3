"""What a controller raises to answer a request right away."""
from swift.proxy import responses


class Refusal(Exception):
    """Ends the handling of a request with `response`."""

    def __init__(self, response):
        super().__init__(response.status)
        self.response = response


def refuse(status, text=None, headers=()):
    """The Refusal with a page of `status`: raise it."""
    return Refusal(responses.error(status, text, headers))
