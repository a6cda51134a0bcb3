"""What can go wrong with a directory."""
from essex import exception


class DirectoryUnavailable(exception.ServiceUnavailable):
    message = 'The directory that holds these users does not answer just now. Try again shortly.'


class DirectoryRefused(exception.BadGateway):
    message = 'The directory that holds these users refuses: %(reason)s. Tell the operator.'
