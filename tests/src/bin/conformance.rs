//! `conformance KIND PATH`: exit code 0 when every case passed, 1 when some failed, 2 when it could not run.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, path] = arguments.as_slice() else {
        eprintln!("usage: conformance KIND PATH");
        return ExitCode::from(2);
    };
    match foretaste_tests::conformance::run(kind, Path::new(path)) {
        Ok(report) => {
            println!("{}", report.text());
            ExitCode::from(u8::from(report.passed() != report.total()))
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}
