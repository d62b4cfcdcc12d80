//! An organization: its accounts, and the units that they are in.

use serde_json::{Value, json};

use crate::{Answer, Call};

/// How many accounts or units there are in a page.
const PAGE: usize = 20;

/// The accounts and the units of an organization, in the order in which they were added.
#[derive(Debug, Clone, Default)]
pub struct Organization {
    accounts: Vec<(Value, String)>,
    units: Vec<(Value, String)>,
}

impl Organization {
    /// With one more account, right in a unit or the root.
    #[must_use]
    pub fn with_account(mut self, id: &str, name: &str, state: &str, parent: &str) -> Self {
        let email = format!("private-{id}@example.com");
        self.accounts.push((json!({"Id": id, "Name": name, "State": state, "Email": email}), parent.to_owned()));
        self
    }

    /// With one more unit, right in another or the root.
    #[must_use]
    pub fn with_unit(mut self, id: &str, parent: &str) -> Self {
        self.units.push((json!({"Id": id, "Name": format!("unit {id}")}), parent.to_owned()));
        self
    }

    /// Answers a `ListAccounts`, a `ListAccountsForParent` or a `ListOrganizationalUnitsForParent`.
    ///
    /// A page has what is asked for of the next 20 of all, so that some pages are empty and not the last, as in AWS.
    ///
    /// # Panics
    /// If the request is none that the service understands.
    #[must_use]
    pub fn answer(&self, call: &Call) -> Answer {
        let request = call.json();
        let parent = request["ParentId"].as_str();
        let (name, all) = match call.operation.as_str() {
            "ListAccounts" | "ListAccountsForParent" => ("Accounts", &self.accounts),
            "ListOrganizationalUnitsForParent" => ("OrganizationalUnits", &self.units),
            other => panic!("{other} lists nothing of an organization"),
        };
        assert_eq!(parent.is_none(), call.operation == "ListAccounts");
        let start: usize = request["NextToken"].as_str().map_or(0, |token| token.parse().unwrap());
        let page = all[start..].iter().take(PAGE).filter(|(_, of)| parent.is_none_or(|parent| parent == of));
        let mut answer = json!({name: page.map(|(one, _)| one).collect::<Vec<_>>()});
        if start + PAGE < all.len() {
            answer["NextToken"] = (start + PAGE).to_string().into();
        }
        Answer::reply(200, answer.to_string())
    }
}
