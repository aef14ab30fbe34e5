# What would change if a connection that is only observed were made real.

observed-what-would-change = What would change
observed-observe = Observe
observed-lead = This connection is only observed. What your identity provider sends is stored, and nothing takes effect: nobody loses access, no role changes, no invitation is sent.
observed-under-way = The connection is real. What it sent is taking effect: { $checked } of { $count ->
        [one] { $count } person
       *[other] { $count } people
    } checked. Reload the page to see the progress.
observed-not-observed = This connection is not observed: what it sends takes effect.
observed-nothing-here = No changes among { $count ->
        [one] { $count } person
       *[other] { $count } people
    }. See the next page.
observed-nothing-yet = Nothing yet. Start provisioning in your identity provider.
observed-nothing-more = Nothing more.
observed-summary = { $part ->
        [all] Of all people
       *[page] On this page
    }: { $created } new, { $adopted } already in the application, { $matched } from another connection, { $left-over } not sent. { $gained ->
        [one] { $gained } person gains
       *[other] { $gained } people gain
    } roles, { $lost ->
        [one] { $lost } person loses
       *[other] { $lost } people lose
    } roles, { $shut-out ->
        [one] { $shut-out } person loses
       *[other] { $shut-out } people lose
    } access.
observed-list = List of people
observed-person = Person
observed-where-from = Where from
observed-roles-now = Roles now
observed-roles-then = Roles then
observed-access = Access
observed-no-change = No change
observed-next = Next page
observed-observe-first = Observe this connection first
observed-only-alone = This works only while a connection is the only one. Delete the others first, or use a test tenant.
observed-observe-says = See what your identity provider would change before anything takes effect. You can do this until the connection sends its first request, and only while it is the only connection. Nobody can add another one before you make it real or delete it.
observed-make-real = Make it real
observed-make-real-ask = Make it real…
observed-make-real-says = Everything that this connection has sent takes effect within minutes: people lose or get access, sessions of people who left end, and roles change. You cannot undo it.
observed-owners = Only owners can do this.
observed-created = New
observed-adopted = Already in the application
observed-matched = From another connection
observed-left-over = Not sent by this connection
observed-of-another = Stays with another connection
observed-loses-access = Loses access
observed-gets-access = Gets access
observed-keeps-access = Keeps access
observed-no-access = No access
observed-choose = choose what to do with the connection
