//! When a notification is due, for each target.

use std::collections::BTreeMap;

use crate::alert::{AlertPolicy, Thresholds};
use crate::target::{AccountId, Region, Target};

/// The policy of all targets, and the thresholds of those that have their own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlertPolicies {
    /// What holds for all that have nothing else.
    pub usual: AlertPolicy,
    /// The exceptions, the narrowest first.
    pub exceptions: BTreeMap<Scope, Thresholds>,
}

/// Which targets an exception is for; ordered, the narrowest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// An account in a Region.
    Target(AccountId, Region),
    /// An account in every Region.
    Account(AccountId),
    /// A Region in every account.
    Region(Region),
}

impl Scope {
    /// The Region that it names.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        match self {
            Self::Target(_, region) | Self::Region(region) => Some(region),
            Self::Account(_) => None,
        }
    }

    fn contains(&self, target: &Target) -> bool {
        match self {
            Self::Target(account, region) => *account == target.account.id && *region == target.region,
            Self::Account(account) => *account == target.account.id,
            Self::Region(region) => *region == target.region,
        }
    }
}

impl AlertPolicies {
    /// The policy of a target: with the thresholds of the narrowest exception that is for it.
    #[must_use]
    pub fn of(&self, target: &Target) -> AlertPolicy {
        let own = self.exceptions.iter().find(|(scope, _)| scope.contains(target));
        own.map_or(self.usual, |(_, thresholds)| AlertPolicy { thresholds: *thresholds, ..self.usual })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::target::Account;

    const ACCOUNTS: [&str; 3] = ["111122223333", "444455556666", "777788889999"];
    const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "eu-west-2"];

    fn any_scope() -> impl Strategy<Value = Scope> {
        let account = || prop::sample::select(ACCOUNTS.to_vec()).prop_map(|id| id.parse().unwrap());
        let region = || prop::sample::select(REGIONS.to_vec()).prop_map(|name| name.parse().unwrap());
        prop_oneof![
            (account(), region()).prop_map(|(account, region)| Scope::Target(account, region)),
            account().prop_map(Scope::Account),
            region().prop_map(Scope::Region),
        ]
    }

    fn any_thresholds() -> impl Strategy<Value = Thresholds> {
        (10.0..50.0, 50.0..100.0, 0.0..10.0)
            .prop_map(|(warning, critical, margin)| Thresholds::new(warning, critical, margin).unwrap())
    }

    proptest! {
        #[test]
        fn the_narrowest_exception_holds_and_without_one_the_usual(
            exceptions in prop::collection::btree_map(any_scope(), any_thresholds(), 0..12),
            account in prop::sample::select(ACCOUNTS.to_vec()),
            region in prop::sample::select(REGIONS.to_vec()),
        ) {
            let usual = AlertPolicy { rate_warning: Some(90.0), unreadable_minutes: 7, ..AlertPolicy::default() };
            let id: AccountId = account.parse().unwrap();
            let region: Region = region.parse().unwrap();
            let account = Account { partition: "aws".parse().unwrap(), id: id.clone() };
            let target = Target { account, region: region.clone() };
            let own = [Scope::Target(id.clone(), region.clone()), Scope::Account(id), Scope::Region(region)];
            let narrowest = own.iter().find_map(|scope| exceptions.get(scope)).copied();
            let policy = AlertPolicies { usual, exceptions }.of(&target);
            // Nothing but the thresholds differs.
            prop_assert_eq!(policy, AlertPolicy { thresholds: narrowest.unwrap_or(usual.thresholds), ..usual });
        }
    }
}
