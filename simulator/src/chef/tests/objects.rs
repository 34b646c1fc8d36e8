//! What Chef's own objects say when recipes ask them.

use super::recipe;

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
