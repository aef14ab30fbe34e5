# Words of every page: counts, times, states, actors.

count-people =
    { $count ->
        [one] { $count } person
       *[other] { $count } people
    }
count-groups =
    { $count ->
        [one] { $count } group
       *[other] { $count } groups
    }
count-members =
    { $count ->
        [one] { $count } member
       *[other] { $count } members
    }

time-day = { $day } { $month } { $year }
time-utc = { $day } { $month } { $year }, { $clock } UTC
time-exact = { $day } { $month } { $year }, { $clock }
time-column = { $day } { $month } { $clock }
time-just-now = just now
time-in-a-moment = in a moment
time-minutes-ago =
    { $count ->
        [one] { $count } minute ago
       *[other] { $count } minutes ago
    }
time-in-minutes =
    { $count ->
        [one] in { $count } minute
       *[other] in { $count } minutes
    }
time-hours-ago =
    { $count ->
        [one] { $count } hour ago
       *[other] { $count } hours ago
    }
time-in-hours =
    { $count ->
        [one] in { $count } hour
       *[other] in { $count } hours
    }
time-days-ago =
    { $count ->
        [one] { $count } day ago
       *[other] { $count } days ago
    }
time-in-days =
    { $count ->
        [one] in { $count } day
       *[other] in { $count } days
    }
month-1 = Jan
month-2 = Feb
month-3 = Mar
month-4 = Apr
month-5 = May
month-6 = Jun
month-7 = Jul
month-8 = Aug
month-9 = Sep
month-10 = Oct
month-11 = Nov
month-12 = Dec

state-active = Active
state-invited = Invited
state-inactive = Inactive
state-blocked = Blocked
no-role = No role
no-name = (no name)
never = Never
value-cut = { $value }… (cut; the export has all of it)

actor-setup-link-visitor = Setup link
actor-token = identity provider
actor-person = a person
actor-portal-link = setup link
actor-application = your application
actor-system = system
actor-someone = someone

search = Search
save = Save
cancel = Cancel
copy = Copy
next-page = Next page
filters = Filters
view-request = View request
no-match-so-far = No match so far. See the next page.
person = Person
state = State
role = Role
last-sign-in = Last sign-in
connection = Connection
groups = Groups
select-one = Select { $name }
user-name = User name
preview = Preview
group = Group
members = Members
