//! What Chef's settings, its other classes and the libraries of the world outside answer.

use super::{converge_as, files, node, recipe, show};
use crate::chef::{NodeFile, Options};
use crate::convergence::SavedNode;

#[test]
fn settings_are_read_as_methods_too() {
    let code = "
        log Chef::Config.file_cache_path + Chef::Config.solo.to_s + Chef::Config.local_mode?.to_s
        log Chef::Config.chef_server_url";
    insta::assert_snapshot!(recipe(code), @r"
    log[/var/chef/cachefalsefalse] write
    log[‹Chef::Config[:chef_server_url]›] write
    Outside: Chef::Config[:chef_server_url]
    ");
}

#[test]
fn what_the_world_answers_is_not_called_unsupported() {
    let code = "
        log SecureRandom.hex
        log Etc.getpwnam('root').dir
        log Net::HTTP.get(URI('http://example.net'))";
    insta::assert_snapshot!(recipe(code), @r"
    log[‹a random value›] write
    log[‹the users of the node›] write
    log[‹the network of the node›] write
    Outside: a random value
    Outside: the network of the node
    Outside: the users of the node
    ");
}

#[test]
fn a_mash_holds_what_it_is_made_of() {
    let code = "
        made = Mash.new(a: { 'b' => 1 })
        made[:c] = 2
        log [made['a'][:b], made['c'], Mash.new(5)['x'], made.class].inspect
        log Chef.node['platform']";
    insta::assert_snapshot!(recipe(code), @r"
    log[[1, 2, 5, ChefUtils::Mash]] write
    log[ubuntu] write
    ");
}

#[test]
fn sources_of_remote_files_are_a_list() {
    let code = "
        remote_file('/a') { source 'http://example.net/a' }
        remote_file('/b') { source 'http://example.net/b', 'http://example.org/b' }";
    insta::assert_snapshot!(recipe(code), @r#"
    remote_file[/a] create source=["http://example.net/a"]
    remote_file[/b] create source=["http://example.net/b","http://example.org/b"]
    "#);
}

#[test]
fn the_given_secret_is_that_of_the_client_s_own_path() {
    let options = Options {
        secret: Some("own\n".to_owned()),
        files: [("/b".to_owned(), NodeFile::Text("modelled".to_owned()))].into(),
        ..Options::default()
    };
    let code = "
        s = Chef::EncryptedDataBagItem
        log s.load_secret + ' ' + s.load_secret(Chef::Config[:encrypted_data_bag_secret]) + ' ' + s.load_secret('/b')
        log s.load_secret('/c')";
    let run = converge_as(
        &node(),
        &[("cookbooks/a/recipes/default.rb", code)],
        &options,
    );
    insta::assert_snapshot!(show(&run), @r#"
    log[own own modelled] write
    log[‹the secret of encrypted data bags at /c›] write
    Outside: the secret of encrypted data bags at /c
    "#);
}

#[test]
fn a_role_or_environment_that_does_not_end_leaves_its_nodes_open() {
    let show_as = |environment: &str, files: &[(&str, &str)]| {
        let mut node = node();
        node.chef_environment = environment.to_owned();
        node.run_list = vec!["role[r]".to_owned(), "recipe[a]".to_owned()];
        let mut all = vec![("cookbooks/a/recipes/default.rb", "log 'x'")];
        all.extend(files);
        show(&converge_as(&node, &all, &Options::default()))
    };
    let role = ("roles/r.rb", "name 'r'");
    insta::assert_snapshot!(show_as("_default", &[("roles/r.rb", "name 'r'\nloop {}")]), @"Budget: the step budget is used up");
    insta::assert_snapshot!(show_as("e", &[role, ("environments/e.rb", "name 'e'\nwhile true do end")]), @"Budget: the step budget is used up");
    insta::assert_snapshot!(show_as("_default", &[("roles/r.rb", "name 'r'\nrun_list [File.read('/x')]")]), @"Outside: the state of /x on the node");
    insta::assert_snapshot!(show_as("_default", &[role]), @"log[x] write");
}

#[test]
fn metadata_that_is_not_wholly_known_refuses_no_run() {
    let files = |a: &str| {
        let files = [
            ("cookbooks/a/metadata.rb", a),
            ("cookbooks/a/recipes/default.rb", "log 'x'"),
            (
                "cookbooks/b/metadata.rb",
                "name 'b'\nversion IO.read('VERSION')",
            ),
            ("cookbooks/b/attributes/default.rb", ""),
        ];
        show(&converge_as(&node(), &files, &Options::default()))
    };
    insta::assert_snapshot!(files("name 'a'\nloop {}"), @r#"
    log[x] write
    Budget: the step budget is used up
    "#);
    insta::assert_snapshot!(files("name 'a'\ndepends 'b', '>= 2.0'"), @"Outside: version in metadata.rb: the state of VERSION on the node");
    insta::assert_snapshot!(files("name 'a'\ndepends 'b'"), @r#"
    log[x] write
    Outside: version in metadata.rb: the state of VERSION on the node
    "#);
    insta::assert_snapshot!(files("name 'a'\nlong_description IO.read('README.md')"), @"log[x] write");
}

#[test]
fn what_a_plugin_of_ohai_reports_is_unknown_of_a_made_up_node() {
    let plugin = "Ohai.plugin(:Db) do\n  provides 'db', \"disks/sda\"\nend";
    let recipe = "
        log node['db']['clusters']['a']['port'].to_s
        log node['db']['clusters']['a']['version'].to_s
        log node['disks'].to_s
        log node['other'].inspect";
    let attributes = "default['db']['clusters']['a']['port'] = 1\ndefault['other']['x'] = 1";
    let of = |synthetic: bool| {
        let node = SavedNode {
            synthetic,
            ..node()
        };
        let files = [
            ("cookbooks/a/ohai/db.rb", plugin),
            ("cookbooks/a/attributes/default.rb", attributes),
            ("cookbooks/a/recipes/default.rb", recipe),
        ];
        show(&converge_as(&node, &files, &Options::default()))
    };
    insta::assert_snapshot!(of(true), @r#"
    log[1] write
    log[‹an automatic attribute of a synthetic node›] write
    log[‹an automatic attribute of a synthetic node›] write
    log[{"x"=>1}] write
    Outside: an automatic attribute of a synthetic node
    "#);
    insta::assert_snapshot!(of(false), @r#"
    log[1] write
    log[] write
    log[] write
    log[{"x"=>1}] write
    "#);
}

#[test]
fn what_changes_the_files_of_a_node_is_no_error() {
    let code = "
        log File.rename('/a', '/b').to_s
        log File.writelines('/a').to_s";
    insta::assert_snapshot!(recipe(code), @r#"
    log[‹the state of /a on the node›] write
    NoMethodError: undefined method `writelines' for File:Class at cookbooks/a/recipes/default.rb:3
    Outside: the state of /a on the node
    "#);
    insta::assert_snapshot!(recipe("log Time.zone_utc?('Z').to_s"), @r#"
    log[‹Time.zone_utc? is not supported›] write
    Unsupported: Time.zone_utc? is not supported
    "#);
    insta::assert_snapshot!(recipe("log File.respond_to?(:rename).to_s + File.respond_to?(:nosuch).to_s"), @"log[truefalse] write");
}

#[test]
fn files_that_others_require_run_first_and_once() {
    let files = |first: &str| {
        files(&[
            ("cookbooks/a/libraries/a.rb", first),
            (
                "cookbooks/a/libraries/b/part.rb",
                "require_relative '../c'\nmodule Part\n def part = C.pop.to_s\nend",
            ),
            ("cookbooks/a/libraries/c.rb", "C = [1, 2]"),
            (
                "cookbooks/a/recipes/default.rb",
                "extend Whole\nlog part\nlog part\nlog part",
            ),
        ])
    };
    let first = "require_relative 'b/part'\nmodule Whole\n include Part\nend\nB = require_relative('b/part.rb')";
    insta::assert_snapshot!(files(first), @r#"
    log[2] write
    log[1] write
    log[] write
    "#);
    insta::assert_snapshot!(files("require_relative 'b/nothing'"), @"LoadError: cannot load such file -- /var/chef/cache/cookbooks/a/libraries/b/nothing at cookbooks/a/libraries/a.rb:1");
}

#[test]
fn a_gem_that_is_not_modelled_may_have_added_to_the_core() {
    let files = |recipe: &str| {
        files(&[
            ("cookbooks/a/libraries/a.rb", "require 'deepsort'"),
            ("cookbooks/a/recipes/default.rb", recipe),
        ])
    };
    insta::assert_snapshot!(files("log({ 'a' => 1 }.deep_sort.to_s)"), @r#"
    log[‹`deep_sort`, which may come from the gem or file `deepsort`›] write
    Unsupported: `deep_sort`, which may come from the gem or file `deepsort`
    "#);
    insta::assert_snapshot!(files("log nil.deep_sort"), @"NoMethodError: undefined method `deep_sort' for nil:NilClass at cookbooks/a/recipes/default.rb:1");
}

#[test]
fn a_module_of_a_gem_that_a_cookbook_opens_has_the_gem_s_methods_too() {
    let files = |recipe: &str| {
        let library =
            "require 'docker-api'\nmodule Docker\n def self.own = 'own'\nend\nmodule Own\nend";
        files(&[
            ("cookbooks/a/libraries/a.rb", library),
            ("cookbooks/a/recipes/default.rb", recipe),
        ])
    };
    insta::assert_snapshot!(files("log Docker.own + Docker.info + IPAddress('::1')"), @r#"
    log[own‹`info`, which may come from the gem or file `docker-api`›‹`IPAddress`, which may come from the gem or file `docker-api`›] write
    Unsupported: `IPAddress`, which may come from the gem or file `docker-api`
    Unsupported: `info`, which may come from the gem or file `docker-api`
    "#);
    insta::assert_snapshot!(files("Own.info"), @"NoMethodError: undefined method `info' for Own:Module at cookbooks/a/recipes/default.rb:1");
}

#[test]
fn a_constant_that_nobody_here_defines_is_not_defined() {
    let library = "require 'docker-api'\nA = 1 unless defined?(A)";
    insta::assert_snapshot!(files(&[
        ("cookbooks/a/libraries/a.rb", library),
        ("cookbooks/a/recipes/default.rb", "log \"#{A} #{defined?(A)} #{defined?(Nobody).inspect}\""),
    ]), @"log[1 constant nil] write");
}

#[test]
fn a_mixin_of_chef_s_hides_no_mistake() {
    let library = "include Chef::Mixin::ShellOut\ninclude Chef::Mixin::Which";
    let recipe = |code: &str| {
        files(&[
            ("cookbooks/a/libraries/a.rb", library),
            ("cookbooks/a/recipes/default.rb", code),
        ])
    };
    insta::assert_snapshot!(recipe("log which('tar').to_s + shell_out('x').stdout"), @r#"
    log[‹where the program tar is on the node›] write
    Outside: the output of the command `x`
    Outside: where the program tar is on the node
    "#);
    insta::assert_snapshot!(recipe("log 'x'.no_such"), @r#"
    NoMethodError: undefined method `no_such' for "x":String at cookbooks/a/recipes/default.rb:1
    "#);
}

#[test]
fn an_exception_after_a_possible_way_out_is_only_possible() {
    let out = "return if File.read('/x') == 'a'";
    let code = |body: &str| recipe(&format!("{body}\nlog 'after'"));
    insta::assert_snapshot!(code(&format!("def f\n {out}\n raise 'f'\nend\nf")), @r#"
    log[after] write
    Outside: may raise RuntimeError: f (depends on the state of /x on the node)
    Outside: the state of /x on the node
    "#);
    insta::assert_snapshot!(code(&format!("def f\n 2.times {{ {out} }}\n raise 'f'\nend\nf")), @r#"
    log[after] write
    Outside: may raise RuntimeError: f (depends on the state of /x on the node)
    Outside: the state of /x on the node
    "#);
    insta::assert_snapshot!(code("def f\n loop { break if File.read('/x'); raise 'f' }\nend\nf"), @r#"
    log[after] write
    Outside: may raise RuntimeError: f (depends on the state of /x on the node)
    Outside: the state of /x on the node
    "#);
    insta::assert_snapshot!(code("[1].each { |x| next if File.read('/x'); raise 'f' }"), @r#"
    log[after] write
    Outside: may raise RuntimeError: f (depends on the state of /x on the node)
    Outside: the state of /x on the node
    "#);
    insta::assert_snapshot!(code(&format!("{out}\nraise 'f'")), @r#"
    Outside: may raise RuntimeError: f (depends on the state of /x on the node)
    Outside: the state of /x on the node
    "#);
    // Whatever it is, it raises.
    insta::assert_snapshot!(code("raise 'f' if File.read('/x')\nraise 'g'"), @r#"
    RuntimeError: g at cookbooks/a/recipes/default.rb:2
    Outside: may raise RuntimeError: f (depends on the state of /x on the node)
    Outside: the state of /x on the node
    "#);
    let action = |body: &str| {
        let resource = format!("action(:create) do\n {body}\nend");
        let files = [
            ("cookbooks/a/resources/site.rb", resource.as_str()),
            ("cookbooks/a/recipes/default.rb", "a_site 'x'\nlog 'after'"),
        ];
        super::files(&files)
    };
    insta::assert_snapshot!(action(&format!("{out}\nraise 'f'")), @r#"
    a_site[x] create
    log[after] write
    Outside: may raise RuntimeError: f (depends on the state of /x on the node)
    Outside: the state of /x on the node
    "#);
    insta::assert_snapshot!(action("log('b') { only_if { next true if File.read('/x'); raise 'f' } }"), @r#"
    a_site[x] create
      log[b] write
    log[after] write
    Outside: may raise RuntimeError: f (depends on the state of /x on the node)
    Outside: the state of /x on the node
    "#);
}

#[test]
fn what_is_made_of_unknown_output_is_unknown_for_its_reason() {
    let code = "
        log IO.popen(['df', '/boot']).readlines.last.split.first
        IO.popen('df /boot') { |io| log io.read.lines.first }
        module Own
          class << self
            def name_in(text) = REXML::Document.new(text).root.name
            def home = Etc.getpwnam('root').dir
          end
        end
        log Own.name_in(shell_out('x').stdout) + Own.home
        log REXML::Document.new('<a/>').root.name";
    insta::assert_snapshot!(recipe(code), @r#"
    log[‹the output of the command `df /boot`›] write
    log[‹the output of the command `df /boot`›] write
    log[‹the output of the command `x`›] write
    log[‹REXML is not modelled›] write
    Outside: the output of the command `df /boot`
    Outside: the output of the command `df /boot`
    Outside: the output of the command `x`
    Outside: the users of the node
    Unsupported: REXML is not modelled
    "#);
    let mut options = Options::default();
    options.commands.push(crate::chef::Command {
        command: "df /boot".to_owned(),
        stdout: "a\nb c\n".to_owned(),
        ..Default::default()
    });
    let code = "log IO.popen(['df', '/boot']).readlines.last.split.first";
    let files = [("cookbooks/a/recipes/default.rb", code)];
    insta::assert_snapshot!(show(&converge_as(&node(), &files, &options)), @"log[b] write");
}
