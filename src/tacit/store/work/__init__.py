"""The work of judges: tasks in a queue, questions handed out for a time, answers, and taking them back."""

from tacit.store.work.desk import Desk as Desk
from tacit.store.work.tasks import Task as Task
from tacit.store.work.tasks import Tasks as Tasks
from tacit.store.work.visit import Accepted as Accepted
from tacit.store.work.visit import Credential as Credential
from tacit.store.work.visit import Given as Given
from tacit.store.work.visit import Leased as Leased
from tacit.store.work.visit import Progress as Progress
from tacit.store.work.visit import Reply as Reply
from tacit.store.work.visit import Turned as Turned
from tacit.store.work.visit import Visit as Visit
