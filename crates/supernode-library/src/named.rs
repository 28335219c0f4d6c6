use crate::LibraryError;

/// The one of `all` that is called `text`, in any case.
pub(crate) fn named<T: Copy>(
    what: &'static str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
    text: &str,
) -> Result<T, LibraryError> {
    let found = all.iter().find(|item| name(**item).eq_ignore_ascii_case(text));
    found.copied().ok_or_else(|| LibraryError::Unknown {
        what,
        name: text.to_owned(),
        known: all.iter().map(|item| name(*item)).collect::<Vec<_>>().join(", "),
    })
}
