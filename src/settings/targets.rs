//! What is checked: which Regions of which accounts, and as whom.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::str::FromStr;

use super::reader::Reader;
use crate::target::{AccountId, Region};

/// What is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    /// `REGIONS`: the Regions to check in each account. Default: the function's own, from `AWS_REGION`.
    pub regions: Regions,
    /// `ACCOUNTS`: the accounts to check. Default: the function's own.
    pub accounts: Accounts,
    /// `EXCLUDE_ACCOUNTS`: those that are never read.
    pub excluded: BTreeSet<AccountId>,
    /// `READER_ROLE` and `EXTERNAL_ID`: as whom other accounts are read.
    pub reader_role: ReaderRole,
}

/// Which Regions are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Regions {
    /// These, each once, in the order given.
    These(Vec<Region>),
    /// `all`: every Region where an account has SES.
    All,
}

/// Which accounts are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accounts {
    /// The function's own.
    Own,
    /// These, each once, in the order given.
    These(Vec<AccountId>),
    /// `organization`: all of the organization.
    Organization,
    /// Those in these organizational units, and in the units below them.
    Units(Vec<UnitId>),
}

/// The ID of an organizational unit: `ou-` and two groups of lowercase letters and digits.
///
/// Source: AWS Organizations API reference, `OrganizationalUnit`, `Id`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnitId(String);

impl UnitId {
    /// The ID.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UnitId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let is_group = |group: &str, lengths: std::ops::RangeInclusive<usize>| {
            lengths.contains(&group.len())
                && group.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        match text.split('-').collect::<Vec<_>>()[..] {
            ["ou", root, unit] if is_group(root, 4..=32) && is_group(unit, 8..=32) => Ok(Self(text.to_owned())),
            _ => Err(()),
        }
    }
}

/// The role that is assumed in other accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderRole {
    /// `READER_ROLE`: its name, without a path. Default: [`Self::NAME`].
    pub name: String,
    /// `EXTERNAL_ID`: what its trust policy asks for.
    pub external_id: Option<String>,
}

impl ReaderRole {
    /// The default name.
    pub const NAME: &str = "ses-quota-monitor-reader";
}

impl Targets {
    /// Whether other accounts than the function's own are checked.
    #[must_use]
    pub fn is_fleet(&self) -> bool {
        self.accounts != Accounts::Own
    }

    /// Whether an account other than the function's own may be one of those that are checked: of an organization, the role
    /// that is assumed there decides.
    #[must_use]
    pub fn may_include(&self, account: &AccountId) -> bool {
        !self.excluded.contains(account)
            && match &self.accounts {
                Accounts::Own => false,
                Accounts::These(accounts) => accounts.contains(account),
                Accounts::Organization | Accounts::Units(_) => true,
            }
    }

    /// `None` where they are invalid, which is noted.
    pub(super) fn read<L: Fn(&str) -> Option<String>>(reader: &mut Reader<L>) -> Option<Self> {
        let regions = regions(reader);
        let accounts = reader.parsed("ACCOUNTS", accounts).unwrap_or(Accounts::Own);
        let excluded = reader.parsed("EXCLUDE_ACCOUNTS", |value| list(value, "12-digit account IDs, comma-separated"));
        let excluded: BTreeSet<AccountId> = excluded.into_iter().flatten().collect();
        if let Accounts::These(ids) = &accounts
            && ids.iter().all(|id| excluded.contains(id))
        {
            let value = reader.value("EXCLUDE_ACCOUNTS").unwrap_or_default();
            reader.reject("EXCLUDE_ACCOUNTS", value, "at least one of the accounts in ACCOUNTS to be left");
        }
        let reader_role = ReaderRole::read(reader);
        Some(Self { regions: regions?, accounts, excluded, reader_role })
    }
}

impl ReaderRole {
    fn read<L: Fn(&str) -> Option<String>>(reader: &mut Reader<L>) -> Self {
        let name = reader.optional(
            "READER_ROLE",
            "the name of an IAM role, not its path or ARN: 1 to 64 of A-Z a-z 0-9 _ + = , . @ -",
            |text| is_role_name(text).then(|| text.to_owned()),
        );
        let external_id =
            reader.optional("EXTERNAL_ID", "an external ID: 2 to 1224 of A-Z a-z 0-9 _ + = , . @ : / -", |text| {
                is_external_id(text).then(|| text.to_owned())
            });
        Self { name: name.unwrap_or_else(|| Self::NAME.to_owned()), external_id }
    }
}

fn regions<L: Fn(&str) -> Option<String>>(reader: &mut Reader<L>) -> Option<Regions> {
    let Some(value) = reader.value("REGIONS") else {
        let own = reader.required("AWS_REGION", "the function's Region, which Lambda sets; or set REGIONS")?;
        return Some(Regions::These(vec![own]));
    };
    if value == "all" {
        if reader.own_partition().is_some_and(|own| !Region::with_ses(&own).is_empty()) {
            return Some(Regions::All);
        }
        let expected = "a list of Regions: the monitor does not know where Amazon SES is offered in";
        reader.reject("REGIONS", value, format!("{expected} {}", reader.own_partition_named()));
        return None;
    }
    let regions: Vec<Region> = reader.parsed("REGIONS", |value| {
        list(value, "AWS Regions, comma-separated, such as us-east-1,eu-west-1, or all by itself")
    })?;
    reader.require_own_partition("REGIONS", "Regions", regions.iter().filter_map(Region::partition));
    Some(Regions::These(regions))
}

/// One name in `ACCOUNTS`.
#[derive(PartialEq)]
enum Name {
    Account(AccountId),
    Unit(UnitId),
}

impl FromStr for Name {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.parse().map(Self::Account).or_else(|_| text.parse().map(Self::Unit))
    }
}

fn accounts(value: &str) -> Result<Accounts, Cow<'static, str>> {
    if value == "organization" {
        return Ok(Accounts::Organization);
    }
    let (mut ids, mut units) = (Vec::new(), Vec::new());
    for name in list(
        value,
        "12-digit account IDs, comma-separated, or organizational units such as ou-ab12-cdef3456, comma-separated, or \
         organization by itself",
    )? {
        match name {
            Name::Account(id) => ids.push(id),
            Name::Unit(unit) => units.push(unit),
        }
    }
    match (ids.is_empty(), units.is_empty()) {
        (_, true) => Ok(Accounts::These(ids)),
        (true, _) => Ok(Accounts::Units(units)),
        (false, false) => Err("account IDs or organizational units, not both".into()),
    }
}

/// A list of at least one name, each once; commas too many do no harm. Else what is expected, and the first that is not.
fn list<T: FromStr + PartialEq>(value: &str, expected: &'static str) -> Result<Vec<T>, Cow<'static, str>> {
    let mut all: Vec<T> = Vec::new();
    for name in value.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let parsed = name.parse().map_err(|_| format!("{expected}, found {name:?}"))?;
        if !all.contains(&parsed) {
            all.push(parsed);
        }
    }
    if all.is_empty() { Err(expected.into()) } else { Ok(all) }
}

/// Source: AWS IAM API reference, `CreateRole`, `RoleName`.
fn is_role_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

/// Source: AWS STS API reference, `AssumeRole`, `ExternalId`.
fn is_external_id(text: &str) -> bool {
    (2..=1_224).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;
    use crate::settings::tests::{error, settings};

    fn targets(variables: &[(&str, &str)]) -> Targets {
        settings(variables).unwrap().targets
    }

    fn ids<C: FromIterator<AccountId>>(ids: &[&str]) -> C {
        ids.iter().map(|id| id.parse().unwrap()).collect()
    }

    #[test]
    fn whose_quotas_are_read() {
        let accounts = |value| targets(&[("ACCOUNTS", value)]).accounts;
        assert_eq!(accounts(" "), Accounts::Own);
        assert_eq!(
            accounts("444455556666, 111122223333,444455556666,"),
            Accounts::These(ids(&["444455556666", "111122223333"]))
        );
        assert_eq!(accounts("organization"), Accounts::Organization);
        let units = ["ou-ab12-cdef3456", "ou-ab12-zyxw9876"].map(|unit| unit.parse().unwrap());
        assert_eq!(accounts("ou-ab12-cdef3456,ou-ab12-zyxw9876"), Accounts::Units(units.to_vec()));
        let excluded = targets(&[("EXCLUDE_ACCOUNTS", "444455556666,444455556666")]).excluded;
        assert_eq!(excluded, ids(&["444455556666"]));
    }

    #[test]
    fn what_is_no_account() {
        let messages = [
            error(&[("ACCOUNTS", "all")]),
            error(&[("ACCOUNTS", "111122223333,organization")]),
            error(&[("ACCOUNTS", "111122223333,11112222333")]),
            error(&[("ACCOUNTS", "ou-ab12-cdef3456,r-ab12")]),
            error(&[("ACCOUNTS", "111122223333,ou-ab12-cdef3456")]),
            error(&[("ACCOUNTS", ",")]),
            error(&[("EXCLUDE_ACCOUNTS", "111122223333,ou-ab12-cdef3456")]),
        ];
        assert_snapshot!(messages.join("\n"), @r#"
        1 invalid setting: ACCOUNTS="all": expected 12-digit account IDs, comma-separated, or organizational units such as ou-ab12-cdef3456, comma-separated, or organization by itself, found "all"
        1 invalid setting: ACCOUNTS="111122223333,organization": expected 12-digit account IDs, comma-separated, or organizational units such as ou-ab12-cdef3456, comma-separated, or organization by itself, found "organization"
        1 invalid setting: ACCOUNTS="111122223333,11112222333": expected 12-digit account IDs, comma-separated, or organizational units such as ou-ab12-cdef3456, comma-separated, or organization by itself, found "11112222333"
        1 invalid setting: ACCOUNTS="ou-ab12-cdef3456,r-ab12": expected 12-digit account IDs, comma-separated, or organizational units such as ou-ab12-cdef3456, comma-separated, or organization by itself, found "r-ab12"
        1 invalid setting: ACCOUNTS="111122223333,ou-ab12-cdef3456": expected account IDs or organizational units, not both
        1 invalid setting: ACCOUNTS=",": expected 12-digit account IDs, comma-separated, or organizational units such as ou-ab12-cdef3456, comma-separated, or organization by itself
        1 invalid setting: EXCLUDE_ACCOUNTS="111122223333,ou-ab12-cdef3456": expected 12-digit account IDs, comma-separated, found "ou-ab12-cdef3456"
        "#);
    }

    #[test]
    fn somebody_is_left_to_read() {
        let list = ("ACCOUNTS", "111122223333,444455556666");
        assert_snapshot!(error(&[list, ("EXCLUDE_ACCOUNTS", "444455556666,111122223333,777788889999")]), @r#"1 invalid setting: EXCLUDE_ACCOUNTS="444455556666,111122223333,777788889999": expected at least one of the accounts in ACCOUNTS to be left"#);
        assert!(settings(&[list, ("EXCLUDE_ACCOUNTS", "444455556666")]).is_ok());
    }

    #[test]
    fn who_reads_other_accounts() {
        let role = |variables: &[(&str, &str)]| targets(variables).reader_role;
        // The template passes the name of the role whether or not there are other accounts.
        let own = role(&[("READER_ROLE", "ses-quota-monitor-reader"), ("EXTERNAL_ID", "")]);
        assert_eq!(own, ReaderRole { name: ReaderRole::NAME.to_owned(), external_id: None });
        let other = role(&[("READER_ROLE", "Reader_+=,.@-1"), ("EXTERNAL_ID", "a/b:c=1")]);
        assert_eq!(other, ReaderRole { name: "Reader_+=,.@-1".to_owned(), external_id: Some("a/b:c=1".to_owned()) });
        assert!(settings(&[("READER_ROLE", &"r".repeat(64)), ("EXTERNAL_ID", &"x".repeat(1_224))]).is_ok());
        for (name, value) in [
            ("READER_ROLE", "arn:aws:iam::111122223333:role/reader"),
            ("READER_ROLE", "ses reader"),
            ("READER_ROLE", &"r".repeat(65)),
            ("EXTERNAL_ID", "x"),
            ("EXTERNAL_ID", "a b"),
            ("EXTERNAL_ID", &"x".repeat(1_225)),
        ] {
            assert!(error(&[(name, value)]).contains(name), "{name}={value}");
        }
    }

    #[test]
    fn all_regions_are_those_that_are_known() {
        assert_eq!(targets(&[("REGIONS", "all")]).regions, Regions::All);
        let in_region = |region: &str, partition: &str| {
            let topic = format!("arn:{partition}:sns:{region}:111122223333:alerts");
            error(&[("AWS_REGION", region), ("ALERT_TOPIC_ARN", &topic), ("REGIONS", "all")])
        };
        let messages = [
            in_region("cn-north-1", "aws-cn"),
            in_region("us-iso-east-1", "aws-iso"),
            in_region("nz-north-1", "aws"),
            error(&[("REGIONS", "all,us-east-1")]),
        ];
        assert_snapshot!(messages.join("\n"), @r#"
        1 invalid setting: REGIONS="all": expected a list of Regions: the monitor does not know where Amazon SES is offered in the function's partition, aws-cn (AWS_REGION=cn-north-1)
        1 invalid setting: REGIONS="all": expected a list of Regions: the monitor does not know where Amazon SES is offered in the function's partition, aws-iso (AWS_REGION=us-iso-east-1)
        1 invalid setting: REGIONS="all": expected a list of Regions: the monitor does not know where Amazon SES is offered in the function's partition (AWS_REGION=nz-north-1)
        1 invalid setting: REGIONS="all,us-east-1": expected AWS Regions, comma-separated, such as us-east-1,eu-west-1, or all by itself, found "all"
        "#);
    }

    proptest! {
        #[test]
        fn a_unit_is_safe_in_a_request_or_refused(text in "\\PC*|ou-[0-9a-z]{3,33}-[0-9a-z]{7,33}|[ou0-9a-zA-Z-]{0,70}") {
            // As AWS writes it: `^ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}$`.
            let groups: Vec<&str> = text.split('-').collect();
            let is_group = |group: &str| group.chars().all(|c| matches!(c, '0'..='9' | 'a'..='z'));
            let is_unit = groups.len() == 3
                && groups[0] == "ou"
                && groups[1..].iter().all(|group| is_group(group))
                && (4..=32).contains(&groups[1].len())
                && (8..=32).contains(&groups[2].len());
            let unit = text.parse::<UnitId>();
            prop_assert_eq!(unit.is_ok(), is_unit);
            if let Ok(unit) = unit {
                prop_assert_eq!(unit.as_str(), text);
            }
        }

        #[test]
        fn a_list_of_accounts_holds_each_once_or_the_first_other_is_named(
            names in prop::collection::vec("[0-9]{12}|[0-9]{11}|[a-z]{3}", 1..6),
        ) {
            let list = names.join(",");
            let first_other = names.iter().find(|name| name.parse::<AccountId>().is_err());
            match (settings(&[("ACCOUNTS", &list)]), first_other) {
                (Ok(settings), None) => {
                    let Accounts::These(ids) = settings.targets.accounts else { panic!("not a list") };
                    let each: BTreeSet<&AccountId> = ids.iter().collect();
                    prop_assert_eq!(each.len(), ids.len());
                    prop_assert!(names.iter().all(|name| ids.iter().any(|id| id.as_str() == name)));
                }
                (Err(invalid), Some(other)) => {
                    let named = format!("found \"{other}\"");
                    prop_assert!(invalid.to_string().ends_with(&named), "{}", invalid);
                }
                (settings, _) => prop_assert!(false, "{:?}", settings),
            }
        }
    }
}
