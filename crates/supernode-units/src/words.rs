//! Enums that are words of a data file.

/// Declares an enum whose values are words, spelled the same in a data file and in print.
///
/// The crate that declares one needs `serde`. A word that is not in the list is an error that
/// names all of them.
///
/// ```
/// supernode_units::words! {
///     /// A colour.
///     Colour {
///         /// As blood.
///         Red = "red",
///         /// As the sky.
///         SkyBlue = "sky-blue",
///     }
/// }
///
/// assert_eq!(Colour::SkyBlue.to_string(), "sky-blue");
/// assert_eq!(Colour::ALL, [Colour::Red, Colour::SkyBlue]);
/// ```
#[macro_export]
macro_rules! words {
    (
        $(#[$doc:meta])* $name:ident {
            $( $(#[$word_doc:meta])* $variant:ident = $word:literal, )*
        }
    ) => {
        $(#[$doc])*
        #[non_exhaustive]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
        pub enum $name {
            $( $(#[$word_doc])* #[serde(rename = $word)] $variant, )*
        }

        impl $name {
            /// Every word, in the order of the list.
            pub const ALL: &'static [Self] = &[$( Self::$variant ),*];

            /// The word as a data file spells it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $( Self::$variant => $word, )*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
