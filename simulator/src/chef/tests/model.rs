//! Answers that the user gives about the world outside.

use super::{converge_as, node, show};
use crate::chef::{Command, NodeFile, Options};

fn with(options: &Options, code: &str) -> String {
    let files = [("cookbooks/a/recipes/default.rb", code)];
    show(&converge_as(&node(), &files, options))
}

#[test]
fn files_are_there_as_the_user_says() {
    let mut options = Options::default();
    let text = NodeFile::Text("UTC\nx\n".to_owned());
    for (path, state) in [
        ("/etc/timezone", text),
        ("/etc/absent", NodeFile::Absent),
        ("/etc/something", NodeFile::Exists),
        ("/srv/app", NodeFile::Folder),
    ] {
        options.files.insert(path.to_owned(), state);
    }
    let code = "
        log File.read('/etc/timezone').lines.first.chomp + IO.readlines('/etc/timezone').size.to_s
        log [File.exist?('/etc/absent'), File.file?('/etc/absent'), ::File.exist?('/etc/something')].inspect
        log [Dir.exist?('/srv/app/'), File.directory?('/srv'), File.file?('/srv/app'), Dir.exist?('/etc/timezone')].inspect
        begin
          File.read('/etc/absent')
        rescue Errno::ENOENT => e
          log e.message
        end
        log \"#{File.read('/etc/something')}#{File.exist?('/etc/nobody-said')}\"";
    insta::assert_snapshot!(with(&options, code), @r"
    log[UTC2] write
    log[[false, false, true]] write
    log[[true, true, false, false]] write
    log[No such file or directory @ rb_sysopen - /etc/absent] write
    log[‹the state of /etc/something on the node›‹the state of /etc/nobody-said on the node›] write
    Outside: the state of /etc/nobody-said on the node
    Outside: the state of /etc/something on the node
    ");
}

#[test]
fn folders_hold_what_the_user_says() {
    let mut options = Options::default();
    let holds = |names: &[&str]| NodeFile::Holds(names.iter().map(|n| (*n).to_owned()).collect());
    for (path, state) in [
        (
            "/etc/sysctl.d",
            holds(&["b.conf", "a.conf", ".hidden", "c"]),
        ),
        ("/sys/class/hwmon", NodeFile::Absent),
        ("/var/cache/*.deb", holds(&["/var/cache/x.deb"])),
        ("/var/log/*.gz", NodeFile::Absent),
        ("/srv", holds(&["one", "two"])),
        ("/srv/one", holds(&["app.yml"])),
        ("/srv/two", holds(&[])),
    ] {
        options.files.insert(path.to_owned(), state);
    }
    let code = "
        log Dir.glob('/etc/sysctl.d/*.conf').inspect
        log Dir['/sys/class/hwmon/hwmon*', '/var/cache/*.deb', '/var/log/*.gz'].inspect
        log Dir.glob('/srv/*/app.yml').inspect
        log Dir.children('/srv').inspect + Dir.entries('/srv/two').inspect + Dir.empty?('/srv/two').inspect
        Dir.new('/etc/sysctl.d').each_entry { |f| log f if f =~ /^b/ }
        Dir.each_child('/srv') { |f| log f }
        log [File.exist?('/srv/one/app.yml'), File.exist?('/srv/three/app.yml'), Dir.exist?('/srv/two')].inspect
        log Dir.glob('/home/*/.ssh').inspect
        begin
          Dir.children('/sys/class/hwmon')
        rescue SystemCallError => e
          log e.message
        end";
    insta::assert_snapshot!(with(&options, code), @r#"
    log[["/etc/sysctl.d/a.conf", "/etc/sysctl.d/b.conf"]] write
    log[["/var/cache/x.deb"]] write
    log[["/srv/one/app.yml"]] write
    log[["one", "two"][".", ".."]true] write
    log[b.conf] write
    log[one] write
    log[two] write
    log[[true, false, true]] write
    log[‹the state of /home/*/.ssh on the node›] write
    log[No such file or directory @ dir_initialize - /sys/class/hwmon] write
    Outside: the state of /home/*/.ssh on the node
    "#);
}

#[test]
fn variables_of_the_environment_are_as_the_user_says() {
    let mut options = Options::default();
    options.environment.insert("CI".to_owned(), None);
    options
        .environment
        .insert("TIER".to_owned(), Some("gold".to_owned()));
    let code = "
        log [ENV['TIER'], ENV.fetch('CI', 'no'), ENV.key?('CI'), ci?].inspect
        log ENV.fetch('CI') { |name| name * 2 }
        log ENV['OTHER']
        ENV.fetch('CI')";
    insta::assert_snapshot!(with(&options, code), @r#"
    log[["gold", "no", false, false]] write
    log[CICI] write
    log[‹the environment variable OTHER›] write
    KeyError: key not found: "CI" at cookbooks/a/recipes/default.rb:5
    Outside: the environment variable OTHER
    "#);
}

#[test]
fn facts_stand_where_the_node_has_none() {
    let mut options = Options::default();
    let facts = serde_json::json!({ "platform": "aix", "virtualization": { "role": "guest" } });
    options.facts = facts.as_object().cloned().unwrap_or_default();
    insta::assert_snapshot!(with(&options, "log node['platform'] + virtual?.to_s"), @r"log[ubuntutrue] write");
}

#[test]
fn commands_print_what_the_user_says() {
    let options = Options {
        commands: vec![Command {
            command: "/^rpm -q /".to_owned(),
            status: 1,
            ..Command::default()
        }],
        ..Options::default()
    };
    let code = "log shell_out('rpm -q x').error?.to_s\nshell_out!('rpm -q y')";
    insta::assert_snapshot!(with(&options, code), @r"
    log[true] write
    Mixlib::ShellOut::ShellCommandFailed: Expected process to exit with [0], but received '1'
    ---- Begin output of rpm -q y ----
    STDOUT: 
    STDERR: 
    ---- End output of rpm -q y ----
    Ran rpm -q y returned 1 at cookbooks/a/recipes/default.rb:2
    ");
}
