# The error page, and why a form is refused.

error-signed-out = Signed out
error-not-allowed = Not allowed
error-not-here = Not here
error-cannot = That cannot be done
error-wrong = Something went wrong
error-signed-out-detail = You are not signed in, or no longer. Open the console again from your application.
error-back = Back to the console
error-request = Request { $id }

# A detail is a part of a sentence: its first letter is made large and a dot is put behind it.
error-other-site = this was asked for by another site, nothing was changed
error-form-too-long = the form is too long
error-form-unreadable = the form cannot be read; load the page again
error-other-session = this form was made for another session, nothing was changed; load the page again
error-not-a-form = this cannot be asked for by a form
error-this-page-missing = this page does not exist
error-select-people = select people first
error-select-fewer-people = select { $most } people at most
error-sessions-of-some = the sessions of { $ended } of { $all } people ended; of the others, who are still selected: { $why }
