//! The program on a repository of its own, in a folder that goes away with it. No program is started: git's files are
//! written with the library that foretaste reads them with.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use foretaste::context::{Streams, Terminals};
use gix::ObjectId;
use gix::objs::tree::{Entry, EntryKind};
use serde_json::Value as Json;

pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("foretaste-test-{}-{n}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        // Without a git repository of ours, one further up must not be found.
        Self(path.canonicalize().unwrap())
    }

    /// The small shop: a balancer that looks for its web servers, and four nodes.
    pub fn shop() -> Self {
        let folder = Self::new();
        for (path, text) in SHOP {
            folder.write(path, text);
        }
        folder
    }

    /// The shop whose balancers lose their pool by a change of the work tree: a search that finds nobody.
    pub fn emptied() -> Self {
        let shop = Self::shop();
        shop.commit("before");
        shop.write(LB_RECIPE, BAD_SEARCH);
        shop
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let file = self.0.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.join(path)).unwrap()
    }

    pub fn git(&self) -> gix::Repository {
        match gix::open(&self.0) {
            Ok(repo) => repo,
            Err(_) => {
                let repo = gix::init(&self.0).unwrap();
                fs::write(repo.git_dir().join("HEAD"), "ref: refs/heads/main\n").unwrap();
                gix::open(&self.0).unwrap()
            }
        }
    }

    /// Another repository in a folder of this one.
    pub fn inner(&self, path: &str) -> Self {
        fs::create_dir_all(self.0.join(path)).unwrap();
        Self(self.0.join(path))
    }

    /// Stages every file.
    pub fn stage(&self) -> ObjectId {
        let repo = self.git();
        let tree = write_tree(&repo, &self.0);
        let mut index = repo.index_from_tree(&tree).unwrap();
        index.write(gix::index::write::Options::default()).unwrap();
        tree
    }

    /// Commits every file.
    pub fn commit(&self, message: &str) -> ObjectId {
        let tree = self.stage();
        let repo = self.git();
        let signature = gix::actor::Signature {
            name: "A".into(),
            email: "a@example.com".into(),
            time: gix::date::Time::new(1_700_000_000, 0),
        };
        let branch = fs::read_to_string(repo.git_dir().join("HEAD")).unwrap();
        let branch = repo
            .git_dir()
            .join(branch.trim().trim_start_matches("ref: "));
        let parent = fs::read_to_string(&branch).ok();
        let id = repo
            .write_object(&gix::objs::Commit {
                tree,
                parents: parent
                    .iter()
                    .map(|p| ObjectId::from_hex(p.trim().as_bytes()).unwrap())
                    .collect(),
                author: signature.clone(),
                committer: signature,
                encoding: None,
                message: message.into(),
                extra_headers: Vec::new(),
            })
            .unwrap()
            .detach();
        fs::create_dir_all(branch.parent().unwrap()).unwrap();
        fs::write(branch, format!("{id}\n")).unwrap();
        id
    }

    /// Goes on with another branch, from the commit that is current.
    pub fn branch(&self, name: &str) {
        let repo = self.git();
        let id = repo.head_id().unwrap();
        let heads = repo.git_dir().join("refs/heads");
        fs::write(heads.join(name), format!("{id}\n")).unwrap();
        fs::write(
            repo.git_dir().join("HEAD"),
            format!("ref: refs/heads/{name}\n"),
        )
        .unwrap();
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "")
    }

    pub fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let streams = Streams {
            input: &mut input.as_bytes(),
            out: &mut out,
            err: &mut err,
            folder: self.0.clone(),
            terminals: Terminals::default(),
        };
        let exit = foretaste::run(
            std::iter::once("foretaste").chain(arguments.iter().copied()),
            streams,
        );
        Ran {
            code: exit.code(),
            out: String::from_utf8(out).unwrap(),
            err: String::from_utf8(err).unwrap(),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub struct Ran {
    pub code: u8,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}{}", self.out, self.err))
    }

    /// The rules of the findings.
    pub fn rules(&self) -> Vec<String> {
        let json = self.json();
        let findings = json["findings"].as_array().unwrap();
        findings
            .iter()
            .map(|f| f["rule"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn write_tree(repo: &gix::Repository, folder: &Path) -> ObjectId {
    let mut entries = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name == ".git" {
            continue;
        }
        // Git sorts folders as if their names ended in a slash.
        if path.is_symlink() {
            let target = fs::read_link(&path).unwrap();
            let id = repo.write_blob(target.to_str().unwrap()).unwrap().detach();
            entries.insert(name.clone(), (name, EntryKind::Link, id));
        } else if path.join(".git").exists() {
            let id = gix::open(&path).unwrap().head_id().unwrap().detach();
            entries.insert(name.clone(), (name, EntryKind::Commit, id));
        } else if path.is_dir() {
            entries.insert(
                format!("{name}/"),
                (name, EntryKind::Tree, write_tree(repo, &path)),
            );
        } else {
            let id = repo.write_blob(fs::read(&path).unwrap()).unwrap().detach();
            entries.insert(name.clone(), (name, EntryKind::Blob, id));
        }
    }
    let entries = entries
        .into_values()
        .map(|(name, kind, oid)| Entry {
            mode: kind.into(),
            filename: name.into(),
            oid,
        })
        .collect();
    repo.write_object(&gix::objs::Tree { entries })
        .unwrap()
        .detach()
}

const SHOP: &[(&str, &str)] = &[
    ("roles/web.rb", "name 'web'\nrun_list []\n"),
    ("roles/lb.rb", "name 'lb'\nrun_list ['recipe[lb]']\n"),
    ("cookbooks/lb/metadata.rb", "name 'lb'\nversion '1.0.0'\n"),
    (
        "cookbooks/lb/recipes/default.rb",
        "web = search(:node, 'roles:web')\n\
         template '/etc/haproxy/haproxy.cfg' do\n  variables(web: web)\nend\n",
    ),
    (
        "cookbooks/lb/templates/default/haproxy.cfg.erb",
        "defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n\
         frontend public\n  bind :80\n  default_backend web\nbackend web\n\
         <% @web.each do |n| -%>\n  server <%= n['hostname'] %> <%= n['ipaddress'] %>:80\n<% end -%>\n",
    ),
    (
        "nodes/lb1.json",
        r#"{"name": "lb1", "run_list": ["role[lb]"], "automatic": {"hostname": "lb1", "ipaddress": "10.0.0.1", "roles": ["lb"]}}"#,
    ),
    (
        "nodes/lb2.json",
        r#"{"name": "lb2", "run_list": ["role[lb]"], "automatic": {"hostname": "lb2", "ipaddress": "10.0.0.2", "roles": ["lb"]}}"#,
    ),
    (
        "nodes/web1.json",
        r#"{"name": "web1", "run_list": ["role[web]"], "automatic": {"hostname": "web1", "ipaddress": "10.0.1.1", "roles": ["web"]}}"#,
    ),
    (
        "nodes/web2.json",
        r#"{"name": "web2", "run_list": ["role[web]"], "automatic": {"hostname": "web2", "ipaddress": "10.0.1.2", "roles": ["web"]}}"#,
    ),
];

/// A recipe of the shop whose search finds nobody.
pub const BAD_SEARCH: &str = "web = search(:node, 'roles:webb')\n\
    template '/etc/haproxy/haproxy.cfg' do\n  variables(web: web)\nend\n";
pub const LB_RECIPE: &str = "cookbooks/lb/recipes/default.rb";

/// Every form in which `check` and `lint` write what they found.
pub const FORMATS: [&str; 8] = [
    "human", "json", "sarif", "github", "gitlab", "junit", "markdown", "html",
];
