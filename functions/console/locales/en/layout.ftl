# What stands around every page, and the messages after a change.

section-overview = Overview
section-connect = Connect
section-tokens = Tokens
section-groups = Groups and roles
section-people = People
section-activity = Activity
section-health = Health
section-evidence = Evidence
section-settings = Settings

layout-skip = Skip to content
layout-menu = Menu
layout-sections = Sections
layout-open-findings =
    { $count ->
        [one] { $count } open finding
       *[other] { $count } open findings
    }
layout-read-only = support access, read-only
layout-sign-out = Sign out
layout-support-of = { $product } support

brand-neutral = User provisioning
brand-back-to = Back to { $product }
brand-back = Back to the application
brand-help = Need help?
brand-support = Support

script-copied = Copied
script-selected = Selected. Copy it now
script-no-answer = Part of this page could not be loaded. If that part updates by itself, it tries again; otherwise reload the page.

done-connection-created = Connection created
done-connection-changed = Connection saved
done-observing = The connection is observed
done-made-real = The connection is in effect
done-rules-saved = Rules saved
done-replaces = This connection takes over each person and group of the other one when it first writes to it.
done-window-opened = Rebind window opened
done-window-closed = Rebind window closed
done-remedy-applied = Done. This is what is left.
done-connection-deleted = The connection and its tokens are deleted. The people and groups it sent stay.
done-token-revoked = Token revoked
done-support-ended = Support access ended
done-roles-saved = Roles saved
done-role-given = Role saved
done-merged = Account closed. Its name went to this person.
done-settings-saved = Settings saved
done-finding-acknowledged = Finding acknowledged
done-finding-snoozed = Finding snoozed
done-finding-counts = Finding reopened
