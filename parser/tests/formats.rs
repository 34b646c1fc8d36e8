//! `docs/formats.md` is written from the table of formats: `UPDATE_DOCS=1 cargo test -p foretaste-parser --test formats`.

use std::fmt::Write;
use std::path::Path;

use foretaste_parser::formats::Format;

const HEAD: &str = "# Formats\n\n\
    What is read of the repository and of the files that nodes would write, and how deep. A format is picked by path or\n\
    extension; `[formats]` in `foretaste.toml` overrides that, by the names of the first column:\n\n\
    ```toml\n[formats]\n\"/srv/lb/**.conf\" = \"haproxy\"\n```\n\n\
    What another version or module of a program may know is never an error. Shell scripts and other code are not\n\
    parsed: no parser of them is good enough to be believed without the shell itself.\n\n\
    | name | read by | what is checked |\n| --- | --- | --- |\n";

fn page() -> String {
    let mut out = HEAD.to_owned();
    for format in Format::ALL {
        let _ = writeln!(
            out,
            "| `{format}` | {} | {} |",
            format.reader(),
            format.depth()
        );
    }
    out
}

#[test]
fn the_page_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/formats.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, page()).expect("docs/formats.md can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        written,
        page(),
        "run with UPDATE_DOCS=1 to write the page again"
    );
}
