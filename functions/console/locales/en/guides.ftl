# The setup guides of the identity providers. Names in a vendor's own pages stay as the vendor writes them.

provider-other-name = Another provider
provider-other-vendor = The standard
provider-read-day = 30 November 2026
provider-minutes-10 = About 10 minutes
provider-minutes-15 = About 15 minutes
provider-minutes-20 = About 20 minutes
provider-entra-effort = About 20 minutes, syncs every 40 minutes
provider-google-effort = Only for applications in its catalog
provider-other-effort = Anything that speaks SCIM 2.0
provider-okta-source = Written from a copy of Okta's documentation.
provider-entra-source = Written from a copy of Microsoft's documentation.
provider-onelogin-source = Written from a copy of OneLogin's documentation for developers.
provider-jumpcloud-source = Written from a copy of JumpCloud's documentation, and from guides of applications that it reaches.
provider-google-source = Written from a copy of Google's documentation.
provider-ping-source = Written from a copy of Ping Identity's documentation.
provider-cyberark-source = Written from a copy of CyberArk's overview of SCIM; the pages of its portal may look different.
provider-rippling-source = Rippling shows its documentation to its customers only: written from guides of applications that it reaches.
provider-other-source = Written from the standard, RFC 7644.
provider-google-catalogue = It sends nothing to an address of your own: its automatic provisioning is only for applications in Google's catalog.
provider-google-groups = It sends no groups, so Google groups give no roles unless a sign-in names them.
provider-google-late = Google removes people hours or days after they are suspended or deleted, and never removes archived people.
provider-google-editions = Some editions are limited to three applications.

guide-done = , done
guide-copy = Copy
guide-enter = Enter the address and the token
guide-assign = Assign people and push groups
guide-leave = Test that leaving works
guide-copy-values = Copy these values into the fields of the same name.
guide-leave-access = Take access away from one test person and check that they are deactivated here. Then give it back.
guide-leave-group = Take one test person out of the group and check that they are deactivated here. Then add them again.

guide-token-endpoint = Token endpoint
guide-client-id = Client ID
guide-client-secret = Client secret
guide-secret-once = { $b }You see this secret only once.{ $b-end } Anyone who has it can change your people and groups. If you lose it, create another.
guide-token-once = { $b }You see this token only once.{ $b-end } Anyone who has it can change your people and groups. If you lose it, create another.
guide-create-token = Create token
guide-create-client = Create OAuth client
guide-token-name = Name of the token
guide-tokens-in-use = { $count ->
        [one] { $count } token
       *[other] { $count } tokens
    } in use: { $tokens }Tokens{ $tokens-end }. A token is shown only when it is created.
guide-ask-for-token = Ask someone who may manage tokens to create one.

guide-cyberark-prepare = Turn on provisioning in CyberArk Identity
guide-cyberark-open = In the Identity Administration portal, open { $b }Apps & Widgets → Web Apps{ $b-end }, your SAML application, then { $b }Provisioning{ $b-end }, and tick { $b }Enable provisioning for this application{ $b-end }.
guide-cyberark-verify = Press { $b }Verify{ $b-end }, then { $b }Save{ $b-end }.
guide-cyberark-assign = Map roles and synchronize
guide-cyberark-role = Add a role mapping for each role whose members should arrive, with the group that it becomes here.
guide-cyberark-sync = Run the synchronization under { $b }Settings → Users → Outbound Provisioning{ $b-end }.
guide-cyberark-leave = Take one test person out of the role, synchronize, and check that they are deactivated here. Then add them again.

guide-entra-prepare = Open provisioning in your Entra application
guide-entra-open = In the Microsoft Entra admin center, open { $b }Enterprise applications{ $b-end } and your application. To create one, choose { $b }New application → Create your own application{ $b-end }, then { $b }Integrate any other application you don't find in the gallery{ $b-end }.
guide-entra-configuration = Open { $b }Provisioning{ $b-end } and choose { $b }New configuration{ $b-end }.
guide-entra-client = With an OAuth client, choose { $b }OAuth2 client credentials{ $b-end } as the authentication method if your tenant offers it. Never leave the secret token empty: Entra then sends a token of its own, which is refused.
guide-entra-create = Press { $b }Test connection{ $b-end }, then { $b }Create{ $b-end }.
guide-entra-choose = Check the attribute mapping and the properties
guide-entra-mapping = Open { $b }Attribute mapping{ $b-end } and the mapping of users. Keep { $code }userName{ $code-end } as the matching attribute.
guide-entra-external-id = Change the source of { $code }externalId{ $code-end } from { $code }mailNickname{ $code-end } to { $code }objectId{ $code-end }. Entra's default, { $code }mailNickname{ $code-end }, is not unique: two people can have the same.
guide-entra-properties = Open { $b }Properties{ $b-end }, turn on notification mails and the prevention of accidental deletions, and apply.
guide-entra-assign = Assign people and groups, then start
guide-entra-users = Assign people and groups under { $b }Users and groups{ $b-end }.
guide-entra-demand = Try one person with { $b }Provision on demand{ $b-end }: it takes seconds.
guide-entra-start = Press { $b }Start provisioning{ $b-end } on the overview. Entra syncs about every 40 minutes.
guide-entra-nested = Members of groups inside groups are not sent: assign the inner groups themselves. A wrong or expired token puts the whole job into quarantine.
guide-entra-leave = Remove the assignment of one test person and press { $b }Provision on demand{ $b-end } for them, or wait for the next cycle. Then assign them again.

guide-google-cannot = Google Workspace cannot do everything.
guide-google-prepare = Use another provider, if you have one
guide-google-other = Okta, Microsoft Entra ID, JumpCloud and OneLogin can read Google Workspace. Connect that one instead: choose it under { $em }Change this connection{ $em-end }.
guide-google-choose = If you have no other, let people sign in with Google
guide-google-sign-in = Let people sign in with Google SAML. They arrive at their first sign-in, and get the default role from Settings, or the roles of the groups that the sign-in names.
guide-google-sign-in-linked = Let people sign in with Google SAML. They arrive at their first sign-in, and get the default role from { $settings }Settings{ $settings-end }, or the roles of the groups that the sign-in names.
guide-google-deactivate = Deactivate people who leave in your application: Google does not report them.
guide-google-enter = Only if your application is in Google's catalog
guide-google-open = Enter these under { $b }Apps → Web and mobile apps → your app → Auto-provisioning{ $b-end }.

guide-jumpcloud-prepare = Add a custom application in JumpCloud
guide-jumpcloud-add = Open { $b }SSO Applications → Add New Application → Custom Application{ $b-end }, tick { $b }Export users to this app (Identity Management){ $b-end }, name it and save it. Then press { $b }Configure Application{ $b-end }.
guide-jumpcloud-open = Open { $b }Identity Management{ $b-end }, choose { $b }SCIM API{ $b-end }, and copy these values into the fields of the same name.
guide-jumpcloud-mail = Enter an e-mail address at your own domain as { $b }Test User Email{ $b-end }.
guide-jumpcloud-groups = Tick { $b }Enable management of User Groups and Group Membership in this application{ $b-end }.
guide-jumpcloud-save = Press { $b }Test Connection{ $b-end }, then { $b }Activate{ $b-end }, then { $b }Save{ $b-end }. Without { $b }Save{ $b-end }, nothing is sent.
guide-jumpcloud-test = The test creates a person and a group and deletes both. You see them in Activity.
guide-jumpcloud-assign = Give user groups access
guide-jumpcloud-select = Open { $b }User Groups{ $b-end } of the application, select the groups and press { $b }Save{ $b-end }. Their people arrive, and the groups with them.

guide-okta-prepare = Turn on SCIM in your Okta application
guide-okta-open = In the Okta Admin Console, open the application that signs people in to yours. It must be a custom { $b }SAML{ $b-end } or { $b }SWA{ $b-end } application, or one from the catalog that offers SCIM. Okta does not offer SCIM for a custom OIDC application: create a SAML or SWA application beside it for provisioning.
guide-okta-settings = Open { $b }General → App Settings → Edit{ $b-end }, set { $b }Provisioning{ $b-end } to { $b }SCIM{ $b-end } and save. If SCIM is not among the choices, ask Okta support to turn provisioning on for your org.
guide-okta-copy = Open { $b }Provisioning → Integration → Edit{ $b-end } and copy these values into the fields of the same name.
guide-okta-actions = Under { $b }Supported provisioning actions{ $b-end }, tick { $b }Push New Users{ $b-end }, { $b }Push Profile Updates{ $b-end } and { $b }Push Groups{ $b-end }. Press { $b }Test Connector Configuration{ $b-end }, then { $b }Save{ $b-end }.
guide-okta-choose = Choose what Okta may send
guide-okta-to-app = Open { $b }Provisioning → To App → Edit{ $b-end }, turn on { $b }Create Users{ $b-end }, { $b }Update User Attributes{ $b-end } and { $b }Deactivate Users{ $b-end }, and save.
guide-okta-people = Assign people, or a group of them, under { $b }Assignments{ $b-end }.
guide-okta-groups = Push the groups that should give roles under { $b }Push Groups{ $b-end }. Do not use the groups that you assign: Okta does not support the same group for both.
guide-okta-before = People who were assigned before provisioning was turned on are not sent. Unassign them and assign them again.
guide-okta-leave = Unassign one test person in Okta. They are deactivated here within seconds, and the list on this page shows a check mark. Then assign them again.

guide-onelogin-prepare = Add the SCIM application in OneLogin
guide-onelogin-add = Open { $b }Applications → Add App{ $b-end }, search for SCIM, choose { $b }SCIM Provisioner with SAML (SCIM v2 Enterprise){ $b-end }, name it and save it.
guide-onelogin-copy = Open { $b }Configuration{ $b-end } and copy these values into the fields of the same name.
guide-onelogin-enable = Press { $b }Enable{ $b-end } under { $b }API Status{ $b-end }, then { $b }Save{ $b-end }.
guide-onelogin-choose = Turn on provisioning and groups
guide-onelogin-provisioning = In { $b }Provisioning{ $b-end }, tick { $b }Enable provisioning{ $b-end }. Clear the boxes for admin approval, or approve each action under { $b }Users → Provisioning{ $b-end }.
guide-onelogin-suspend = Choose { $b }Suspend{ $b-end } for people who are deleted in OneLogin or lose access, and save.
guide-onelogin-groups = In { $b }Parameters{ $b-end }, open { $b }Groups{ $b-end } and tick { $b }Include in User Provisioning{ $b-end }. In { $b }Rules{ $b-end }, say which groups people get.
guide-onelogin-assign = Give people access
guide-onelogin-access = In { $b }Access{ $b-end }, choose the roles that get the application, or add it to a person under { $b }Users → Applications{ $b-end }. Approve what is pending.
guide-onelogin-leave = Take the application away from one test person and check that they are deactivated here. Then give it back.

guide-other-address = Enter the address where your provider asks for a SCIM 2.0 base URL, a tenant URL or a connector URL. Choose bearer token (also called HTTP header or OAuth bearer token) as authentication.
guide-other-base-url = SCIM base URL
guide-other-token = Bearer token
guide-other-client = If your provider offers OAuth 2.0 client credentials, create an OAuth client instead, and enter its token endpoint, client ID and client secret. Then run the connection test of your provider.
guide-other-choose = Choose what is sent
guide-other-match = Let people be matched by { $code }userName{ $code-end }.
guide-other-external-id = Send an ID that never changes as { $code }externalId{ $code-end }.
guide-other-turn-on = Turn on creating, updating and deactivating people, and pushing groups.
guide-other-assign = Assign people to the application, and push the groups that should give roles.

guide-ping-prepare = Add a SCIM connection in PingOne
guide-ping-add = Open { $b }Integrations → Provisioning{ $b-end }, press { $b }+{ $b-end } and { $b }New connection{ $b-end }, select { $b }Identity Store{ $b-end }, then { $b }SCIM Outbound{ $b-end }, and name it.
guide-ping-copy = On { $b }Configure authentication{ $b-end }, copy these values into the fields of the same name.
guide-ping-methods = OAuth 2 Bearer Token, or OAuth 2 Client Credentials
guide-ping-test = Press { $b }Test connection{ $b-end }, then continue.
guide-ping-choose = Choose how people and members are handled
guide-ping-overwrite = { $b }Overwrite{ $b-end } makes the members of a group here those of PingOne, so a person who leaves a group there loses that role here.
guide-ping-merge = { $b }Merge{ $b-end } adds the members of PingOne to those that a group of the same name already has here.
guide-ping-unique = The unique user identifier cannot be changed later: PingOne needs a new connection for that. Turn the connection on when it is saved.
guide-ping-assign = Create a rule for people and groups
guide-ping-rule = In { $b }Integrations → Provisioning → Rules{ $b-end }, create a rule from PingOne to this connection with a filter for your people, and turn it on.
guide-ping-groups = In the rule, edit { $b }Groups{ $b-end }, add those that should give roles, and confirm that memberships are overwritten or merged. External groups cannot be sent.
guide-ping-leave = Disable one test person in PingOne and check that they are deactivated here. Then enable them again.

guide-rippling-prepare = Create a custom integration in Rippling
guide-rippling-add = Open { $b }IT → Third-Party Access → Add Integration → Create New Custom Integration{ $b-end }. Enter a name, a category and a logo, tick { $b }User Management via SCIM{ $b-end }, and continue.
guide-rippling-tick = Tick { $b }Supports Groups{ $b-end }, { $b }Supports Pagination{ $b-end }, { $b }Create & Delete Groups{ $b-end } and { $b }Use PATCH to edit Groups{ $b-end }. Leave { $b }Mutually Exclusive Groups{ $b-end } clear: a person may be in several groups here.
guide-rippling-attributes = Add these under { $b }Supported SCIM Attributes{ $b-end }: { $code }externalId{ $code-end }, { $code }emails.primary{ $code-end }, { $code }name.givenName{ $code-end }, { $code }name.familyName{ $code-end } and, if you use it, { $code }employeeNumber{ $code-end }.
guide-rippling-install = Press { $b }Install now{ $b-end } and paste the token.
guide-rippling-choose = Choose who gets access, and when
guide-rippling-rules = Set { $b }App Access Rules{ $b-end } and { $b }Provision Time{ $b-end }. In { $b }Attribute Mappings{ $b-end }, set every attribute to be sent on creation and on updates.
guide-rippling-assign = Assign people and groups
guide-rippling-people = Assign people and groups to the integration. Match people who are already here, and create the others.
guide-rippling-leave = Take access away from one test person and check that they are deactivated here. When someone's employment ends, Rippling does the same at that time.
