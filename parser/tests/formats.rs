//! `docs/formats.md` is written from the table of formats: `UPDATE_DOCS=1 cargo test -p foretaste-parser --test formats`.

use std::fmt::Write;
use std::path::Path;

use foretaste_parser::formats::Format;

const HEAD: &str = "# Formats\n\n\
    What is read of the repository and of the files that nodes would write, and how deep. A format is picked by path or\n\
    extension; `foretaste.toml` overrides that, by the names of the first column. The last that matches applies:\n\n\
    ```toml\n[[format]]\npath = \"/srv/lb/**.conf\"\nformat = \"haproxy\"\n```\n\n\
    HAProxy is judged as the version of the package that the node's run installs, else as 2.6. From 2.4 to 3.4 it is known\n\
    which keywords, options, sample fetches, converters and actions each version has; what the node's version does not have is\n\
    an error that names the version which does. `foretaste.toml` may say which nodes run which version. The first that matches\n\
    applies:\n\n\
    ```toml\n[[haproxy]]\nnodes = \"role[edge]\"       # or a name, in which * stands for any text\npath = \"cookbooks/edge/**\" # files of the repository, for lint\nversion = \"2.8\"\n```\n\n\
    `lint` knows no nodes: a file of the repository is for the version that is said of its path, else of all nodes\n\
    (`nodes = \"*\"`), else 2.6.\n\n\
    What another module of a program may know is never an error. Shell scripts and other code are not\n\
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
