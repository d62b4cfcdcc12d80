//! Types that are shown as a text of their own.

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

pub(crate) use shown_by;
