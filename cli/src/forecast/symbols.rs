//! What a chart is drawn with.

use ratatui_core::symbols::Marker;

/// What the chart is drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbols {
    /// Lines of dots, eight in each character.
    Braille,
    /// For terminals that show nothing else.
    Ascii,
}

impl Symbols {
    /// What the locale of the environment can show.
    pub fn of_locale() -> Self {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(|name| std::env::var(name).ok());
        Self::of(locale.into_iter())
    }

    /// The first that is set counts, as POSIX has it. Windows has none, and shows UTF-8.
    fn of(mut locale: impl Iterator<Item = String>) -> Self {
        let locale = locale.find(|value| !value.is_empty()).unwrap_or_default().to_ascii_lowercase();
        let is_utf8 = cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8");
        if is_utf8 { Self::Braille } else { Self::Ascii }
    }

    /// What the courses are drawn with: the known one, and the expected one.
    pub fn courses(self) -> (Marker, Marker) {
        match self {
            Self::Braille => (Marker::Braille, Marker::Braille),
            Self::Ascii => (Marker::Custom('*'), Marker::Custom('o')),
        }
    }

    /// What a level is drawn with.
    pub fn level(self) -> Marker {
        match self {
            Self::Braille => Marker::Braille,
            Self::Ascii => Marker::Custom('-'),
        }
    }

    /// What fills a band.
    pub fn band(self) -> Marker {
        Marker::Custom(if self == Self::Braille { '░' } else { ':' })
    }

    /// What marks the present.
    pub fn now(self) -> Marker {
        Marker::Custom(if self == Self::Braille { '│' } else { '|' })
    }

    /// Dots in a character, side by side and one upon the other.
    pub fn dots(self) -> (u16, u16) {
        match self {
            Self::Braille => (2, 4),
            Self::Ascii => (1, 1),
        }
    }

    /// What it looks like.
    pub fn samples(self) -> Samples {
        match self {
            Self::Braille => Samples { known: "⠒⠒", expected: "⠒⠒", band: "░░", level: "⠐⠐" },
            Self::Ascii => Samples { known: "**", expected: "oo", band: "::", level: "--" },
        }
    }
}

/// For a legend.
pub struct Samples {
    pub known: &'static str,
    pub expected: &'static str,
    pub band: &'static str,
    pub level: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_says_what_can_be_shown() {
        let of = |values: &[&str]| Symbols::of(values.iter().map(|value| (*value).to_owned()));
        for utf8 in [&["C.UTF-8"][..], &["", "en_US.utf8"], &["de_DE.UTF-8@euro", "C"]] {
            assert_eq!(of(utf8), Symbols::Braille, "{utf8:?}");
        }
        for plain in [&[][..], &["C"], &["", "POSIX"], &["C", "en_US.UTF-8"], &["en_US.ISO-8859-1"]] {
            assert_eq!(of(plain), if cfg!(windows) { Symbols::Braille } else { Symbols::Ascii }, "{plain:?}");
        }
    }
}
