"""The Swift store: which account and container an image has, and errors in a store's words."""
import contextlib
import logging
import urllib.parse

from essex import context
from essex.client import session
from essex.client.object import ObjectClient, ObjectError
from essex.exception import ConfigError
from glance.exception import DataNotFound, StoreFull, StoreUnavailable
from glance.store.base import Store, without_secret
from glance.store.swift import delegation, location, upload
from glance.store.swift.accounts import Accounts
from glance.store.swift.download import Download
from glance.store.swift.options import MEGABYTE, OPTS
from glance.store.swift.upload import MANIFEST, SEGMENTS, TRUST, UPLOAD, WHERE, Place, Upload

LOG = logging.getLogger(__name__)


class SwiftStore(Store):
    """Objects named after the images' ids, in one container, several, or one for each image in its owner's account."""

    schemes = location.SCHEMES
    OPTS = OPTS

    def __init__(self, name, options):
        super().__init__(name, options)
        self.accounts = Accounts(name, options)

    def check(self):
        """See that the configuration makes sense. Whether the object storage is there shows when it is needed."""
        account = self.accounts.default
        if self.options.swift_store_multi_tenant and account.auth_version == '1':
            raise ConfigError(f'Store {self.name}: swift_store_multi_tenant needs Keystone, which is '
                              'swift_store_auth_version 2 or 3.')

    # -- the store's methods

    def add(self, image_id, upload_id, chunks, size=None):
        """See Store.add."""
        options = self.options
        segmented = size is None or size >= options.swift_store_large_object_size * MEGABYTE
        segment = options.swift_store_large_object_chunk_size * MEGABYTE
        with self._explaining():
            place = self._new_place(image_id)
            try:
                self._note(image_id, upload_id, place)
                attempt = Upload(self.name, place, image_id, upload_id, segment)
                try:
                    self._ensure(place)
                    attempt.run(chunks, size, segmented)
                except BaseException:
                    self._undo(attempt, place)
                    raise
            finally:
                place.end_trust()
        if place.where:
            # The note stays until it is swept: without it nobody would know whose account has the data.
            return location.of_storage(place.where, place.container, image_id)
        self._forget(image_id, upload_id)
        return location.of_reference(options.default_swift_reference, place.container, image_id)

    def _undo(self, attempt, place):
        try:
            attempt.undo()
            self._tidy(place)
            self._notes.delete(upload.note(attempt.image_id, attempt.upload_id))
        except ObjectError as error:
            LOG.warning('What is left of an upload to image %s stays until store %s is back: %s', attempt.image_id,
                        self.name, error)

    def _forget(self, image_id, upload_id):
        """Remove the note of an upload that is whole; one that stays does no harm."""
        try:
            self._notes.delete(upload.note(image_id, upload_id))
        except ObjectError as error:
            LOG.warning('The note on the upload to image %s stays for now: %s', image_id, error)

    def read(self, url, offset=0, length=None):
        """See Store.read."""
        with self._explaining(url):
            place, name = self._find(url)
            found = Download(place, name, offset, length, self.options.swift_store_retry_get_count)
        return _Explained(found, self._explaining)

    def size(self, url):
        """See Store.size."""
        with self._explaining(url):
            place, name = self._find(url)
            return int(place.client.head(place.container, name).get('Content-Length', 0))

    def delete(self, url):
        """See Store.delete. Segments first: without their manifest nobody would find them."""
        with self._explaining(url):
            place, name = self._find(url)
            found = place.client.head(place.container, name, {'X-Newest': 'true'})
            if found.get(MANIFEST):
                container, _, prefix = found[MANIFEST].partition('/')
                count = found.get(SEGMENTS, '')
                upload.remove_segments(Place(place.client, urllib.parse.unquote(container)),
                                       urllib.parse.unquote(prefix), int(count) if count.isdigit() else 0)
            if not place.delete(name):
                raise DataNotFound(store=self.name, url=without_secret(url))
            self._tidy(place)

    def abandon(self, image_id, upload_id):
        """See Store.abandon. What other attempts at the image left goes as well."""
        with self._explaining():
            known = {each for _, each in upload.notes(self._notes, image_id)} | {upload_id}
            for noted in {self._noted(image_id, each) for each in known}:
                place = self._place(image_id, *noted)
                # Unseen it may still arrive, from a request of the dead; what is deleted now stays deleted then.
                place.delete(upload.plain(image_id))
                upload.remove_segments(place, f'{image_id}-')
                self._tidy(place)
                place.end_trust()
            for each in known:
                self._notes.delete(upload.note(image_id, each))

    def leftovers(self):
        """See Store.leftovers."""
        with self._explaining():
            yield from upload.notes(self._notes)

    def discard_leftover(self, image_id, upload_id, whole=False):
        """See Store.discard_leftover."""
        name = upload.note(image_id, upload_id)
        with self._explaining():
            if self._notes.head(name, **{'X-Newest': 'true'}) is None:
                return   # it was listed for a while after it had ended
            place = self._place(image_id, *self._noted(image_id, upload_id))
            found = place.head(image_id, **{'X-Newest': 'true'}) or {}
            if whole or found.get(UPLOAD) != upload_id:
                upload.remove(place, image_id, upload_id)
                self._tidy(place)
            place.end_trust()
            self._notes.delete(name)

    def describe(self):
        """See Store.describe."""
        options = self.options
        return {'type': 'swift', 'properties': {
            'container': options.swift_store_container,
            'large_object_size': options.swift_store_large_object_size,
            'large_object_chunk_size': options.swift_store_large_object_chunk_size}}

    # -- where things are

    @property
    def _client(self):
        return self.accounts.client(self.accounts.default)

    @property
    def _notes(self):
        return Place(self._client, self.options.swift_store_container)

    def _place(self, image_id, where=None, trust_id=None):
        """The Place of an image: in the account of the storage URL `where`, or in the store's own.

        With the id of a trust of that account's owner by his rights, as long as it is good.
        """
        name, seed = self.options.swift_store_container, self.options.swift_store_multiple_containers_seed
        if where:
            account = self.accounts.default
            trust = self.accounts.trust(account, trust_id) if trust_id and account.auth_version == '3' else None
            trust = trust if trust and trust.is_good() else None
            return Place(self.accounts.client(account, where, trust), f'{name}_{upload.plain(image_id)}', where, trust)
        if seed:
            name = f'{name}_{upload.plain(image_id).replace("-", "")[:seed].lower()}'
        return Place(self._client, name)

    def _new_place(self, image_id):
        """The Place for a new image: that of the caller, or of its project."""
        if not self.options.swift_store_multi_tenant:
            return self._place(image_id)
        asking = context.current()
        if asking is None or not asking.project_id or not asking.auth_token:
            raise StoreUnavailable(store=self.name, problem='it keeps images in the accounts of projects, and '
                                                            'the upload has no token of one')
        own, mine = self._client.url, self._client.project_id
        if not mine or mine not in own:
            raise StoreUnavailable(store=self.name, problem='its storage URL does not name its project')
        return self._place(image_id, own.replace(mine, asking.project_id), self._new_trust(asking))

    def _new_trust(self, asking):
        """The id of a new trust of the caller, None where there is none."""
        account = self.accounts.default
        if not self.options.swift_store_use_trusts or account.auth_version != '3' or not asking.roles:
            return None
        return delegation.create(account.auth_address, self._client.user_id, asking)

    def _noted(self, image_id, upload_id):
        """(storage URL, id of its owner's trust) in an upload's note; None for the store's own account, or no trust."""
        found = self._notes.head(upload.note(image_id, upload_id)) or {}
        return found.get(WHERE), found.get(TRUST)

    def _find(self, url):
        """(Place, name) of an address. Raises location.Unknown."""
        found = location.parse(url, self.accounts)
        client = self.accounts.client(found.account, found.url)
        # A token of ours goes to the storage it is for, whatever an address says.
        if found.url and urllib.parse.urlsplit(found.url)[:2] != urllib.parse.urlsplit(self._client.url)[:2]:
            raise location.Unknown
        return Place(client, found.container, found.url), found.name

    # -- containers

    def _note(self, image_id, upload_id, place):
        """Note an upload before it writes anything."""
        notes, headers = self._notes, {WHERE: place.where} if place.where else {}
        if place.trust:
            headers[TRUST] = place.trust.id
        name = upload.note(image_id, upload_id)
        try:
            notes.client.put(notes.container, name, headers=headers)
        except ObjectError as error:
            if error.status != 404:
                raise
            self._make(notes)
            notes.client.put(notes.container, name, headers=headers)

    def _ensure(self, place):
        """See that the container is there."""
        if place.where:
            allowed = ','.join([f'{self._client.project_id}:*', *self.options.swift_store_admin_tenants])
            owner = place.client if place.trust else self._of_caller(place)
            owner.put_container(place.container, {'X-Container-Read': allowed, 'X-Container-Write': allowed})
        elif not place.client.has_container(place.container):
            self._make(place)

    def _make(self, place):
        if not self.options.swift_store_create_container_on_put:
            raise StoreUnavailable(store=self.name, problem=f'the container {place.container} does not exist, and '
                                   'swift_store_create_container_on_put is not set')
        place.client.put_container(place.container)

    def _of_caller(self, place):
        return ObjectClient(session.user_adapter(context.current(), self.options.swift_store_service_type, place.where))

    def _tidy(self, place):
        """Remove the container that an image had to itself, if this service or its caller may."""
        if not place.where:
            return
        clients = [place.client]
        if context.current() is not None and context.current().auth_token:
            clients.append(self._of_caller(place))
        for client in clients:
            try:
                client.delete_container(place.container)
                return
            except ObjectError as error:
                if error.status not in (401, 403, 409):
                    raise
        LOG.info('The empty container %s stays in %s', place.container, place.where)

    @contextlib.contextmanager
    def _explaining(self, url=None):
        """Turn errors of the protocol into the store's."""
        try:
            yield
        except location.Unknown as error:
            raise DataNotFound(store=self.name, url=without_secret(url)) from error
        except ObjectError as error:
            if url is not None and error.status == 404:
                raise DataNotFound(store=self.name, url=without_secret(url)) from error
            if error.status in (413, 507):
                raise StoreFull(store=self.name) from error
            raise StoreUnavailable(store=self.name, problem=error) from error


class _Explained:
    """An iterator whose errors are explained too."""

    def __init__(self, chunks, explaining):
        self._chunks, self._explaining = chunks, explaining

    def __iter__(self):
        return self

    def __next__(self):
        with self._explaining():
            return next(self._chunks)

    def close(self):
        """Close the iterator."""
        self._chunks.close()
