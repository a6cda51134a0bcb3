"""The default rules, as tables: who may what."""
import pytest

from essex.context import RequestContext
from glance import policy
from glance.image.model import Image

CALLERS = {'admin': ('alpha', ('admin',)), 'member': ('alpha', ('member',)), 'reader': ('alpha', ('reader',)),
           'stranger': ('beta', ('member',)), 'service': ('services', ('service',)), 'other': ('alpha', ('other',))}
# Whether a caller sees the image at all is no rule.
WHO = {
    'admin member reader stranger service': 'get_image get_images get_member get_members get_image_location',
    'admin member stranger service': 'download_image',
    'admin member': 'add_image delete_image modify_image upload_image add_member delete_member communitize_image '
                    'deactivate reactivate set_image_location',
    'admin member service': 'add_image_location',
    'admin service': 'fetch_image_location stores_info_detail service_api',
    'admin': 'publicize_image delete_image_location copy_image manage_image_cache cache_image cache_list cache_delete '
             'list_cached_nodes tasks_api_access set_owner get_tasks get_task add_task default add_metadef_namespace '
             'modify_metadef_namespace delete_metadef_namespace add_metadef_property modify_metadef_object '
             'delete_metadef_tag',
}


@pytest.mark.parametrize('name,who', [(name, who) for who, names in WHO.items() for name in names.split()])
def test_who_may(rules, name, who):
    image = Image('x', owner='alpha')
    assert [caller for caller, (project, roles) in CALLERS.items() if policy.allows(RequestContext(
        user_id='u', project_id=project, roles=roles, is_admin=caller == 'admin'), name, image)] == who.split()


def test_only_the_member_itself_answers(rules):
    image = Image('x', owner='alpha')
    for project, may in ('beta', True), ('gamma', False):
        context = RequestContext(user_id='u', project_id=project, roles=('member',))
        found = policy.enforcer().check(context, 'modify_member', {**image.target, 'member_id': 'beta'})
        assert found is may
