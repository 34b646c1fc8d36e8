//! Custom resources, and classes of libraries.

use super::files;

#[test]
fn what_a_module_without_a_model_has_counts_only_when_it_is_used() {
    let library = "
        class Chef::Resource::Old < Chef::Resource
          provides :old
          include Chef::Mixin::Securable
          def val(arg = nil)
            set_or_return(:val, arg, kind_of: String)
          end
        end
        module Own
          include Chef::Mixin::ShellOut
          include Chef::Mixin::Uris
          def self.used
            Class.new { include Chef::Mixin::Uris }.new.as_uri('x')
          end
        end";
    let recipe = "old 'x' do\n  val 'y'\nend\nlog \"#{Own.used}\"";
    insta::assert_snapshot!(files(&[
        ("cookbooks/a/libraries/own.rb", library),
        ("cookbooks/a/recipes/default.rb", recipe),
    ]), @r#"
    old[x] nothing val="y"
    log[‹Chef::Mixin::Uris#as_uri is not supported›] write
    Unsupported: Chef::Mixin::Uris#as_uri is not supported
    "#);
}

#[test]
fn resources_may_call_what_chef_s_own_classes_do_nothing_in() {
    let resource = "
        property :x, String, identity: true
        def after_created
          super
          x 'set'
        end
        action(:go) { log new_resource.identity }";
    insta::assert_snapshot!(files(&[
        ("cookbooks/a/resources/default.rb", resource),
        ("cookbooks/a/recipes/default.rb", "a('n') {}\nlog respond_to?(:a).to_s + respond_to?(:b).to_s"),
    ]), @r#"
    a[n] go x="set"
      log[set] write
    log[truefalse] write
    "#);
}

#[test]
fn a_template_knows_where_it_comes_from() {
    let template =
        "<%= @template_name %> <%= @template_path %> <%= @recipe_line %> <%= @recipe_path %>";
    insta::assert_snapshot!(files(&[
        ("cookbooks/a/templates/x.erb", template),
        ("cookbooks/a/recipes/default.rb", "template('/x') { source 'x.erb' }"),
    ]), @r#"
    template[/x] create source="x.erb"
    /x: "x.erb /var/chef/cache/cookbooks/a/templates/x.erb 1 /var/chef/cache/cookbooks/a/recipes/default.rb"
    "#);
}

/// What a resource with these properties says when `x` is set to a value.
fn refusal(properties: &str, value: &str) -> String {
    let resource = format!("unified_mode true\n{properties}\naction(:go) {{}}");
    let set = format!("begin\n  a('n') {{ x {value} }}\nrescue => e\n  log e.message\nend\n");
    let told = files(&[
        ("cookbooks/a/resources/default.rb", resource.as_str()),
        ("cookbooks/a/recipes/default.rb", set.repeat(2).as_str()),
    ]);
    told.replace("a[n] go ", "")
}

#[test]
fn a_property_is_checked_in_the_order_of_its_options_and_by_its_type_last() {
    insta::assert_snapshot!(refusal("property :x, String, equal_to: %w(a)", "1"), @r#"
    log[Option x must be equal to one of: "a"!  You passed 1.] write
    log[Option x must be equal to one of: "a"!  You passed 1.] write
    "#);
    insta::assert_snapshot!(refusal("property :x, is: String, equal_to: %w(a)", "1"), @r#"
    log[Property x must be one of: String!  You passed 1.] write
    log[Property x must be one of: String!  You passed 1.] write
    "#);
    insta::assert_snapshot!(refusal("property :x, String, regex: [[/a/]]", ":b"), @r#"
    log[Property x's value b does not match regular expression [[/a/]]] write
    log[Property x's value b does not match regular expression [[/a/]]] write
    "#);
    insta::assert_snapshot!(refusal("property :x, String, bogus: true", "'b'"), @r#"
    log[Validation map has unknown check: bogus] write
    log[Validation map has unknown check: bogus] write
    "#);
}

#[test]
fn only_the_resource_that_is_checked_first_has_the_property_s_own_words() {
    insta::assert_snapshot!(refusal("property :x, String, validation_message: 'is bad'", "1"), @r#"
    log[is bad] write
    log[Property x must be one of: String!  You passed 1.] write
    "#);
    insta::assert_snapshot!(refusal("property :x, String, default: 'd', validation_message: 'is bad'", "1"), @r#"
    log[Property x must be one of: String!  You passed 1.] write
    log[Property x must be one of: String!  You passed 1.] write
    "#);
}

#[test]
fn a_default_is_checked_when_it_is_declared() {
    insta::assert_snapshot!(refusal("property :x, String, default: 5", "'a'"), @"Chef::Exceptions::ValidationFailed: Property x must be one of: String!  You passed 5. at cookbooks/a/resources/default.rb:2");
    insta::assert_snapshot!(refusal("property :x, String, default: nil", "'a'"), @"Chef::Exceptions::ValidationFailed: Property x must be one of: String!  You passed nil. at cookbooks/a/resources/default.rb:2");
    insta::assert_snapshot!(refusal("property :x, [String, nil], default: nil", "'a'"), @r#"
    x="a"
    x="a"
    "#);
    insta::assert_snapshot!(refusal("property :x, String, default: lazy { 5 }", "'a'"), @r#"
    x="a"
    x="a"
    "#);
    insta::assert_snapshot!(refusal("property :x, String, coerce: proc { |v| v }, default: 'a'", "nil"), @r#"
    log[Property x must be one of: String!  You passed nil.] write
    log[Property x must be one of: String!  You passed nil.] write
    "#);
}

#[test]
fn a_property_must_not_contradict_itself_or_hide_what_resources_need() {
    insta::assert_snapshot!(refusal("property :x, String, default: 'a', name_property: true", "'a'"), @"ArgumentError: A property cannot be both a name_property/name_attribute and have a default value. Use one or the other on property x of resource at cookbooks/a/resources/default.rb:2");
    insta::assert_snapshot!(refusal("property :run_context, String", "'a'"), @"ArgumentError: Property `run_context` of resource `` overwrites an existing method. A different name should be used for this property. at cookbooks/a/resources/default.rb:2");
}

#[test]
fn an_old_name_of_a_property_calls_the_new_one() {
    let resource = "
        property :port, Integer
        deprecated_property_alias 'listen', 'port', 'listen is called port now'
        action(:create) { log \"#{new_resource.listen}\" }";
    insta::assert_snapshot!(files(&[
        ("cookbooks/a/resources/site.rb", resource),
        ("cookbooks/a/recipes/default.rb", "a_site('x') { listen 80 }"),
    ]), @r#"
    a_site[x] create port=80
      log[80] write
    "#);
}

#[test]
fn an_action_knows_its_name() {
    let resource = "
        action_class do
          def act(name)
            declare_resource(:service, 'x').delayed_action(name)
          end
        end
        action(:create) { log action.inspect }
        %i(start stop).each { |name| send(:action, name) { act(action) } }";
    insta::assert_snapshot!(files(&[
        ("cookbooks/a/resources/site.rb", resource),
        ("cookbooks/a/recipes/default.rb", "a_site('x') { action %i(create stop) }"),
    ]), @r#"
    a_site[x] create,stop
      log[:create] write
      service[x] nothing
    "#);
}

#[test]
fn an_action_and_what_it_declares_see_the_methods_of_their_resource() {
    let library = "module Paths\n def dir(leaf = 'd') = \"/#{leaf}\"\nend";
    let resource = "
        include Paths
        property :port, Integer
        def size(unit) = \"1#{unit}\"
        def port_text = \"port #{port}\"
        private def hidden = 1
        action_class { def unit = 'k' }
        action(:create) do
          log dir('e') + size('m') + port_text
          log('nested') { message dir + size(unit) + port_text }
          log [respond_to?(:dir), respond_to?(:port_text), respond_to?(:hidden), respond_to?(:port)].to_s
        end";
    insta::assert_snapshot!(files(&[
        ("cookbooks/a/libraries/paths.rb", library),
        ("cookbooks/a/resources/site.rb", resource),
        ("cookbooks/a/recipes/default.rb", "a_site('x') { port 1 }"),
    ]), @r#"
    a_site[x] create port=1
      log[/e1mport 1] write
      log[nested] write message="/d1kport 1"
      log[[true, true, false, false]] write
    "#);
}

#[test]
fn a_provider_of_the_old_kind_has_no_methods_of_its_resource() {
    insta::assert_snapshot!(files(&[
        ("cookbooks/a/resources/site.rb", "actions :create\ndef own = 1\ndefault_action :create"),
        ("cookbooks/a/providers/site.rb", "action(:create) { log own.to_s }"),
        ("cookbooks/a/recipes/default.rb", "a_site 'x'"),
    ]), @r#"
    a_site[x] create
    NameError: undefined local variable or method `own' for #<Custom resource a_site from cookbook a::ActionClass:0x… @cookbook_name=:a, @recipe_name="default", @new_resource=a_site[x], @action=:create> at cookbooks/a/providers/site.rb:1
    "#);
}

#[test]
fn properties_may_be_derived_from_a_type() {
    let resource = "
        Port = property_type(is: Integer, default: 80, callbacks: { 'is too high' => ->(n) { n < 100 } })
        property :port, Port
        property :other, Port, default: 81
        property :third, Integer, equal_to: 1.upto(3)
        action(:create) { log \"#{new_resource.port} #{new_resource.other} #{new_resource.third}\" }";
    let recipe = |code: &str| {
        files(&[
            ("cookbooks/a/resources/site.rb", resource),
            ("cookbooks/a/recipes/default.rb", code),
        ])
    };
    insta::assert_snapshot!(recipe("a_site('x') { third 2 }"), @r#"
    a_site[x] create third=2
      log[80 81 2] write
    "#);
    insta::assert_snapshot!(recipe("a_site('x') { port 200 }"), @"Chef::Exceptions::ValidationFailed: Option port's value 200 is too high! at cookbooks/a/recipes/default.rb:1");
    insta::assert_snapshot!(recipe("a_site('x') { third 4 }"), @"Chef::Exceptions::ValidationFailed: Option third must be equal to one of: 1, 2, 3!  You passed 4. at cookbooks/a/recipes/default.rb:1");
}

#[test]
fn a_default_that_only_a_branch_has_read_is_known_all_the_same() {
    let resource = "
        property :own, String, default: 'a'
        action :create do
          2.times { |n| log(\"#{n}\") { message new_resource.own } if shell_out(\"stat #{n}\").stdout == 'nfs' }
          log new_resource.own
        end";
    insta::assert_snapshot!(files(&[
        ("cookbooks/a/resources/site.rb", resource),
        ("cookbooks/a/recipes/default.rb", "a_site 'x'"),
    ]), @r#"
    a_site[x] create
      log[0] write message="a" if the output of the command `stat 0`
      log[1] write message="a" if the output of the command `stat 1`
      log[a] write
    Outside: the output of the command `stat 0`
    Outside: the output of the command `stat 1`
    "#);
}

#[test]
fn constants_of_a_resource_file_are_those_of_its_class() {
    let library = "module Own\n class Word\n end\nend";
    let resource = "
        include Own
        SIZE = 1
        property :word, [String, Word]
        action(:create) { log \"#{SIZE} #{new_resource.class::SIZE} #{Word}\" }";
    let recipe = |code: &str| {
        files(&[
            ("cookbooks/a/libraries/own.rb", library),
            ("cookbooks/a/resources/site.rb", resource),
            ("cookbooks/a/recipes/default.rb", code),
        ])
    };
    insta::assert_snapshot!(recipe("a_site 'x'"), @r#"
    a_site[x] create
      log[1 1 Own::Word] write
    "#);
    insta::assert_snapshot!(recipe("log SIZE.to_s"), @"NameError: uninitialized constant Chef::Recipe::SIZE at cookbooks/a/recipes/default.rb:1");
}

#[test]
fn a_class_tells_of_its_properties() {
    let resource = "
        property :state, String, default: 'x'
        property :id, String, identity: true, desired_state: false
        action(:create) do
          log new_resource.class.state_properties.map(&:name).to_s
          log new_resource.class.identity_properties.map { |p| [p.name, p.desired_state?] }.to_s
          log new_resource.class.properties[:state].has_default?.to_s
          log Chef.run_context.resource_collection.map(&:to_s).to_s
          remote_file('/x') { source 'http://h/'; verify { |file| file } }
        end";
    insta::assert_snapshot!(files(&[
        ("cookbooks/a/resources/site.rb", resource),
        ("cookbooks/a/recipes/default.rb", "a_site 'x'\nlog 'y'"),
    ]), @r##"
    a_site[x] create
      log[[:state]] write
      log[[[:id, false]]] write
      log[true] write
      log[["a_site[x]", "log[y]"]] write
      remote_file[/x] create source=["http://h/"] verify="#<Proc:0x…>"
    log[y] write
    "##);
}

#[test]
fn a_name_means_the_resource_that_is_for_the_node() {
    let resource =
        |provides: &str, own: &str| format!("{provides}\naction(:create) {{ log '{own}' }}");
    let of = |provides: &[(&str, &str)]| {
        let resources: Vec<(String, String)> = provides
            .iter()
            .map(|(own, line)| {
                (
                    format!("cookbooks/a/resources/{own}.rb"),
                    resource(line, own),
                )
            })
            .collect();
        let mut all: Vec<(&str, &str)> = resources
            .iter()
            .map(|(p, t)| (p.as_str(), t.as_str()))
            .collect();
        all.push(("cookbooks/a/attributes/default.rb", "default['kind'] = 'x'"));
        all.push(("cookbooks/a/recipes/default.rb", "thing 'n'"));
        files(&all)
    };
    // On Debian's family.
    insta::assert_snapshot!(of(&[("a", "provides :thing, platform_family: 'debian'"), ("b", "provides :thing, platform_family: %w(rhel fedora)")]), @r#"
    thing[n] create
      log[a] write
    "#);
    insta::assert_snapshot!(of(&[("a", "provides :thing"), ("b", "provides :thing, os: '!linux'")]), @r#"
    thing[n] create
      log[a] write
    "#);
    insta::assert_snapshot!(of(&[("a", "provides(:thing, os: 'linux') { |node| node['kind'] == 'x' }"), ("b", "provides :thing, platform_version: '>= 20'")]), @r#"
    thing[n] create
      log[a] write
    "#);
    insta::assert_snapshot!(of(&[("a", "provides(:thing) { |node| node['kind'] == 'y' }"), ("b", "provides :thing, platform_version: '~> 20.0'")]), @"Chef::Exceptions::NoSuchResourceType: Cannot find a resource for thing on ubuntu version 22.04 with target_mode? false at cookbooks/a/recipes/default.rb:1");
    insta::assert_snapshot!(of(&[("a", "provides :thing"), ("b", "provides :thing")]), @r#"
    thing[n] create
      log[b] write
    "#);
}

#[test]
fn a_recipe_keeps_its_constants_to_itself() {
    let recipe = "
        SIZE = 1
        include_recipe 'a::other'
        log \"#{SIZE} #{Object.const_defined?(:SIZE)} #{ChefUtils.name}\"
        file('/x') { mode MODE }";
    insta::assert_snapshot!(files(&[
        ("cookbooks/a/recipes/other.rb", "begin\n  SIZE\nrescue NameError => e\n  log e.message\nend"),
        ("cookbooks/a/recipes/default.rb", recipe),
    ]), @r#"
    log[uninitialized constant Chef::Recipe::SIZE] write
    log[1 false ChefUtils] write
    NameError: uninitialized constant Chef::Recipe::MODE at cookbooks/a/recipes/default.rb:5
    "#);
}
