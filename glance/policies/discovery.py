"""What the service says about itself."""
from essex.policy import rule

RULES = [
    rule('stores_info_detail', 'rule:service_api', 'See how the stores are configured.',
         [('GET', '/v2/info/stores/detail')]),
]
