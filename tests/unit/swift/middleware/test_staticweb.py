"""StaticWeb: a container as a web site."""
import html.parser

import pytest

from swift.middleware import staticweb, tempauth, tempurl, web_listing
from tests.unit.swift.middleware import test_tempurl
from tests.unit.swift.middleware.kit import Cache, Store, call

C = '/v1/AUTH_test/c'
OPEN = {'X_Container_Read': '.r:*,.rlistings'}


class Site:
    def __init__(self, conf=None, **meta):
        self.store, self.cache = Store(X_Account_Meta_Temp_URL_Key='key'), Cache()
        self.store.add_container('c', **OPEN, **{f'X_Container_Meta_Web_{name}': value for name, value in meta.items()})
        for name in ('index.html', 'a.txt', 'dir/index.html', 'dir/b.txt', 'plain/x', '404error.html', '401error.html'):
            self.store.add_object('c/' + name, name.encode())
        inner = tempauth.filter_factory({}, user_test_owner='k .admin')(
            staticweb.filter_factory({}, **(conf or {}))(self.store))
        self.app = tempurl.filter_factory({})(inner)

    def get(self, path=C + '/', **kwargs):
        return call(self.app, path, cache=self.cache, **kwargs)


class Links(html.parser.HTMLParser):
    """The links and the tags of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.tags, self.text = [], set(), ''
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.links += [value for name, value in attributes if name == 'href']

    def handle_data(self, data):
        self.text += data


class TestIndex:
    def test_is_what_a_directory_shows(self):
        site = Site(Index='index.html')
        assert site.get().text == 'index.html'
        assert site.get(C + '/dir/').text == 'dir/index.html'
        assert site.get(C + '/a.txt').text == 'a.txt'

    @pytest.mark.parametrize('path', [C, C + '/dir', C + '/plain'])
    def test_a_missing_slash_is_added(self, path):
        response = Site(Index='index.html', Listings='true').get(path + '?x=1')
        assert response.status_int == 301
        assert response.headers['Location'] == f'http://localhost{path}/?x=1'

    def test_the_address_may_be_told(self):
        assert Site(conf={'url_base': 'https://www.example/'}, Index='index.html').get(C).headers[
            'Location'] == f'https://www.example{C}/'

    def test_a_redirect_cannot_be_led_astray(self):
        site = Site(Index='index.html')
        site.store.add_object('c/x\r\nEvil: 1/index.html')
        location = site.get(C + '/x%0d%0aEvil:%201').headers['Location']
        assert location == f'http://localhost{C}/x%0D%0AEvil%3A%201/'
        assert site.get('//evil.example/c').status_int == 401

    def test_a_directory_marker_is_no_page(self):
        site = Site(Index='index.html')
        site.store.add_object('c/dir', b'', Content_Type='text/directory')
        assert site.get(C + '/dir').status_int == 301

    def test_without_any_setting_nothing_changes(self):
        assert Site().get().content_type == 'application/json'
        assert Site().get(C + '/dir/').status_int == 404

    def test_conditions_reach_the_index(self):
        site = Site(Index='index.html')
        site.get(If_None_Match='"x"')
        assert site.store.last('GET')['HTTP_IF_NONE_MATCH'] == '"x"'


class TestListing:
    def test_has_links_sizes_and_dates(self):
        page = Site(Listings='true').get()
        assert page.content_type == 'text/html'
        assert "default-src 'none'" in page.headers['Content-Security-Policy']
        found = Links(page.text)
        assert found.links == ['./401error.html', './404error.html', './a.txt', './dir/', './index.html', './plain/']
        assert 'Content-Length' in page.headers
        assert '3 B' in found.text
        assert '2026-01-02 03:04' in found.text
        assert 'Listing of /v1/AUTH_test/c/' in found.text
        assert 'script' not in found.tags

    def test_of_a_directory_goes_up_too(self):
        assert Links(Site(Listings='on').get(C + '/dir/').text).links == ['../', './b.txt', './index.html']

    def test_a_label_and_a_style_sheet(self):
        found = Links(Site(Listings='true', Listings_Label='Files', Listings_CSS='s.css').get(C + '/dir/').text)
        assert 'Listing of Files/dir/' in found.text
        assert '../s.css' in found.links
        assert 'style' not in found.tags

    @pytest.mark.parametrize('css, href', [
        ('s.css', 's.css'), ('style/s.css', 'style/s.css'), ('https://a.example/s.css', 'https://a.example/s.css'),
        ('data:text/css,x', 'data%3Atext/css%2Cx'), ('"><script>', '%22%3E%3Cscript%3E')])
    def test_a_style_sheet_is_linked_as_it_was_named(self, css, href):
        found = Site(Listings='true', Listings_CSS=css).get().text
        assert f'<link rel="stylesheet" type="text/css" href="{href}" />' in found

    @pytest.mark.parametrize('name', ['<script>alert(1)</script>', '"onmouseover="x', "'><img src=x>", '&amp;',
                                      'javascript:alert(1)', 'é', '//evil.example/x', 'data:text/html,x'])
    def test_names_stay_names(self, name):
        site = Site(Listings='true')
        site.store.objects.clear()
        site.store.add_object('c/' + name.encode().decode('latin-1'))
        found = Links(site.get().text)
        assert not found.tags & {'script', 'img'}
        assert len(found.links) == 1
        assert all(link.startswith('./') and ':' not in link for link in found.links)

    def test_so_do_the_label_and_the_style(self):
        found = Links(Site(Listings='true', Listings_Label='</h1><script>x', Listings_CSS='"><script>').get().text)
        assert 'script' not in found.tags

    def test_what_is_not_there_is_404(self):
        site = Site(Listings='true')
        assert site.get(C + '/missing/').status_int == 404
        assert site.get(C + '/missing').status_int == 404

    def test_only_for_those_who_may_list(self):
        site = Site(Listings='true')
        site.store.containers[C]['X-Container-Read'] = '.r:*'
        assert site.get().status_int == 401

    def test_a_long_one_goes_on(self):
        page = web_listing.page('t', '', [], up=False, more='?marker=x%22')
        assert Links(page).links == ['?marker=x%22']

    @pytest.mark.parametrize('count, shown', [(0, '0 B'), (1023, '1023 B'), (1024, '1.0 KiB'), (1536, '1.5 KiB'),
                                              (5 * 1024 ** 3, '5.0 GiB'), (2 ** 70, '1048576.0 PiB')])
    def test_sizes_are_for_people(self, count, shown):
        assert web_listing.size(count) == shown

    def test_head(self):
        response = Site(Listings='true').get(method='HEAD')
        assert (response.status_int, response.body) == (200, b'')


class TestErrors:
    def test_have_the_sites_own_pages(self):
        site = Site(Index='index.html', Error='error.html')
        response = site.get(C + '/missing')
        assert (response.status_int, response.text) == (404, '404error.html')

    def test_also_for_strangers(self):
        site = Site(Listings='true', Error='error.html')
        site.store.containers[C]['X-Container-Read'] = '.r:*'
        response = site.get()
        assert (response.status_int, response.text) == (401, '401error.html')
        assert 'WWW-Authenticate' in response.headers

    def test_without_a_page_it_is_the_plain_one(self):
        site = Site(Error='none.html', Index='index.html')
        assert site.get(C + '/missing').status_int == 404


class TestWhom:
    def token(self, site):
        return site.get('/auth/v1.0', X_Auth_User='test:owner', X_Auth_Key='k').headers['X-Auth-Token']

    def test_clients_get_the_api(self):
        site = Site(Index='index.html', Listings='true')
        token = self.token(site)
        assert site.get(X_Auth_Token=token).content_type == 'application/json'
        assert site.get(X_Auth_Token=token, X_Web_Mode='true').text == 'index.html'

    def test_web_mode_without_a_site_is_404(self):
        site = Site()
        assert site.get(X_Auth_Token=self.token(site), X_Web_Mode='true').status_int == 404

    def test_writers_pass(self):
        assert Site(Index='index.html').get(method='PUT').status_int == 401

    def test_a_signed_prefix_is_a_folder_to_share(self):
        site = Site(Listings='true')
        site.store.containers[C].pop('X-Container-Read')
        signature = test_tempurl.sign(path=f'prefix:{C}/dir/')
        page = site.get(test_tempurl.url(signature, C + '/dir/', temp_url_prefix='dir/'))
        assert page.status_int == 200
        links = Links(page.text).links
        assert len(links) == 2
        assert all(signature in link for link in links)
        assert site.get(f'{C}/dir/{links[0][2:]}').text == 'dir/b.txt'

    def test_a_signed_object_is_no_folder(self):
        site = Site(Listings='true')
        site.store.containers[C].pop('X-Container-Read')
        assert site.get(test_tempurl.url(test_tempurl.sign(path=C + '/dir/'), C + '/dir/')).status_int == 404
