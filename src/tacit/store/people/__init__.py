"""People at work: accounts, what lets them in, projects with their rules, who works where, the log of changes."""

from tacit.store.people.accounts import Account as Account
from tacit.store.people.actor import SCOPES as SCOPES
from tacit.store.people.actor import Actor as Actor
from tacit.store.people.actor import Role as Role
from tacit.store.people.audit import AuditEntry as AuditEntry
from tacit.store.people.credentials import SESSION_S as SESSION_S
from tacit.store.people.credentials import Token as Token
from tacit.store.people.invites import Invite as Invite
from tacit.store.people.members import Member as Member
from tacit.store.people.people import People as People
from tacit.store.people.projects import Instructions as Instructions
from tacit.store.people.projects import Project as Project
from tacit.store.people.projects import State as State
from tacit.store.people.rules import Rules as Rules
