//! What Chef's own objects answer, and that a method which only real Chef has is neither guessed nor called missing.

mod kit;

use kit::{converge, told};

#[test]
fn a_method_that_only_real_chef_has_is_unsupported() {
    let run = converge(
        "log run_context.events.class.name\nlog 'after'\nnode.data_for_save\nlog 'end'\n",
        &[],
    );
    insta::assert_snapshot!(told(&run), @r#"
    log[‹Chef::RunContext#events is not supported›]
    log[after]
    log[end]
    Unsupported: Chef::Node#data_for_save is not supported
    Unsupported: Chef::RunContext#events is not supported
    "#);
}

#[test]
fn a_method_that_nobody_has_is_missing() {
    let run = converge("log 'before'\nrun_context.evnets\n", &[]);
    insta::assert_snapshot!(told(&run), @"
    log[before]
    NoMethodError: undefined method `evnets' for #<Chef::RunContext:0x…>
    ");
}

#[test]
fn the_files_of_the_most_specific_directory() {
    let recipe = "
        own = run_context.cookbook_collection[cookbook_name]
        log own.relative_filenames_in_preferred_directory(node, :files, 'site').join(' ')
        own.relative_filenames_in_preferred_directory(node, :files, 'none')
    ";
    let run = converge(
        recipe,
        &[
            ("cookbooks/app/files/default/site/a.txt", ""),
            ("cookbooks/app/files/ubuntu/site/b.txt", ""),
            ("cookbooks/app/files/ubuntu/site/in/c.txt", ""),
        ],
    );
    insta::assert_snapshot!(told(&run), @r#"
    log[b.txt in/c.txt]
    Chef::Exceptions::FileNotFound: cookbook app has no directory files/default/none
    "#);
}

#[test]
fn a_property_has_the_other_name_that_chef_gives_it() {
    let run = converge(
        "template '/x' do\n  user 'root'\n  source 'x.erb'\nend\n",
        &[("cookbooks/app/templates/default/x.erb", "")],
    );
    let properties = &run.resources[0].properties;
    let set: Vec<&str> = properties.keys().map(String::as_str).collect();
    insta::assert_snapshot!(set.join(" "), @"owner source");
    insta::assert_snapshot!(told(&run), @"template[/x]");
}

#[test]
fn a_resource_as_a_hash_has_its_state_with_defaults() {
    let resource = "
        property :port, Integer, default: 80
        property :host, String
        property :quiet, [true, false], desired_state: false
        action :run do
          hash = new_resource.to_hash
          log [hash[:port], hash[:host], hash.key?(:quiet), hash[:name], hash.key?(:host)].inspect
        end
    ";
    let run = converge(
        "app_site 'x'\n",
        &[("cookbooks/app/resources/site.rb", resource)],
    );
    let child = &run.resources[0].children[0];
    insta::assert_snapshot!(child.name, @r#"
    [80, nil, false, "x", true]
    "#);
}

#[test]
fn what_a_found_node_never_told_is_unknown_not_nil() {
    let recipe = "search(:node, 'roles:seen') { |n| log n[:networking][:address] }";
    let failing = r#"{"name": "seen", "run_list": ["recipe[none]"]}"#;
    let run = converge(recipe, &[("roles/seen.json", failing)]);
    insta::assert_snapshot!(told(&run), @r#"
    log[‹networking of node seen-synthetic›]
    Outside: networking of node seen-synthetic
    "#);
}

#[test]
fn a_delayed_evaluator_made_by_hand_is_lazy() {
    let run = converge(
        "file '/x' do\n  content Chef::DelayedEvaluator.new { 'late' }\nend\n",
        &[],
    );
    insta::assert_snapshot!(run.files["/x"].display(), @"late");
}

#[test]
fn a_library_does_not_blame_what_is_unknown() {
    let run = converge(
        "ip = IPAddr.new(node['ipaddress'] || `hostname -i`).mask(24)\nlog ip.to_s\n",
        &[],
    );
    insta::assert_snapshot!(told(&run), @r#"
    log[‹the output of the command `hostname -i`›]
    Outside: the output of the command `hostname -i`
    "#);
}

#[test]
fn what_is_read_of_a_found_node_is_noted() {
    let reads = |body: &str| {
        let recipe = format!("search(:node, 'roles:seen') {{ |n| {body} }}");
        let failing = r#"{"name": "seen", "run_list": ["recipe[none]"]}"#;
        let run = converge(&recipe, &[("roles/seen.json", failing)]);
        format!("{:?}", run.reads)
    };
    insta::assert_snapshot!(reads("log n.name"), @"{}");
    insta::assert_snapshot!(reads("log n['web']['port']"), @r#"{"seen-synthetic": Keys({"web"})}"#);
    insta::assert_snapshot!(reads("log n.role?('x')"), @r#"{"seen-synthetic": Keys({"roles"})}"#);
    insta::assert_snapshot!(reads("log n.to_hash"), @r#"{"seen-synthetic": All}"#);
    insta::assert_snapshot!(reads("log n.run_list"), @r#"{"seen-synthetic": All}"#);
}
