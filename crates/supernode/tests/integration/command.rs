//! The command, transcript by transcript, those of the README and of the book included.

#[test]
fn transcripts() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}

#[test]
fn readme_and_book() {
    trycmd::TestCases::new().case("../../README.md").case("../../docs/src/*.md");
}
