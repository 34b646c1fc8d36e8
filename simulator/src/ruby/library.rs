//! The part of Ruby's standard library that is written in Ruby here too, and run by the machine itself.
//!
//! What is computed in Ruby keeps the machine's own rules for unknown values, holes and branches for free.
//! A file is parsed once for the process and run in a machine only when a constant or method of it is met.
//! Its frames do not show in backtraces. A plain Ruby has a library after `require`; a host that has loaded
//! all of it beforehand says so in [`super::Hooks::preloaded`].

use std::sync::{Arc, LazyLock};

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast::Program;
use foretaste_parser::source::Source;

use super::Interp;
use super::builtin::stdlib;
use super::class::ClassId;
use super::flow::R;
use super::value::{Origin, Value};

/// Where the library's own sources claim to lie; such frames are left out of backtraces.
pub const INTERNAL: &str = "<internal:";

/// What needs no `require`: it is of the core, and written in Ruby here all the same.
const CORE: &[&str] = &["Time", "Rational", "to_r", "rationalize"];

/// One file of the library.
struct Library {
    /// What `require` calls it.
    features: &'static [&'static str],
    constants: &'static [&'static str],
    /// Methods that it gives to classes of the core.
    methods: &'static [&'static str],
    program: LazyLock<Arc<Program>>,
    /// Adds what is native.
    install: fn(&mut Interp),
    /// Whether its methods compute plain values of plain values. One with an unknown argument is then not run: each
    /// check in it would seem to fail.
    computes: bool,
}

fn parse(name: &str, text: &str) -> Arc<Program> {
    let source = Arc::new(Source::new(format!("{INTERNAL}{name}>"), text));
    Arc::new(foretaste_parser::ruby::parse(source))
}

macro_rules! libraries {
    ($($file:literal: $features:expr, $constants:expr, $methods:expr, $install:expr;)*) => {
        static LIBRARIES: LazyLock<Vec<Library>> = LazyLock::new(|| vec![$(Library {
            features: &$features,
            constants: &$constants,
            methods: &$methods,
            program: LazyLock::new(|| parse($file, include_str!(concat!("library/", $file, ".rb")))),
            install: $install,
            computes: COMPUTING.contains(&$file),
        }),*]);
    };
}

libraries! {
    "set": ["set"], ["Set", "SortedSet"], ["to_set"], |_| {};
    "ostruct": ["ostruct"], ["OpenStruct"], [], |_| {};
    "shellwords": ["shellwords"], ["Shellwords"], ["shellsplit", "shellescape", "shelljoin"], |_| {};
    "base64": ["base64"], ["Base64"], [], |_| {};
    "pathname": ["pathname"], ["Pathname"], ["Pathname"], |_| {};
    "patterns": ["singleton", "forwardable", "delegate", "observer", "abbrev"],
        ["Singleton", "Forwardable", "Delegator", "SimpleDelegator", "Observable", "Abbrev"], ["abbrev"], |_| {};
    "stringio": ["stringio"], ["StringIO"], [], |_| {};
    "time": ["time", "date"], ["Time", "Date", "DateTime"], ["to_date"], stdlib::clock::install;
    "ipaddr": ["ipaddr"], ["IPAddr"], [], |_| {};
    "digest": ["digest", "digest/md5", "digest/sha1", "digest/sha2"], ["Digest"], [], stdlib::digest::install;
    "json": ["json", "json/ext", "json/add/core"], ["JSON"], ["to_json"], stdlib::json::install;
    "yaml": ["yaml", "psych"], ["YAML", "Psych"], ["to_yaml"], stdlib::yaml::install;
    "rational": [], ["Rational"], ["Rational", "to_r", "rationalize"], |_| {};
    "cgi": ["cgi", "cgi/util", "cgi/escape", "erb"], ["CGI"], [], |_| {};
    "erb": ["erb"], ["ERB"], [], |_| {};
    "uri": ["uri", "net/http", "open-uri"], ["URI"], ["URI"], |_| {};
}

const COMPUTING: [&str; 7] = [
    "shellwords",
    "base64",
    "pathname",
    "time",
    "ipaddr",
    "digest",
    "uri",
];

impl Interp {
    /// `require` of a part of the standard library: false where it is none that is modelled here.
    ///
    /// # Errors
    /// What running the file raises, which is a mistake of the library.
    pub fn require_library(&mut self, feature: &str) -> R<bool> {
        let mut found = false;
        for (i, library) in LIBRARIES.iter().enumerate() {
            if library.features.contains(&feature) {
                self.run_library(i)?;
                found = true;
            }
        }
        Ok(found)
    }

    /// Runs the file that defines a constant, where that is loaded already as far as Ruby can tell.
    pub(in crate::ruby) fn autoload_constant(&mut self, name: Name) -> R<Option<Value>> {
        if name.as_str() == "TOPLEVEL_BINDING" {
            return Ok(self.toplevel_binding());
        }
        if !self.hooks.preloaded && !CORE.contains(&name.as_str()) {
            return Ok(None);
        }
        let found = |l: &Library| l.constants.contains(&name.as_str());
        let Some(i) = LIBRARIES.iter().position(found) else {
            return Ok(None);
        };
        self.run_library(i)?;
        let object = self.core.object;
        Ok(self.classes.get(object).constants.get(&name).copied())
    }

    /// Runs the file that gives core classes a method; true where there was something to run.
    pub(super) fn autoload_method(&mut self, name: Name) -> R<bool> {
        if !self.hooks.preloaded && !CORE.contains(&name.as_str()) {
            return Ok(false);
        }
        match LIBRARIES
            .iter()
            .position(|l| l.methods.contains(&name.as_str()))
        {
            Some(i) => self.run_library(i),
            None => Ok(false),
        }
    }

    fn run_library(&mut self, i: usize) -> R<bool> {
        let Some(library) = LIBRARIES.get(i) else {
            return Ok(false);
        };
        if self.loaded & (1 << i) != 0 {
            return Ok(false);
        }
        self.loaded |= 1 << i;
        let control = std::mem::replace(&mut self.control, Origin::HERE);
        let (main, object) = (self.main, self.core.object);
        let result = self.run_program(&library.program, main, object);
        self.control = control;
        result?;
        (library.install)(self);
        if library.computes {
            for constant in library.constants {
                if let Some(class) = self.class_by_path(constant) {
                    self.take_only_known(class);
                }
            }
        }
        Ok(true)
    }

    fn take_only_known(&mut self, class: ClassId) {
        let object = self.classes.get(class).object.into();
        let own = self.singleton_of(object);
        for class in [class, own] {
            self.classes.get_mut(class).strict = true;
        }
        let inner: Vec<Value> = self
            .classes
            .get(class)
            .constants
            .values()
            .copied()
            .collect();
        for value in inner {
            if let Some(inner) = self.as_class(value)
                && !self.classes.get(inner).strict
            {
                self.take_only_known(inner);
            }
        }
    }
}

/// Whether Ruby's own library has such a file, run here or not.
pub(super) fn exists(feature: &str) -> bool {
    const FILES: &str = "English abbrev base64 benchmark bigdecimal bundler cgi continuation coverage csv date \
        date_core delegate did_you_mean digest drb erb error_highlight etc expect fcntl fiddle fileutils find \
        forwardable getoptlong io ipaddr irb json kconv logger matrix mkmf monitor mutex_m net nkf objspace observer \
        open-uri open3 openssl optionparser optparse ostruct pathname pp prettyprint prime pstore psych pty racc \
        rbconfig rdoc readline reline resolv resolv-replace rexml ripper rss rubygems securerandom set shellwords \
        singleton socket stringio strscan syslog tempfile thread time timeout tmpdir tsort un uri weakref yaml zlib";
    let first = feature.split('/').next().unwrap_or(feature);
    FILES
        .split_ascii_whitespace()
        .any(|f| f == first.trim_end_matches(".rb"))
}

/// Whether a constant belongs to a part of the library that a plain Ruby has only after `require`.
pub(super) fn needs_require(name: &str) -> bool {
    !CORE.contains(&name) && LIBRARIES.iter().any(|l| l.constants.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_parses_and_runs_within_its_own_features() {
        for library in LIBRARIES.iter() {
            let errors: Vec<_> = library.program.errors.iter().map(|e| &e.message).collect();
            assert!(errors.is_empty(), "{:?}: {errors:?}", library.features);
            let mut interp = Interp::default();
            for feature in library.features {
                let result = interp.require_library(feature);
                assert!(matches!(result, Ok(true)), "{feature}: {result:?}");
            }
            for constant in library.constants {
                if CORE.contains(constant) {
                    let found = interp.autoload_constant(Name::new(constant));
                    assert!(matches!(found, Ok(Some(_))), "{constant}: {found:?}");
                }
                assert!(interp.class_by_path(constant).is_some(), "{constant}");
            }
        }
    }
}
