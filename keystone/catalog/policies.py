"""Policies kept for services, and the endpoints they hold for. This service stores them; it does not read them."""
from essex import db
from essex.exception import NotFound
from keystone.db import policies as queries
from keystone.db import records
from keystone.db.models import Endpoint, Policy
from keystone.exception import PolicyAssociationNotFound, PolicyNotFound
from keystone.ids import new_id


class PolicyManager:
    """Policies, and places ({endpoint_id} or {service_id[, region_id]}) each is in force at."""

    def __init__(self, catalog):
        self.catalog = catalog

    def get_policy(self, policy_id):
        """Raises PolicyNotFound."""
        with db.reader() as session:
            policy = records.get(session, Policy, Policy.id == policy_id)
        if policy is None:
            raise PolicyNotFound(policy_id)
        return policy

    def list_policies(self, hints):
        """Policies that pass `hints`."""
        with db.reader() as session:
            return records.listing(session, Policy, hints)

    @db.retry
    def create_policy(self, values):
        """Store a policy (blob, type)."""
        policy = {**values, 'id': new_id()}
        with db.writer() as session:
            records.create(session, Policy, policy, None)
            self.catalog.changes.tell('created', 'policy', policy['id'])
        return self.get_policy(policy['id'])

    @db.retry
    def update_policy(self, policy_id, values):
        """Change a policy."""
        self.get_policy(policy_id)
        with db.writer() as session:
            records.change(session, Policy, policy_id, values, None)
            self.catalog.changes.tell('updated', 'policy', policy_id)
        return self.get_policy(policy_id)

    @db.retry
    def delete_policy(self, policy_id):
        """Remove a policy; it is in force nowhere any more."""
        with db.writer() as session:
            if not records.remove(session, Policy, Policy.id == policy_id):
                raise PolicyNotFound(policy_id)
            self.catalog.changes.tell('deleted', 'policy', policy_id)

    def _check(self, policy_id, place):
        self.get_policy(policy_id)
        getters = {'endpoint_id': self.catalog.get_endpoint, 'service_id': self.catalog.get_service,
                   'region_id': self.catalog.get_region}
        for name, key in place.items():
            getters[name](key)

    @db.retry
    def associate(self, policy_id, place):
        """Put a policy in force at a place, instead of another."""
        self._check(policy_id, place)
        with db.writer() as session:
            queries.associate(session, policy_id, place)

    def check_association(self, policy_id, place):
        """Raises PolicyAssociationNotFound unless the policy was put in force just there."""
        self._check(policy_id, place)
        with db.reader() as session:
            if not queries.is_associated(session, policy_id, place):
                raise PolicyAssociationNotFound(policy=policy_id)

    @db.retry
    def dissociate(self, policy_id, place):
        """Raises PolicyAssociationNotFound."""
        self._check(policy_id, place)
        with db.writer() as session:
            if not queries.dissociate(session, policy_id, place):
                raise PolicyAssociationNotFound(policy=policy_id)

    @staticmethod
    def _places(endpoint, parents):
        """Where to look for an endpoint's policy, the closest first: itself, its service from its region
        upwards, its service anywhere."""
        yield {'endpoint_id': endpoint['id']}
        region_id, seen = endpoint['region_id'], set()
        while region_id is not None and region_id not in seen:
            yield {'service_id': endpoint['service_id'], 'region_id': region_id}
            seen.add(region_id)
            region_id = parents.get(region_id)
        yield {'service_id': endpoint['service_id']}

    def _parents(self):
        return {region['id']: region['parent_region_id'] for region in self.catalog.list_regions(records.Hints())}

    def policy_for(self, endpoint_id):
        """The policy in force at an endpoint. Raises NotFound: none is."""
        endpoint, parents = self.catalog.get_endpoint(endpoint_id), self._parents()
        with db.reader() as session:
            found = queries.associations_for(session, endpoint_id, endpoint['service_id'])
        for place in self._places(endpoint, parents):
            policy_id = found.get(queries.place_id(place))
            if policy_id is not None:
                return self.get_policy(policy_id)
        raise NotFound(f'No policy is associated with endpoint {endpoint_id}.')

    def endpoints_for(self, policy_id):
        """The endpoints a policy is in force at."""
        self.get_policy(policy_id)
        parents = self._parents()
        with db.reader() as session:
            places = {queries.place_id(place) for place in queries.associations(session, policy_id)}
            endpoints = records.many(session, Endpoint)
        return [endpoint for endpoint in endpoints
                if any(queries.place_id(place) in places for place in self._places(endpoint, parents))]
