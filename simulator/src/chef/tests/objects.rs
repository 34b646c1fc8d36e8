//! What Chef's own objects say when recipes ask them.

use super::{files, recipe};

#[test]
fn versions_and_platforms_are_compared_as_chef_does() {
    let code = "
        node.automatic['platform_version'] = '22.04'
        wanted = Chef::VersionConstraint::Platform.new('>= 20')
        log [wanted.include?(node['platform_version']), wanted.to_s, wanted.op, wanted.version.to_s].inspect
        log [Chef::VersionConstraint.new('~> 1.2').include?('1.9.3'), Chef::Version.new('1.2.3') < Chef::Version.new('1.10')].inspect
        log((Chef::VersionConstraint.new('foo') rescue \"#{$!.class} #{$!.message}\"))
        log((Chef::Version.new('1') rescue \"#{$!.class} #{$!.message}\"))
        log value_for_platform('ubuntu' => { '>= 20.04' => 'new', 'default' => 'old' })
        log((value_for_platform('ubuntu' => { '~> 22.0' => 1, '>= 20' => 2 }) rescue $!.message))
        value_for_platform('ubuntu' => 'x')";
    insta::assert_snapshot!(recipe(code), @r#"
    log[[true, ">= 20", ">=", "20.0.0"]] write
    log[[true, true]] write
    log[Chef::Exceptions::InvalidVersionConstraint 'foo'] write
    log[Chef::Exceptions::InvalidCookbookVersion '1' does not match 'x.y.z' or 'x.y'] write
    log[new] write
    log[Multiple matches detected for ubuntu with values {"ubuntu"=>{"~> 22.0"=>1, ">= 20"=>2}}. The matches are: ["~> 22.0", ">= 20"]] write
    ArgumentError: platform dependent values must be specified in the format :platform => {:version => value} you gave a value "x" for platform(s) ubuntu at cookbooks/a/recipes/default.rb:10
    "#);
}

#[test]
fn what_chef_says_of_its_own_resources() {
    let code = "
        package('x')
        bash('b') { code 'x' }
        cookbook_file('/etc/c.conf') { action :nothing }
        log resources('package[x]').to_s + resources('package[x]').declared_type.inspect
        log [resources('bash[b]').interpreter, resources('bash[b]').command, resources('bash[b]').cookbook_name].inspect
        log resources('cookbook_file[/etc/c.conf]').source
        log [log('l').level, remote_file('/r') { source 'http://x' }.authentication].inspect
        lazy { 1 }";
    insta::assert_snapshot!(recipe(code), @r#"
    package[x] install
    bash[b] run code="x"
    cookbook_file[/etc/c.conf] nothing
    log[apt_package[x]:package] write
    log[["bash", nil, :a]] write
    log[c.conf] write
    log[l] write
    remote_file[/r] create source=["http://x"]
    log[[:info, :remote]] write
    NoMethodError: undefined method `lazy' for cookbook: a, recipe: default :Chef::Recipe at cookbooks/a/recipes/default.rb:9
    "#);
}

#[test]
fn values_are_asked_what_chef_asks_of_them() {
    let refused = |code: &str| {
        let out = recipe(code);
        out.lines().last().unwrap_or("").to_owned() + "\n"
    };
    let all = [
        "cron('a') { minute '61'; command 'x' }",
        "cron('a') { month 'janu'; command 'x' }",
        "directory('/a') { mode '9999' }",
        "file('/a') { mode 0o70000 }",
        "remote_file('/a') { source 'not a url' }",
        "remote_file('/a') { source [] }",
        "user('a') { supports manage_home: true }",
        "file('/a') { notifies :create, %w(file[/b] file[/c]) }",
        "node.set['a'] = 1",
        "include_attribute 'nope'",
        "file 'a', 'b'",
    ];
    let all: String = all.into_iter().map(refused).collect();
    insta::assert_snapshot!(all, @r#"
    Chef::Exceptions::ValidationFailed: Option minute's value 61 should be a valid minute spec! at cookbooks/a/recipes/default.rb:1
    Chef::Exceptions::ValidationFailed: Option month's value janu should be a valid month spec! at cookbooks/a/recipes/default.rb:1
    ArgumentError: invalid value for Integer(): "09999" at cookbooks/a/recipes/default.rb:1
    Chef::Exceptions::ValidationFailed: Option mode's value 28672 not in valid numeric range! at cookbooks/a/recipes/default.rb:1
    Chef::Exceptions::InvalidRemoteFileURI: "not a url" is not a valid `source` parameter for remote_file. `source` must be an absolute URI or an array of URIs. at cookbooks/a/recipes/default.rb:1
    ArgumentError: remote_file has an empty source at cookbooks/a/recipes/default.rb:1
    NoMethodError: undefined method `supports' for Chef::Resource::User::LinuxUser at cookbooks/a/recipes/default.rb:1
    Chef::Exceptions::InvalidResourceSpecification: The object `["file[/b]", "file[/c]"]' is not valid for resource collection lookup. Use a String like `resource_type[resource_name]' or a Chef::Resource object at cookbooks/a/recipes/default.rb:1
    NoMethodError: undefined method `set' for #<Chef::Node::Attribute> at cookbooks/a/recipes/default.rb:1
    NoMethodError: undefined method `include_attribute' for cookbook: a, recipe: default :Chef::Recipe at cookbooks/a/recipes/default.rb:1
    ArgumentError: wrong number of arguments (given 2, expected 0..1) at cookbooks/a/recipes/default.rb:1
    "#);
    let fine = "
        cron('a') { minute '*/5,10-20'; hour 3; weekday :monday; month 'Jan'; command 'x' }
        directory('/a') { mode '1777' }
        remote_file('/b') { source 'http://a/b c', 'ftp://x/y' }
        file('/c') { mode 0o644; subscribes :create, %w(file[/c] directory[/a]) }
        Chef::Resource::File.class_eval { def own; 'own'; end }
        log file('/d').own";
    insta::assert_snapshot!(recipe(fine), @r#"
    cron[a] create command="x" hour=3 minute="*/5,10-20" month="Jan" weekday="1"
    directory[/a] create mode="1777" delayed:create->file[/c]
    remote_file[/b] create source=["http://a/b c","ftp://x/y"]
    file[/c] create mode=420 delayed:create->file[/c]
    file[/d] create
    log[own] write
    "#);
}

#[test]
fn roles_are_written_as_json_in_chefs_order() {
    let code = "log({ rows: search(:role, 'name:web') }.to_json)";
    let role =
        r#"{"name":"web","run_list":["recipe[a]"],"default_attributes":{"x":1},"description":"d"}"#;
    insta::assert_snapshot!(files(&[
        ("roles/web.json", role),
        ("cookbooks/a/recipes/default.rb", code),
    ]), @r#"
    log[{"rows":[{"name":"web","description":"d","json_class":"Chef::Role","default_attributes":{"x":1},"override_attributes":{},"chef_type":"role","run_list":["recipe[a]"],"env_run_lists":{}}]}] write
    "#);
}

#[test]
fn a_node_answers_as_the_hash_of_its_merged_attributes() {
    let code = "
        node.default['x']['y'] = 1
        log node.merged_attributes['x'].inspect + node.merged_attributes('x', 'y').inspect
        log node.merged_attributes('no', 'such').inspect + node.merged_attributes.class.to_s
        log node.select { |name, _| name == 'x' }.inspect + node.select { false }.class.to_s
        log node.find { |name, _| name == 'x' }.inspect";
    insta::assert_snapshot!(recipe(code), @r#"
    log[{"y"=>1}1] write
    log[nilChef::Node::ImmutableMash] write
    log[{"x"=>{"y"=>1}}Hash] write
    log[["x", {"y"=>1}]] write
    "#);
    let refused = recipe("node.store('x', 1)");
    assert!(
        refused.starts_with("Chef::Exceptions::ImmutableAttributeModification: "),
        "{refused}"
    );
}

#[test]
fn a_run_context_says_what_was_loaded() {
    let code = "
        log run_context.loaded_recipes.inspect
        log run_context.loaded_fully_qualified_recipe?('a', 'default').inspect
        log run_context.loaded_fully_qualified_recipe?('a', 'other').inspect
        log run_context.loaded_fully_qualified_attribute?('a', 'other').inspect";
    insta::assert_snapshot!(recipe(code), @r#"
    log[["a::default"]] write
    log[true] write
    log[false] write
    log[false] write
    "#);
}

#[test]
fn an_argument_that_was_not_given_is_told_from_nil() {
    let code = "
        def given(x = Chef::NOT_PASSED) = x == Chef::NOT_PASSED ? 'none' : x.inspect
        log given + given(nil) + given(1)
        log Chef::NOT_PASSED.inspect + Chef::NOT_PASSED.class.to_s";
    insta::assert_snapshot!(recipe(code), @r"
    log[nonenil1] write
    log[NOT_PASSEDObject] write
    ");
}

#[test]
fn files_see_what_is_in_chef_without_its_name() {
    let code = "
        Log.info 'x'
        log Log.to_s + Exceptions::FileNotFound.to_s + Mixin.class.to_s
        log((NoSuch rescue $!.class.to_s))
        log ::File.basename('/a/b') + File.basename('/a/b')";
    insta::assert_snapshot!(recipe(code), @r"
    log[Chef::LogChef::Exceptions::FileNotFoundModule] write
    log[NameError] write
    log[bb] write
    ");
}

#[test]
fn names_of_data_bags_and_items_are_checked_before_they_are_asked_for() {
    let said = |code: &str| super::recipe(code);
    insta::assert_snapshot!(said("data_bag_item('a b', 'x')"), @r#"Chef::Exceptions::InvalidDataBagName: DataBags must have a name matching /^[\.\-[:alnum:]_]+$/, you gave "a b" at cookbooks/a/recipes/default.rb:1"#);
    insta::assert_snapshot!(said("data_bag_item('a', '')"), @r#"Chef::Exceptions::InvalidDataBagItemID: Data Bag items must have an id matching /^[\.\-[:alnum:]_]+$/, you gave: "" at cookbooks/a/recipes/default.rb:1"#);
    insta::assert_snapshot!(said("data_bag(nil)"), @r#"Chef::Exceptions::InvalidDataBagName: DataBags must have a name matching /^[\.\-[:alnum:]_]+$/, you gave "" at cookbooks/a/recipes/default.rb:1"#);
}
