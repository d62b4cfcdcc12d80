//! Types that are shown as a text of their own, and read from it.

/// Implements `Display` and `Serialize` by a method that returns the text: `shown_by!(name: AlertLevel)`.
macro_rules! shown_by {
    ($method:ident: $($type:ty),+) => {$(
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.$method())
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.$method())
            }
        }
    )+};
}

/// Implements `Deserialize` by `FromStr`, for types that are shown as a text: `read_from_text!(AlertLevel)`.
macro_rules! read_from_text {
    ($($type:ty),+) => {$(
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text: std::borrow::Cow<'de, str> = serde::Deserialize::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

pub(crate) use {read_from_text, shown_by};
