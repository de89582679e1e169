"""People at work in a store: one object that holds its parts."""

from __future__ import annotations

from tacit.store.people.access import Access
from tacit.store.people.accounts import Accounts
from tacit.store.people.audit import Audit
from tacit.store.people.credentials import Credentials
from tacit.store.people.invites import Invites
from tacit.store.people.members import Members
from tacit.store.people.projects import Projects
from tacit.store.work.adjudication import Adjudication
from tacit.store.work.desk import Desk
from tacit.store.work.media_ranges import MediaRanges
from tacit.store.work.previews import Previews
from tacit.store.work.records import Records
from tacit.store.work.rewording import Rewording
from tacit.store.work.tasks import Tasks


class People:
    """Accounts, projects and the work of judges in one store; `tacit.store.Store.people` gives it.

    Args:
        access: the open database.
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self.accounts = Accounts(access)
        self.credentials = Credentials(access)
        self.invites = Invites(access)
        self.members = Members(access)
        self.projects = Projects(access)
        self.audit = Audit(access)
        self.tasks = Tasks(access)
        self.desk = Desk(access)
        self.records = Records(access, self.tasks)
        self.adjudication = Adjudication(access)
        self.rewording = Rewording(access)
        self.media = MediaRanges(access)
        self.previews = Previews(access)
