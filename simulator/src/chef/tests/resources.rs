//! Chef's own resources.

use super::{files, recipe};

#[test]
fn properties_are_kept_as_chef_converts_them() {
    let code = "
        package(%w(curl wget)) { options '-y --no-install-recommends \"a b\"' }
        sysctl('vm.swappiness') { value 10 }
        group('ops') { members 'ann , bob,eve' }
        mount '/data/' do
          device '/dev/sdb1'
          options 'noatime, nodev'
        end
        link('/x') do
          to '/y'
          link_type 'hard'
        end
        service('x') { supports [:status, :reload] }
        sudo('ops.admins') { groups 'wheel, %ops' }
        cron('job') do
          command 'true'
          weekday 'Monday'
        end
        apt_repository('x') { key 'https://example.net/key' }";
    insta::assert_snapshot!(recipe(code), @r#"
    package[curl, wget] install options=["-y","--no-install-recommends","a b"] package_name=["curl","wget"]
    sysctl[vm.swappiness] apply value="10"
    group[ops] create members=["ann","bob","eve"]
    mount[/data/] mount device="/dev/sdb1" options=["noatime","nodev"]
    link[/x] create link_type="hard" to="/y"
    service[x] nothing supports={"status":true,"reload":true}
    sudo[ops.admins] create groups=["%wheel","%ops"]
    cron[job] create command="true" weekday="1"
    apt_repository[x] add key=["https://example.net/key"]
    "#);
}

#[test]
fn what_a_conversion_gives_is_checked() {
    let code = "link('/x') do\n  to '/y'\n  link_type 'soft'\nend";
    insta::assert_snapshot!(recipe(code), @r"Chef::Exceptions::ValidationFailed: Option link_type must be equal to one of: :symbolic, :hard!  You passed :soft. at cookbooks/a/recipes/default.rb:3");
}

#[test]
fn a_list_that_was_read_and_filled_is_set() {
    let code = "
        template('/etc/x') do
          source 'x.erb'
          action :nothing
          variables['a'] = 1
        end";
    insta::assert_snapshot!(recipe(code), @r#"template[/etc/x] nothing source="x.erb" variables={"a":1}"#);
}

#[test]
fn a_template_is_named_after_its_resource() {
    let code = "
        template('etc/motd') do
          path '/etc/banner'
          action :nothing
        end";
    insta::assert_snapshot!(recipe(code), @r#"template[etc/motd] nothing path="/etc/banner" source="motd.erb""#);
}

#[test]
fn pretty_json_has_the_line_ends_of_ruby_3_1() {
    let code = "file('/x') { content JSON.pretty_generate('a' => [], 'b' => {}, 'c' => [1]) }";
    insta::assert_snapshot!(recipe(code), @r#"
    file[/x] create content="{\n  \"a\": [\n\n  ],\n  \"b\": {\n  },\n  \"c\": [\n    1\n  ]\n}"
    /x: "{\n  \"a\": [\n\n  ],\n  \"b\": {\n  },\n  \"c\": [\n    1\n  ]\n}"
    "#);
}

#[test]
fn resources_of_unknown_names_are_declared() {
    let code = "
        name = ENV['SITE']
        declare_resource(:file, \"/a/#{name}\") { content 'a' }
        find_resource(:file, \"/b/#{name}\") { content 'b' }
        edit_resource(:file, \"/c/#{name}\") { content 'c' }
        log 'not found' unless find_resource(:file, \"/c/#{name}\")";
    insta::assert_snapshot!(recipe(code), @r#"
    file[/a/‹the environment variable SITE›] create content="a"
    file[/b/‹the environment variable SITE›] create content="b"
    file[/c/‹the environment variable SITE›] create content="c"
    log[not found] write if the environment variable SITE
    /a/‹the environment variable SITE›: "a"
    /b/‹the environment variable SITE›: "b"
    /c/‹the environment variable SITE›: "c"
    Outside: the environment variable SITE
    "#);
}

#[test]
fn what_only_a_notification_runs_is_done_perhaps() {
    let resource = "
        provides :site
        action :create do
          file \"/etc/#{new_resource.name}\" do
            content node['level'].to_s
          end
          node.default['level'] = 2
        end";
    let recipe = "
        node.default['level'] = 1
        template('/etc/x') { source 'x.erb'; action :nothing }
        site('one') { action :nothing }
        execute('never') { action :nothing; notifies :create, 'site[two]' }
        execute('told') { action :nothing; notifies :create, 'template[/etc/x]', :immediately }
        execute('tells') { notifies :run, 'execute[told]'; notifies :create, 'site[one]' }
        site('two') { action :nothing }
        file('/etc/last') { content lazy { node['level'].to_s } }
        site('three') { only_if 'test -e /x' }";
    insta::assert_snapshot!(files(&[
        ("cookbooks/a/resources/site.rb", resource),
        ("cookbooks/a/templates/default/x.erb", "x"),
        ("cookbooks/a/recipes/default.rb", recipe),
    ]), @r#"
    template[/etc/x] nothing source="x.erb"
    site[one] nothing
    execute[never] nothing delayed:create->site[two]
    execute[told] nothing immediately:create->template[/etc/x]
    execute[tells] run delayed:run->execute[told] delayed:create->site[one]
    site[two] nothing
    file[/etc/last] create content="1"
    site[three] create
      file[/etc/three] create content="1" if the guard command `test -e /x`
    /etc/last: "1"
    /etc/one: "‹the guard command `test -e /x`›"
    /etc/three: "1"
    /etc/x: "x"
    Outside: the guard command `test -e /x`
    Outside: whether execute[tells] changes anything and so notifies
    "#);
}

#[test]
fn what_fails_only_when_notified_is_no_failure_of_the_run() {
    let code = "
        ruby_block('told') { block { raise 'x' }; action :nothing }
        execute('tells') { notifies :run, 'ruby_block[told]' }
        template('/etc/x') { action :nothing }
        execute('too') { notifies :create, 'template[/etc/x]' }";
    insta::assert_snapshot!(recipe(code), @r##"
    ruby_block[told] nothing block="#<Proc:0x…>"
    execute[tells] run delayed:run->ruby_block[told]
    template[/etc/x] nothing source="x.erb"
    execute[too] run delayed:create->template[/etc/x]
    Outside: may raise Chef::Exceptions::FileNotFound: Cookbook 'a' (1.0.0) does not contain a file at any of these locations:
      templates/host-n1.example.net/x.erb
      templates/ubuntu-22.04/x.erb
      templates/ubuntu/x.erb
      templates/default/x.erb
      templates/x.erb (depends on whether execute[too] changes anything and so notifies)
    Outside: may raise RuntimeError: x (depends on whether execute[tells] changes anything and so notifies)
    Outside: whether execute[tells] changes anything and so notifies
    "##);
}

/// What Chef says of a statement in a recipe.
fn told(code: &str) -> String {
    recipe(code).replace(" at cookbooks/a/recipes/default.rb:1", "")
}

#[test]
fn values_and_patterns_are_looked_at_before_types() {
    insta::assert_snapshot!(told("link('/x') { link_type 1.5 }"), @"Chef::Exceptions::ValidationFailed: Option link_type must be equal to one of: :symbolic, :hard!  You passed 1.5.");
    insta::assert_snapshot!(told("file('/x') { owner '1:2' }"), @r"Chef::Exceptions::ValidationFailed: Property owner's value 1:2 does not match regular expression [/^[^-+~:,\t\r\n\f\0]+[^:,\t\r\n\f\0]*$/]");
    insta::assert_snapshot!(told("file('/x') { content 5 }"), @"Chef::Exceptions::ValidationFailed: Property content must be one of: String, nil!  You passed 5.");
    insta::assert_snapshot!(told("yum_repository('x') { timeout 'soon' }"), @"Chef::Exceptions::ValidationFailed: The timeout property must be a numeric value!");
    insta::assert_snapshot!(told("cron('x') { minute :a }"), @"NoMethodError: undefined method `split' for :a:Symbol");
    insta::assert_snapshot!(told("file('/x') { mode [] }"), @"TypeError: can't convert Array into Integer");
}

#[test]
fn a_name_is_a_text() {
    let code = "log('x') { name %w(a b) }\nlog('y') { name 5 }\nlog('z') { name lazy { 'late' } }";
    insta::assert_snapshot!(recipe(code), @r#"
    log[a, b] write
    log[5] write
    log[late] write
    "#);
    insta::assert_snapshot!(told("log('x') { name nil }"), @"Chef::Exceptions::ValidationFailed: name is a required property");
}

#[test]
fn scripts_have_code_and_no_command() {
    insta::assert_snapshot!(told("bash('x') { command 'ls' }"), @"Chef::Exceptions::Script: Do not use the command property on a bash resource, use the 'code' property instead.");
    insta::assert_snapshot!(told("log bash('x') { code 'ls' }.sensitive.inspect"), @r#"
    bash[x] run code="ls"
    log[false] write
    "#);
    insta::assert_snapshot!(told("execute('x') { password 's' }"), @"Chef::Exceptions::UnsupportedPlatform: This functionality is not supported on platform Values for `domain` and `password` are only supported on the Windows platform.");
    insta::assert_snapshot!(told("execute('x') { user 'ann@example.net' }"), @r#"execute[x] run domain="example.net" user="ann""#);
    insta::assert_snapshot!(told("remote_file('/x') { source 'http://a/x'; remote_user 'a@b@c' }"), @"ArgumentError: The specified user name `a@b@c` is not a syntactically valid user name");
}

#[test]
fn defaults_follow_the_node_and_other_properties() {
    insta::assert_snapshot!(told("log chef_client_cron('x').log_directory"), @r#"
    chef_client_cron[x] add
    log[/var/log/chef] write
    "#);
    insta::assert_snapshot!(told("log selinux_install('x').packages.last"), @r#"
    selinux_install[x] install packages=["make","policycoreutils","selinux-basics","selinux-policy-default","selinux-policy-dev","auditd","setools"]
    log[setools] write
    "#);
    insta::assert_snapshot!(told("log sudo('x').config_prefix"), @r#"
    sudo[x] create
    log[/etc] write
    "#);
    insta::assert_snapshot!(told("log homebrew_tap('a/b').owner"), @r#"
    homebrew_tap[a/b] tap
    log[‹the default of owner›] write
    Outside: the default of owner
    "#);
}

#[test]
fn what_another_system_has_is_not_there() {
    insta::assert_snapshot!(told("launchd 'x'"), @"Chef::Exceptions::NoSuchResourceType: Cannot find a resource for launchd on ubuntu version 22.04 with target_mode? false");
    insta::assert_snapshot!(told("declare_resource(:powershell_script, 'x')"), @"Chef::Exceptions::NoSuchResourceType: Cannot find a resource for powershell_script on ubuntu version 22.04 with target_mode? false");
}

#[test]
fn what_fails_under_a_guard_that_only_the_node_can_answer_is_no_failure_of_the_run() {
    let code = "
        template('/etc/a') { only_if 'test -e /etc/q' }
        cookbook_file('/etc/b') { not_if { ::File.exist?('/etc/q') } }
        file('/etc/c') { content 'fine'; only_if 'test -e /etc/q' }";
    insta::assert_snapshot!(recipe(code), @r#"
    template[/etc/a] create source="a.erb"
    cookbook_file[/etc/b] create
    file[/etc/c] create content="fine"
    /etc/c: "fine"
    Outside: may raise Chef::Exceptions::FileNotFound: Cookbook 'a' (1.0.0) does not contain a file at any of these locations:
      files/host-n1.example.net/b
      files/ubuntu-22.04/b
      files/ubuntu/b
      files/default/b
      files/b (depends on the state of /etc/q on the node)
    Outside: may raise Chef::Exceptions::FileNotFound: Cookbook 'a' (1.0.0) does not contain a file at any of these locations:
      templates/host-n1.example.net/a.erb
      templates/ubuntu-22.04/a.erb
      templates/ubuntu/a.erb
      templates/default/a.erb
      templates/a.erb (depends on the guard command `test -e /etc/q`)
    Outside: the state of /etc/q on the node
    "#);
    let certain = recipe("template('/etc/a') { only_if { true } }");
    assert!(
        certain.contains("\nChef::Exceptions::FileNotFound: "),
        "{certain}"
    );
}

#[test]
fn what_is_declared_has_a_name_and_a_type() {
    insta::assert_snapshot!(told("file { mode '644' }"), @"Chef::Exceptions::ValidationFailed: name is a required property");
    insta::assert_snapshot!(told("apt_update"), @"apt_update[] periodic");
    insta::assert_snapshot!(told("declare_resource(:file)"), @"ArgumentError: wrong number of arguments (given 1, expected 2)");
    insta::assert_snapshot!(told("declare_resource(:file, '/x', bogus: 1, other: 2)"), @"ArgumentError: unknown keywords: :bogus, :other");
    insta::assert_snapshot!(told("find_resource('file[/x]')"), @"ArgumentError: wrong number of arguments (given 1, expected 2)");
    insta::assert_snapshot!(told("with_run_context(:top) { }"), @"ArgumentError: bad argument to run_context helper, must be :root, :parent, or a Chef::RunContext");
}

#[test]
fn actions_are_symbols() {
    insta::assert_snapshot!(told("file('/x') { action 5 }"), @"NoMethodError: undefined method `to_sym' for 5:Integer");
    insta::assert_snapshot!(told("file('/x') { notifies [:a, :b], 'file[/x]' }"), @"NoMethodError: undefined method `to_sym' for [:a, :b]:Array");
}
