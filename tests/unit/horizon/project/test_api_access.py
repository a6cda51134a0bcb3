"""API access: endpoints, files for clients, EC2 credentials."""
import subprocess

import pytest
import yaml

INDEX = '/project/api_access/'


def text(answer):
    return answer.content.decode()


@pytest.fixture
def member(browse):
    return browse('member')


def test_endpoints_and_pairs_take_one_call(member, cloud):
    page = member.get(INDEX)
    assert 'http://compute.test' in text(page)
    assert len(cloud.calls) == 1


def test_openrc_is_a_script_without_the_password(member, cloud):
    answer = member.get(INDEX + 'openrc.sh')
    script = text(answer)
    assert answer['Content-Disposition'] == 'attachment; filename="demo-openrc.sh"'
    assert cloud.cast['member'].password not in script
    done = subprocess.run(['bash', '-c', f'{script}\nenv | grep ^OS_'], input='s3cret\n', text=True, check=True,
                          capture_output=True, timeout=10)
    assert 'OS_PASSWORD=s3cret' in done.stdout
    assert 'OS_PROJECT_NAME=demo' in done.stdout


def test_names_in_scripts_stay_names(cloud, stranger_to_all, tmp_path):
    name = f'a"$(touch {tmp_path}/harm)\'`touch {tmp_path}/harm`\ntouch {tmp_path}/harm'
    cloud.add_user(name, project=cloud.cast['member'].project, password='secret')
    stranger_to_all.post('/auth/login/', {'region': cloud.auth_url, 'domain': 'Default', 'username': name,
                                          'password': 'secret'})
    script = text(stranger_to_all.get(INDEX + 'openrc.sh'))
    subprocess.run(['bash', '-c', script], input='x\n', text=True, capture_output=True, timeout=10, check=True)
    assert list(tmp_path.iterdir()) == []


def test_clouds_yaml(member):
    found = yaml.safe_load(text(member.get(INDEX + 'clouds.yaml')))['clouds']['essex']
    assert found['auth']['project_name'] == 'demo'
    assert found['identity_api_version'] == 3
    assert 'password' not in found['auth']


def test_ec2_pairs_show_their_secret_once(member):
    made = member.post(INDEX + 'ec2/create/')
    pair = made.context['pair']
    assert pair['secret'] in text(made)
    assert made['Cache-Control'] == 'no-store'
    page = text(member.get(INDEX))
    assert pair['access'] in page
    assert pair['secret'] not in page
    member.post(INDEX, {'table': 'ec2_credentials', 'action': f'delete:{pair["access"]}', 'keys': pair['access'],
                        'confirmed': '1'})
    assert member.get(INDEX).context['tables'][1].rows == []


def test_others_pairs_are_not_shown(browse):
    access = browse('member').post(INDEX + 'ec2/create/').context['pair']['access']
    assert access not in text(browse('stranger').get(INDEX))


def test_nobody(browse, stranger_to_all):
    assert browse('nobody').get(INDEX).status_code == 404
    assert stranger_to_all.get(INDEX + 'openrc.sh').status_code == 302
