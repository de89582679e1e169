"""The work of judges: tasks in a queue, questions handed out for a time, answers, and taking them back."""

from tacit.store.work.tasks import Task as Task
from tacit.store.work.tasks import Tasks as Tasks
