"""What is in etc/keystone is true: every option and rule at its default, and a pipeline that loads."""
import pathlib
import re

import webob

import keystone.api.context
import keystone.api.pipelines
import keystone.cmd.manage  # noqa: F401 - these declare options
from essex import config, service  # noqa: F401 - declares options
from essex.wsgi.server import loadapp
from keystone.policies import RULES

ETC = pathlib.Path(__file__).parents[3] / 'etc' / 'keystone'


def test_every_option_of_ours_is_in_the_sample_and_nothing_else():
    sample, section = {}, None
    for line in (ETC / 'keystone.conf').read_text(encoding='utf-8').splitlines():
        header = re.fullmatch(r'\[(\w+)\]', line)
        section = header[1] if header else section
        option = re.match(r'# (\w+) =', line)
        if option:
            sample.setdefault(section, set()).add(option[1])
    for group in ('identity', 'auth', 'token', 'fernet_tokens', 'revoke', 'cache', 'credential', 'assignment'):
        assert sample[group] == set(config.CONF[group]), group
    assert {'admin_token', 'public_port', 'list_limit', 'max_param_size', 'max_token_size'} <= sample['DEFAULT']
    assert sample['DEFAULT'] <= set(config.CONF)


def test_every_rule_is_in_the_sample():
    text = (ETC / 'policy.yaml.sample').read_text(encoding='utf-8')
    assert [f'# "{rule.name}": "{rule.check_str}"' for rule in RULES] == text.splitlines()[3:]


def test_both_pipelines_load_and_answer(cloud):
    for name in ('public', 'admin'):
        app = loadapp(str(ETC / 'keystone-api-paste.ini'), name)
        assert webob.Request.blank('/healthcheck').get_response(app).status_int == 200
        answer = webob.Request.blank('/v3/users').get_response(app)
        assert answer.status_int == 401 and answer.headers['X-Openstack-Request-Id'].startswith('req-')
        listing = webob.Request.blank('/v2.0/tenants', headers={'X-Auth-Token': cloud.admin_token}).get_response(app)
        assert len(listing.json['tenants']) == (1 if name == 'public' else 3)
