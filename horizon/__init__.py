"""The dashboard: a Django application that speaks to the services over their public APIs alone.

`api/` calls them, `ui/` holds what every page is made of (tables, forms, errors, charts), `auth/` log-in and projects;
each folder of `project/`, `admin/` and `account/` is a panel. `registry` puts panels into dashboards.
"""
