"""The samples in etc/ hold every option and every rule, at its default."""
import subprocess
import sys

import pytest
import yaml

from tests.fixtures.cloud import ROOT


def test_they_are_what_the_code_says():
    done = subprocess.run([sys.executable, ROOT / 'tools' / 'make-samples', '--check'], capture_output=True, text=True,
                          timeout=100, check=False)
    assert done.returncode == 0, f'{done.stdout}{done.stderr}\nrun tools/make-samples'


@pytest.mark.parametrize('service,rule', [('keystone', 'identity:ec2tokens_validate'), ('glance', 'publicize_image'),
                                          ('nova', 'servers:create')])
def test_a_rule_taken_from_a_sample_is_one_of_a_policy_file(service, rule):
    lines = (ROOT / 'etc' / service / 'policy.yaml.sample').read_text(encoding='utf-8').splitlines()
    rules = yaml.safe_load('\n'.join(line.removeprefix('# ') for line in lines if line.startswith('# "')))
    assert isinstance(rules[rule], str) and all(isinstance(check, str) for check in rules.values())
