"""Pages are packed on their way to the browser; downloads are not."""
from django.middleware.gzip import GZipMiddleware


class PackPages(GZipMiddleware):
    """Django's, but for what is streamed: packing gigabytes keeps everybody waiting, and hides how much there is."""

    def process_response(self, request, response):
        """The response, packed if it is a page."""
        return response if response.streaming else super().process_response(request, response)
