# Preview: what saving roles would change.

preview-title = What saving changes
preview-more = Show more
preview-names-lead = Nothing is saved yet. Go back to save or to change what you chose.
preview-back = Back to the preview
preview-label = What saving would change
preview-has-roles = It has these roles already.
preview-has-role = It has this role already.
preview-turn-later = { $strong }{ $before } → { $after }{ $strong-end } at each person's next sign-in
preview-turn = { $strong }{ $before } → { $after }{ $strong-end }
preview-save-role = Save the role of { $group }
preview-nothing = Nothing: every group has its saved role.
preview-changed-later =
    { $count ->
        [one] { $count } person gets another role at their next sign-in.
       *[other] { $count } people get another role at their next sign-in.
    }
preview-changed =
    { $count ->
        [one] { $count } person gets another role.
       *[other] { $count } people get another role.
    }
preview-nobody = Nobody's role changes.
preview-nobody-at-once = Nobody's role changes at once.
preview-nobody-so-far = Nobody's role changes so far.
preview-nobody-at-once-so-far = Nobody's role changes at once so far.
preview-becomes = becomes
preview-lost = Access that ends: { $permissions }.
preview-lost-more = Access that ends: { $permissions } and { $count } more.
preview-sessions = Open sessions change at once.
preview-later = When they next sign in:
preview-anyway = When they next sign in, whether this is saved or not:
preview-rest = Check the rest
preview-looked-at =
    { $count ->
        [one] { $count } person checked.
       *[other] { $count } people checked.
    }
preview-claims-one = At their next sign-in, everyone whose sign-in names this group gets the new role too.
preview-claims-several = At their next sign-in, everyone whose sign-in names one of these groups gets the new role too.
preview-show-all = Show all { $count }
preview-gain =
    { $count ->
        [one] { $count } person gains { $gained }
       *[other] { $count } people gain { $gained }
    }
preview-lose =
    { $count ->
        [one] { $count } person loses { $lost }
       *[other] { $count } people lose { $lost }
    }
preview-lose-all =
    { $count ->
        [one] { $count } person loses { $lost } and has no role
       *[other] { $count } people lose { $lost } and have no role
    }
preview-gain-instead =
    { $count ->
        [one] { $count } person gains { $gained } instead of { $former }
       *[other] { $count } people gain { $gained } instead of { $former }
    }
preview-lose-become =
    { $count ->
        [one] { $count } person loses { $lost } and becomes { $next }
       *[other] { $count } people lose { $lost } and become { $next }
    }
preview-stay =
    { $count ->
        [one] { $count } person stays as they are
       *[other] { $count } people stay as they are
    }
