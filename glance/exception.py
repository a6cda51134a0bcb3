"""What can go wrong with images, each with its HTTP status and a sentence for the user."""
from essex import exception


class ImageNotFound(exception.NotFound):
    message = 'No image found with ID %(image_id)s.'


class MemberNotFound(exception.NotFound):
    message = 'Project %(member)s is not a member of image %(image_id)s.'


class TagNotFound(exception.NotFound):
    message = 'Image %(image_id)s has no tag %(tag)s.'


class StoreNotFound(exception.BadRequest):
    message = 'There is no store called %(store)s here. This service has: %(known)s.'


class StoreReadOnly(exception.BadRequest):
    message = 'The store %(store)s can only be read: it takes no data and removes none.'


class NoSuchCopy(exception.NotFound):
    message = 'Image %(image_id)s has no data in a store called %(store)s.'


class LastCopy(exception.Forbidden):
    message = ('Store %(store)s holds the only copy of image %(image_id)s. Copy it to another store first, or delete '
               'the image.')


class NotSeveralStores(exception.Conflict):
    message = 'This service has one store: an image has its data there and nowhere else.'


class NotRestorable(exception.Conflict):
    message = ('Image %(image_id)s cannot be restored: only one that is pending_delete and whose data is not being '
               'removed yet can.')


class NotActive(exception.Conflict):
    message = 'Image %(image_id)s is %(now)s; that needs status active.'


class DataNotFound(exception.NotFound):
    message = 'The store %(store)s has no data at %(url)s.'


class ImageNotActive(exception.NotFound):
    message = 'Image %(image_id)s has no data to give: its status is %(status)s, not active.'


class ImageDeactivated(exception.Forbidden):
    message = 'Image %(image_id)s is deactivated: only an administrator may read its data until it is reactivated.'


class InvalidTransition(exception.Conflict):
    message = 'Image %(image_id)s is %(now)s and cannot become %(wanted)s; that needs status %(needed)s.'


class ForbiddenTransition(exception.Forbidden):
    message = ('Image %(image_id)s is %(now)s; only an active image can be deactivated and only a deactivated one '
               'reactivated.')


class ProtectedImage(exception.Forbidden):
    message = 'Image %(image_id)s is protected and cannot be deleted. Set protected to false first.'


class DuplicateImage(exception.Conflict):
    message = 'Image ID %(image_id)s is in use already.'


class DuplicateMember(exception.Conflict):
    message = 'Project %(member)s is already a member of image %(image_id)s.'


class NotShared(exception.Forbidden):
    message = ('Image %(image_id)s has visibility %(visibility)s: only an image with visibility shared '
               'can have members.')


class InvalidImage(exception.BadRequest):
    """A field's value breaks a rule; the message says which."""


class InvalidQuery(exception.BadRequest):
    """A filter, a sort key, a marker or a limit that means nothing."""


class UnknownMarker(InvalidQuery):
    message = 'The marker %(marker)s is not the ID of an image you can see.'


class ReservedField(exception.Forbidden):
    message = 'Attribute %(name)s is %(why)s and cannot be set by a request.'


class PropertyProtected(exception.Forbidden):
    message = 'Property %(name)s is protected: you may not %(action)s it.'


class FormatsFixed(exception.Forbidden):
    message = 'Attribute %(name)s can only be changed while the image is queued; this one is %(status)s.'


class PropertyMissing(exception.Conflict):
    message = 'The image has no property %(name)s to %(op)s.'


class QuotaExceeded(exception.TooLarge):
    message = 'An image may have at most %(limit)s %(what)s; this request would make it %(wanted)s.'


class LimitExceeded(exception.TooLarge):
    message = 'Project %(project)s is over its limit %(name)s: it is %(limit)s, and this would make it %(wanted)s.'


class ImageTooLarge(exception.TooLarge):
    message = 'The image data is larger than %(limit)s bytes, the most this service takes for one image.'


class StorageQuotaExceeded(exception.TooLarge):
    message = 'The data would bring project %(owner)s over its image storage quota of %(limit)s bytes.'


class StoreFull(exception.TooLarge):
    message = 'The store %(store)s has no room for the data. Nothing was kept; ask the operator for space.'


class StoreUnavailable(exception.ServiceUnavailable):
    message = 'The store %(store)s cannot be used just now: %(problem)s.'


class DuplicateData(exception.Conflict):
    message = 'The store %(store)s already holds data of image %(image_id)s.'


class SizeMismatch(exception.BadRequest):
    message = 'The request announced %(announced)s bytes of data and sent %(received)s.'


class ChecksumMismatch(exception.BadRequest):
    message = 'The data has MD5 %(actual)s, the request says %(expected)s.'


class UploadBroken(exception.BadRequest):
    message = 'The data ended early: %(problem)s. Nothing was kept; the upload can be tried again.'


class ImportConflict(exception.Conflict):
    """The image is not as the import needs it; the message says what is missing."""


class ImportLocked(exception.Conflict):
    message = 'Image %(image_id)s is being imported by task %(task)s already.'


class StagedElsewhere(exception.Conflict):
    message = ('The staged data of image %(image_id)s is on node %(host)s, which this one cannot reach: '
               'worker_self_reference_url is not set there. Ask that node for the import.')


class UnknownStore(exception.Conflict):
    message = 'There is no such store here.'


class CopyPresent(exception.BadRequest):
    message = 'Image %(image_id)s has its data in %(stores)s already.'


class SignatureRefused(exception.BadRequest):
    message = 'The signature of the image cannot be accepted: %(problem)s.'


class TransformFailed(exception.BadRequest):
    message = 'The data cannot be made ready by %(plugin)s: %(problem)s.'


class StoresFailed(exception.EssexError):
    code, title, reason = 502, 'Bad Gateway', 'storesFailed'
    message = 'The data could not be put into %(stores)s: %(problem)s'


class FetchRefused(exception.BadRequest):
    message = 'The URL is not fetched: %(problem)s.'


class FetchFailed(exception.BadRequest):
    message = 'Nothing could be fetched from %(host)s: %(problem)s.'


class DeletedDuringUpload(exception.Gone):
    message = 'Image %(image_id)s was deleted, or its upload given up, while its data was coming in.'


class DangerousImage(exception.UnsupportedMediaType):
    """Data that names something outside itself: taken by no setting, since a hypervisor would open it."""

    message = 'The data is refused: %(problem)s. An image must be complete in itself.'


class FormatMismatch(exception.UnsupportedMediaType):
    message = 'The data does not match disk_format %(declared)s: %(problem)s.'


class RangeNotSatisfiable(exception.EssexError):
    code, title, reason = 416, 'Requested Range Not Satisfiable', 'badRange'
    message = 'The range %(range)s lies outside the %(size)s bytes of the image.'


class NamespaceNotFound(exception.NotFound):
    message = 'No metadata namespace %(namespace)s found.'


class DuplicateNamespace(exception.Conflict):
    message = 'There is already a metadata namespace %(namespace)s. Names are unique: choose another.'


class ProtectedNamespace(exception.Forbidden):
    message = 'The metadata namespace %(namespace)s is protected: set its protected to false before removing anything.'


class DefinitionNotFound(exception.NotFound):
    message = 'The metadata namespace %(namespace)s has no %(kind)s %(name)s.'


class DuplicateDefinition(exception.Conflict):
    message = 'The metadata namespace %(namespace)s already has a %(kind)s %(name)s.'


class DuplicateAssociation(exception.Conflict):
    message = 'The metadata namespace %(namespace)s is already for resources of type %(name)s.'


class UnknownName(InvalidQuery):
    message = 'The marker %(marker)s is not the name of anything in this list.'
