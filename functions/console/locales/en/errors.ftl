# The error page, and why a form is refused.

error-signed-out = Signed out
error-not-allowed = Not allowed
error-not-here = Not found
error-cannot = That cannot be done
error-wrong = Something went wrong
error-signed-out-detail = You are signed out. Open the console again from your application.
error-back = Back to the console
error-request = Request { $id }

# A detail is a part of a sentence: its first letter is made large and a dot is put behind it.
error-other-site = this request came from another site, so nothing was changed
error-form-too-long = the form is too long
error-form-unreadable = the form cannot be read; load the page again
error-other-session = this form was made for another session, so nothing was changed; load the page again
error-not-a-form = this cannot be requested with a form
error-select-people = select people first
error-select-fewer-people = select { $most } people at most
error-sessions-of-some = the sessions of { $ended } of { $all } people ended; of the others, who are still selected: { $why }
error-name-taken = someone else has this user name now; rename or delete that person, then restore this one
error-not-deleted = this person is no longer deleted, so nothing was done
error-deleted-meanwhile = this person was deleted in the meantime, so nothing was done
error-most-groups = one form can change the roles of at most { $most } groups
error-roles-changed = roles changed in another tab since you opened this page, and nothing more was saved; the marked groups show both values: choose again, then save
error-role-changed = the role changed in another tab since you opened this page, so nothing was saved; what you chose is still here: compare it with what is saved, then save again
error-some-groups-saved = { $saved } of { $all } groups are saved; { $why }
error-group-mapped = the group was mapped to another role since you opened this page, so nothing was saved; open the group again to see its role and what yours would change
error-not-a-day = `{ $field }` must be a day such as 2027-01-31
