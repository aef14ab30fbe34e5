//! The company of the demo: its people, its groups and who is in them. Pure, and the same at every start.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::names::{Draw, Name, Names};

/// What makes the people and their attributes the ones that they are.
const SEED: u64 = 20;
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// An identity provider of the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source {
    Okta,
    Entra,
    Lisbon,
    Contractors,
}

/// What is known of an identity provider.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) source: Source,
    /// The id of its connection, and its product.
    pub(super) id: &'static str,
    pub(super) provider: &'static str,
    pub(super) name: &'static str,
    /// What it calls itself in requests, and the address that it sends them from (RFC 5737).
    pub(super) agent: &'static str,
    pub(super) peer: [u8; 4],
    domain: &'static str,
    people: usize,
}

/// The identity providers. Each has people of its own.
pub(super) const SOURCES: [Facts; 4] = [
    Facts {
        source: Source::Okta,
        id: "okta",
        provider: "okta",
        name: "Okta production",
        agent: "Okta SCIM Client 1.0.0",
        peer: [192, 0, 2, 17],
        domain: "example.com",
        people: 1_560,
    },
    Facts {
        source: Source::Entra,
        id: "entra",
        provider: "entra",
        name: "Entra ID, northern sites",
        agent: "SCIM-Client",
        peer: [198, 51, 100, 40],
        domain: "example.org",
        people: 340,
    },
    Facts {
        source: Source::Lisbon,
        id: "lisbon",
        provider: "entra",
        name: "Entra ID, Lisbon lab",
        agent: "SCIM-Client",
        peer: [198, 51, 100, 71],
        domain: "lisbon.example.com",
        people: 80,
    },
    Facts {
        source: Source::Contractors,
        id: "contractors",
        provider: "jumpcloud",
        name: "JumpCloud, contractors",
        agent: "JumpCloud-SCIM",
        peer: [203, 0, 113, 9],
        domain: "partners.example.com",
        people: 20,
    },
];

const DEPARTMENTS: [&str; 13] = [
    "Engineering",
    "Firmware",
    "Optics",
    "Calibration Lab",
    "Manufacturing",
    "Quality",
    "Field Service",
    "Sales",
    "Marketing",
    "Finance",
    "People and Culture",
    "IT",
    "Legal",
];
const SITES: [&str; 8] = [
    "Rotterdam",
    "Nairobi",
    "Penang",
    "Wrocław",
    "Montréal",
    "Osaka",
    "São Paulo",
    "Tromsø",
];
const TITLES: [&str; 8] = [
    "Engineer",
    "Senior engineer",
    "Technician",
    "Team lead",
    "Analyst",
    "Coordinator",
    "Specialist",
    "Director",
];

/// Who is in a group.
#[derive(Clone, Copy, Debug)]
enum Rule {
    All,
    Department(&'static str),
    Site(&'static str),
    /// Everybody whose number is a multiple of this one.
    Each(usize),
    Nobody,
}

/// The groups beside those of departments and sites.
const OTHERS: [(Source, &str, Rule); 39] = [
    (Source::Okta, "Everyone at Larkfield", Rule::All),
    (Source::Okta, "app-plumbline-admins", Rule::Each(220)),
    (Source::Okta, "app-plumbline-editors", Rule::Each(19)),
    (Source::Okta, "app-plumbline-viewers", Rule::Each(7)),
    (Source::Okta, "Approvers: purchase orders", Rule::Each(41)),
    (Source::Okta, "Auditors (external)", Rule::Each(390)),
    (Source::Okta, "Board secretariat", Rule::Each(520)),
    (Source::Okta, "Calibration — second shift", Rule::Each(67)),
    (Source::Okta, "Export-controlled projects", Rule::Each(83)),
    (Source::Okta, "First aiders", Rule::Each(29)),
    (Source::Okta, "Forklift drivers", Rule::Each(37)),
    (Source::Okta, "Interns 2019", Rule::Nobody),
    (Source::Okta, "On call", Rule::Each(53)),
    (Source::Okta, "People managers", Rule::Each(13)),
    (Source::Okta, "Project Halcyon", Rule::Each(31)),
    (
        Source::Okta,
        "Project Halcyon: steering committee and everybody who reports to it",
        Rule::Each(260),
    ),
    (Source::Okta, "Remote", Rule::Each(5)),
    (Source::Okta, "Travel approvers", Rule::Nobody),
    (Source::Okta, "Works council", Rule::Each(173)),
    (Source::Entra, "SG-Larkfield-North-All", Rule::All),
    (Source::Entra, "SG-Plumbline-Admin", Rule::Each(113)),
    (Source::Entra, "SG-Plumbline-Member", Rule::Each(3)),
    (
        Source::Entra,
        "SG-North-Engineering",
        Rule::Department("Engineering"),
    ),
    (Source::Entra, "SG-North-Fjellværøya", Rule::Each(11)),
    (
        Source::Entra,
        "SG-North-Finance",
        Rule::Department("Finance"),
    ),
    (Source::Entra, "SG-North-IT", Rule::Department("IT")),
    (Source::Entra, "SG-North-Optics", Rule::Department("Optics")),
    (
        Source::Entra,
        "SG-North-Quality",
        Rule::Department("Quality"),
    ),
    (Source::Entra, "SG-North-Sales", Rule::Department("Sales")),
    (Source::Entra, "SG-North-Tromsø", Rule::Site("Tromsø")),
    (Source::Entra, "SG-North-VPN", Rule::Each(2)),
    (Source::Entra, "SG-North-Legacy", Rule::Nobody),
    (Source::Entra, "فريق الشمال", Rule::Each(17)),
    (Source::Lisbon, "Lisboa: Investigação", Rule::Each(2)),
    (Source::Lisbon, "Lisboa: Operações", Rule::Each(3)),
    (Source::Lisbon, "Lisboa: Todos", Rule::All),
    (Source::Lisbon, "Lisboa: Direcção", Rule::Each(40)),
    (Source::Contractors, "Contractors", Rule::All),
    (
        Source::Contractors,
        "Contractors: badge only",
        Rule::Each(4),
    ),
];

/// A person of the company.
#[derive(Clone, Debug)]
pub(super) struct Employee {
    pub(super) source: Source,
    pub(super) name: Name,
    /// The user name and address.
    pub(super) address: String,
    /// The identity provider's id.
    pub(super) external_id: String,
    department: &'static str,
    site: &'static str,
    title: &'static str,
    /// The number among the people of the same identity provider.
    pub(super) number: usize,
}

impl Employee {
    /// Returns the person as the identity provider pushes it.
    pub(super) fn body(&self) -> Value {
        let mut name = json!({"givenName": self.name.given});
        if !self.name.family.is_empty() {
            name["familyName"] = json!(self.name.family);
        }
        json!({
            "schemas": [USER, ENTERPRISE],
            "userName": self.address,
            "externalId": self.external_id,
            "displayName": self.name.shown,
            "name": name,
            "title": self.title,
            "emails": [{"value": self.address, "type": "work", "primary": true}],
            "active": true,
            ENTERPRISE: {
                "department": self.department,
                "division": self.site,
                "employeeNumber": format!("{:05}", 10_000 + self.number),
            },
        })
    }
}

/// A group and the places of its members in the list of people.
#[derive(Clone, Debug)]
pub(super) struct Team {
    pub(super) source: Source,
    pub(super) name: String,
    pub(super) members: Vec<usize>,
}

/// The company.
#[derive(Debug)]
pub(super) struct Company {
    pub(super) people: Vec<Employee>,
    pub(super) teams: Vec<Team>,
}

impl Company {
    /// Puts the company together. `extra` people of each of the first two identity providers leave for good in the month.
    pub(super) fn new(extra: usize) -> Self {
        let (mut names, mut draw) = (Names::new(SEED), Draw::new(SEED));
        let (mut people, mut taken) = (Vec::new(), HashMap::new());
        for facts in &SOURCES {
            let leaves = matches!(facts.source, Source::Okta | Source::Entra);
            let count = facts.people + if leaves { extra } else { 0 };
            for (number, name) in names.by_ref().take(count).enumerate() {
                let mailbox = &name.mailbox;
                let seen: &mut usize = taken.entry((facts.id, mailbox.clone())).or_default();
                *seen += 1;
                let address = match seen {
                    1 => format!("{mailbox}@{}", facts.domain),
                    again => format!("{mailbox}{again}@{}", facts.domain),
                };
                people.push(Employee {
                    source: facts.source,
                    address,
                    external_id: external_id(facts.source, &mut draw),
                    department: draw.of(&DEPARTMENTS),
                    site: draw.of(&SITES),
                    title: draw.of(&TITLES),
                    name,
                    number,
                });
            }
        }
        let teams = teams(&people);
        Self { people, teams }
    }

    /// Returns the place of a person in the list.
    pub(super) fn place(&self, source: Source, number: usize) -> usize {
        let mut people = self.people.iter();
        let found = people.position(|one| one.source == source && one.number == number);
        found.unwrap_or_default()
    }
}

fn teams(people: &[Employee]) -> Vec<Team> {
    let departments = DEPARTMENTS.map(|of| (Source::Okta, of.to_owned(), Rule::Department(of)));
    let sites = SITES.map(|at| (Source::Okta, format!("Site: {at}"), Rule::Site(at)));
    let others = OTHERS.map(|(source, name, rule)| (source, name.to_owned(), rule));
    let all = departments.into_iter().chain(sites).chain(others);
    let team = |(source, name, rule): (Source, String, Rule)| {
        let is_in = |one: &Employee| {
            one.source == source
                && match rule {
                    Rule::All => true,
                    Rule::Department(of) => one.department == of,
                    Rule::Site(at) => one.site == at,
                    Rule::Each(of) => one.number.is_multiple_of(of),
                    Rule::Nobody => false,
                }
        };
        let members = people.iter().enumerate();
        let members = members.filter(|(_, one)| is_in(one));
        Team {
            source,
            name,
            members: members.map(|(place, _)| place).collect(),
        }
    };
    all.map(team).collect()
}

/// Returns an id such as the identity provider's own ones.
fn external_id(source: Source, draw: &mut Draw) -> String {
    const LETTERS: [char; 32] = [
        'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'm', 'n', 'p', 'q', 'r', 's', 't',
        'u', 'v', 'w', 'x', 'y', 'z', '2', '3', '4', '5', '6', '7', '8', '9',
    ];
    let mut some = |count: usize| -> String { (0..count).map(|_| draw.of(&LETTERS)).collect() };
    match source {
        Source::Okta => format!("00u{}", some(17)),
        Source::Entra | Source::Lisbon | Source::Contractors => {
            let mut bytes = [0; 16];
            for byte in &mut bytes {
                *byte = u8::try_from(draw.below(256)).unwrap_or_default();
            }
            uuid::Builder::from_random_bytes(bytes)
                .into_uuid()
                .to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The people and groups who are there after the month.
    const PEOPLE: usize = 2_000;
    const GROUPS: usize = 60;

    #[test]
    fn there_are_as_many_as_promised_and_no_two_have_the_same_address() {
        let company = Company::new(0);
        assert_eq!(
            (company.people.len(), company.teams.len()),
            (PEOPLE, GROUPS)
        );
        let addresses = company.people.iter().map(|one| one.address.as_str());
        assert_eq!(addresses.collect::<BTreeSet<_>>().len(), PEOPLE);
        let ids = company.people.iter().map(|one| one.external_id.as_str());
        assert_eq!(ids.collect::<BTreeSet<_>>().len(), PEOPLE);
        let names = company.teams.iter().map(|team| team.name.as_str());
        assert_eq!(names.collect::<BTreeSet<_>>().len(), GROUPS);
        let empty = company.teams.iter().filter(|team| team.members.is_empty());
        assert_eq!(empty.count(), 3);
        let again = Company::new(0);
        assert_eq!(again.people[1_999].address, company.people[1_999].address);
        assert_eq!(
            Company::new(6).people.len(),
            PEOPLE + 12,
            "some leave in the month"
        );
    }
}
