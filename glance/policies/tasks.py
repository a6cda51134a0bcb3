"""Tasks."""
from essex.policy import rule

RULES = [
    rule('tasks_api_access', 'rule:context_is_admin', 'Use the API of tasks at all.',
         [('GET', '/v2/tasks'), ('POST', '/v2/tasks'), ('GET', '/v2/tasks/{task_id}')]),
    rule('get_tasks', 'rule:default', 'List tasks.', [('GET', '/v2/tasks')]),
    rule('get_task', 'rule:default', 'Show a task.', [('GET', '/v2/tasks/{task_id}')]),
    rule('add_task', 'rule:default', 'Begin a task.', [('POST', '/v2/tasks')]),
    rule('modify_task', 'rule:default', 'Change a task; no call does.'),
]
