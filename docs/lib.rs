//! The book of supernode: each page is a module, so that its code blocks run as doctests.
