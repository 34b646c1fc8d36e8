//! Repositories that mean harm. Each converge must end within its budget, in bounded memory, without a panic and without
//! overflowing the stack, and say what ended it: a budget, what Chef would raise, or what is not supported. None may pass
//! as a run that went well with nothing left open, unless Chef too would bear it; such rows end with "goes well".

use std::sync::Arc;

use foretaste_simulator::change::{self, Revision, Settings};
use foretaste_simulator::convergence::Convergence;
use foretaste_simulator::inventory::Inventory;
use foretaste_simulator::repository::{Files, Layout, ParseCache, Repository};

/// A repository of one node that runs `recipe[hostile]`.
struct Hostile(Vec<(String, String)>);

fn recipe(text: impl Into<String>) -> Hostile {
    let files = [
        (
            "cookbooks/hostile/metadata.rb",
            "name 'hostile'\nversion '1.0.0'\n",
        ),
        (
            "nodes/n1.json",
            r#"{"name": "n1", "run_list": ["recipe[hostile]"], "automatic": {"fqdn": "n1.example"}}"#,
        ),
    ];
    Hostile(
        files
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .into(),
    )
    .with("cookbooks/hostile/recipes/default.rb", text)
}

impl Hostile {
    /// Adds a file, or puts it in the place of the one that is there.
    fn with(mut self, path: &str, text: impl Into<String>) -> Self {
        self.0.retain(|(p, _)| p != path);
        self.0.push((path.to_owned(), text.into()));
        self
    }

    fn template(self, text: impl Into<String>) -> Self {
        self.with("cookbooks/hostile/templates/a.erb", text)
    }

    fn converge(&self) -> Option<Convergence> {
        let files = Files(
            self.0
                .iter()
                .map(|(path, text)| (Arc::from(path.as_str()), Arc::from(text.as_bytes())))
                .collect(),
        );
        let layout = Layout::detect(&files);
        let mut inventory = Inventory::default();
        for (path, text) in self.0.iter().filter(|(path, _)| path.starts_with("nodes/")) {
            inventory.add_json(path, text.as_bytes());
        }
        let revision = Revision {
            repository: Arc::new(Repository::new(
                files,
                layout,
                Arc::new(ParseCache::default()),
            )),
            inventory,
        };
        let mut settings = Settings::default();
        // These runs use up all that they are given; the depth stays, since the stack has to bear it.
        settings.chef.budget.steps = 200_000;
        settings.chef.budget.max_bytes = 32 << 20;
        settings.chef.budget.max_string = 1 << 20;
        let run = change::simulate(&revision, &settings).runs.remove("n1")?;
        Some(Arc::unwrap_or_clone(run.after))
    }

    /// How the run ended: Chef's error, else what it left open, each reason once.
    fn end(&self) -> String {
        let Some(converge) = self.converge() else {
            return "no node".to_owned();
        };
        if let Some(failure) = &converge.failure {
            let line = failure.message.lines().next().unwrap_or_default();
            let message: String = line.chars().take(60).collect();
            return format!("{}: {message}", failure.class);
        }
        let mut reasons = Vec::new();
        for open in &converge.undetermined {
            let reason = format!("{:?}: {}", open.kind, open.reason);
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        match reasons.is_empty() {
            true => "goes well".to_owned(),
            false => reasons.join(" | "),
        }
    }
}

fn nest(open: &str, n: usize, inner: &str, close: &str) -> String {
    format!("{}{inner}{}", open.repeat(n), close.repeat(n))
}

/// A value in a variable `a` that shares itself: written out it has 2^60 parts.
const LAUGHS: &str = "a = ['ha']\n60.times { a = [a, a] }\n";
const HASH_LAUGHS: &str = "a = { 'ha' => 'ha' }\n60.times { a = { 'x' => a, 'y' => a } }\n";
/// A value in a variable `a` that is very deep.
const DEEP: &str = "a = []\n15_000.times { a = [a] }\n";
const DEEP_HASH: &str = "a = {}\n15_000.times { a = { 'a' => a } }\n";

const STEPS: &str = "Budget: the step budget is used up";
const MEMORY: &str = "Budget: the memory budget is used up";
const STRING: &str = "Budget: a string grew over the memory budget";
const STACK: &str = "SystemStackError: stack level too deep";

/// A test for each row: its name, the repository, and how its converge must end.
macro_rules! hostile {
    ($($name:ident: $repository:expr => $end:expr;)+) => {
        $(#[test] fn $name() { assert_eq!($repository.end(), $end); })+
    };
}

// Loops.
hostile! {
    loop_forever: recipe("loop { }") => STEPS;
    while_true: recipe("while true do end") => STEPS;
    until_false: recipe("begin; 1; end until false") => STEPS;
    retry_forever: recipe("begin; raise 'x'; rescue; retry; end") => "Budget: a rescue that retries without end";
    redo_forever: recipe("[1].each { redo }") => STEPS;
    rescued_in_a_loop: recipe("loop { begin; raise 'x'; rescue StandardError; end }") => STEPS;
    ensured_in_a_loop: recipe("loop { begin; raise 'x'; rescue Exception; ensure; 1; end }") => STEPS;
    grows_while_visited: recipe("a = [1]\na.each { |x| a << x }") => STEPS;
    endless_range: recipe("(1..).each { |x| x }") => STEPS;
    endless_range_lazily: recipe("(1..).lazy.map { |x| x * 2 }.select { |x| x < 0 }.first") => STEPS;
    cycle: recipe("[1].cycle { |x| x }") => STEPS;
    step_zero: recipe("1.step(by: 0) { }") => "ArgumentError: step can't be 0";
    catch_and_throw: recipe("loop { catch(:a) { throw :a } }") => STEPS;
    catch_in_catch: recipe("def m = catch(:a) { m }\nm") => STACK;
    enumerator_of_itself: recipe("e = Enumerator.new { |y| loop { y << 1 } }\ne.to_a") => STEPS;
    searches_in_a_loop: recipe("loop { search(:node, '*:*') }") => STEPS;
    data_bags_in_a_loop: recipe("loop { begin; data_bag_item('a', 'b'); rescue StandardError; end }") => "Outside: data bag item a/b, which the repository does not hold | Budget: the step budget is used up";
    resources_in_a_loop: recipe("i = 0\nloop { i += 1; file \"/#{i}\" }") => STEPS;
    attributes_in_a_loop: recipe("i = 0\nloop { i += 1; node.default['a'][i.to_s] = i }") => STEPS;
    merged_in_a_loop: recipe("i = 0\nloop { i += 1; node.default['a'][i.to_s] = i; node['a'].to_h }") => "Budget: a value that is too large, or nested too deeply | Budget: the step budget is used up";
    prints_forever: recipe("loop { puts 'a' * 1000 }") => "Budget: too much output";
}

// Recursion.
hostile! {
    method: recipe("def m(x) = m(x + 1)\nm(0)") => STACK;
    two_methods: recipe("def a = b\ndef b = a\na") => STACK;
    block: recipe("f = nil\nf = proc { f.call }\nf.call") => STACK;
    method_missing: recipe("class A; def method_missing(n, *a) = foo(n); end\nA.new.bar") => STACK;
    respond_to_missing: recipe("class A; def respond_to_missing?(*) = respond_to?(:x); end\nA.new.respond_to?(:y)") => STACK;
    to_s: recipe("class A; def to_s = \"#{self}\"; end\nlog \"#{A.new}\"") => STACK;
    inspect: recipe("class A; def inspect = [self].inspect; end\nlog A.new.inspect") => STACK;
    equality: recipe("class A; def ==(o) = self == o; end\nA.new == 1") => STACK;
    hash_method: recipe("class A; def hash = hash; def eql?(o) = eql?(o); end\n{ A.new => 1 }[A.new]") => STACK;
    comparison: recipe("class A; include Comparable; def <=>(o) = self < o ? 1 : 0; end\n[A.new, A.new].sort") => STACK;
    coercion: recipe("class A; def coerce(o) = [self, self]; def +(o) = 1 + o; end\n1 + A.new") => STACK;
    const_missing: recipe("class ::Object; def self.const_missing(n) = const_get(n); end\nFoo") => STACK;
    included_hook: recipe("module M; def self.included(b) = b.include(M); end\nclass A; include M; end") => STACK;
    initialize: recipe("class A; def initialize = A.new; end\nA.new") => STACK;
    rescued_recursion: recipe("def m; m; rescue SystemStackError; m; end\nm") => STEPS;
    sort_that_lies: recipe("(1..500).to_a.sort { |a, b| [1, -1, 0][(a * b) % 3] }") => "goes well";
}

// Giants.
hostile! {
    string_times: recipe("'a' * 10**12") => STRING;
    string_times_most: recipe("'a' * (2**62)") => STRING;
    string_doubles: recipe("x = 'a'\n100.times { x += x }") => STRING;
    string_appends_itself: recipe("x = 'a'\n100.times { x << x }") => STRING;
    string_interpolates_itself: recipe("x = 'a'\n100.times { x = \"#{x}#{x}\" }") => STRING;
    string_appends: recipe("x = 'a' * 1000\nloop { x << 'aaaaaaaaaaaaaaaa' }") => STEPS;
    strings_kept: recipe("x = 'a' * 100_000\ny = []\nloop { y << x + 'b' }") => MEMORY;
    gsub_grows: recipe("x = 'a'\n100.times { x = x.gsub('a', 'aaaaaaaaaa') }") => STEPS;
    gsub_grows_by_block: recipe("x = 'a'\n100.times { x = x.gsub(/a/) { 'aaaaaaaaaa' } }") => STEPS;
    tr_grows: recipe("x = 'a' * 1000\nx.tr('a', 'b' * 10**12)") => STRING;
    join_grows: recipe("x = ['a'] * 1000\nx.join('b' * 100_000)") => STRING;
    ljust: recipe("'a'.ljust(10**15)") => STRING;
    center: recipe("'a'.center(10**18, 'xyz')") => STRING;
    inspected: recipe("x = '\"' * 1_000_000\n20.times { x = x.inspect }") => MEMORY;
    format_width: recipe("'%999999999d' % 1") => STRING;
    format_width_given: recipe("format('%*d', 10**12, 1)") => STRING;
    format_precision: recipe("sprintf('%.999999999f', 1.0)") => STRING;
    format_many: recipe("format('%1$s' * 100_000, 'a' * 100_000)") => STRING;
    range_to_a: recipe("(1..10**18).to_a") => STEPS;
    range_of_most: recipe("(-2**62..2**62).map { |x| x }") => STEPS;
    range_of_strings: recipe("('a'..'zzzzzzzzzzzzzzz').to_a") => STEPS;
    range_sum: recipe("(1..10**18).sum { |x| x }") => STEPS;
    range_include: recipe("('a'..'zzzzzzzzzz').include?('0')") => "goes well";
    array_times: recipe("[0] * 10**12") => STEPS;
    array_new: recipe("Array.new(10**12)") => STEPS;
    array_new_block: recipe("Array.new(10**12) { |i| i }") => STEPS;
    array_set_far: recipe("x = []\nx[10**12] = 1") => STEPS;
    array_fill: recipe("[].fill(0, 0, 10**12)") => STEPS;
    array_doubles: recipe("x = [1]\n100.times { x += x }") => MEMORY;
    array_concats_itself: recipe("x = [1]\n100.times { x.concat(x) }") => STEPS;
    array_pushes_itself: recipe("x = [1]\n100.times { x.push(*x) }") => STEPS;
    array_product: recipe("x = (1..1000).to_a\nx.product(x, x, x)") => STEPS;
    array_permutation: recipe("(1..20).to_a.permutation.to_a") => STEPS;
    array_combination: recipe("(1..60).to_a.combination(30).to_a") => STEPS;
    array_repeated: recipe("(1..60).to_a.repeated_permutation(30).to_a") => "Unsupported: Array#repeated_permutation is not supported";
    array_transpose: recipe("x = [[1] * 1000] * 1000\n1000.times { x = x.transpose }") => MEMORY;
    hash_of_many: recipe("h = {}\n(10**12).times { |i| h[i] = i }") => STEPS;
    hash_merges: recipe("h = (1..1000).to_h { |i| [i, i] }\nloop { h = h.merge(h.transform_keys(&:to_s)) }") => STEPS;
    symbols: recipe("i = 0\nloop { i += 1; \"s#{i}\".to_sym }") => STEPS;
    methods: recipe("class A; end\ni = 0\nloop { i += 1; A.define_method(\"m#{i}\") { i } }") => STEPS;
    classes: recipe("x = []\nloop { x << Class.new }") => STEPS;
    power_of_power: recipe("10**10**10") => "goes well";
    power_tower: recipe("2**2**2**2**2**2**2") => "goes well";
    shift: recipe("1 << 10**12") => "Budget: an integer grew over the memory budget";
    factorial: recipe("x = 1\n(1..10_000_000).each { |i| x *= i }") => STEPS;
    squares: recipe("x = 3\n100.times { x *= x }") => STEPS;
    digits: recipe("(10**100_000).to_s.to_i.to_s.to_i.digits") => "Budget: an integer grew over the memory budget";
    pow_modulo: recipe("10.pow(10**9, 10**30)") => "goes well";
    rounds: recipe("1.5.round(10**9)\n1.5.round(-10**9)\n15.round(-10**9)\n1.0.floor(400)") => "goes well";
    pack_count: recipe("[1].pack('C99999999999')") => "ArgumentError: too few arguments";
    pack_pad: recipe("['a'].pack('a99999999999')") => STRING;
    pack_nulls: recipe("[1].pack('x99999999999')") => STRING;
    unpack_skips: recipe("'a'.unpack('x18446744073709551615x9')") => "ArgumentError: x outside of string";
    pack_at: recipe("[1].pack('@99999999999')") => "Unsupported: Array#pack with @";
    unpack_count: recipe("'a'.unpack('C99999999999')") => "goes well";
    each_slice: recipe("(1..10).each_slice(10**12).to_a\n[1].rotate(10**18)\n[1].first(10**18)\n[1].cycle(10**18) { }") => STEPS;
    extremes: recipe("[1, 2][-10**18]\n'abc'[10**18, 10**18]\n'é'[-1, 10**18]\n'abc'[1..-10**18]\n'abc'[-2**63, 2**63 - 1]\n\
        (-9223372036854775808 / -1)\n(-9223372036854775808 % -1)\n(-9223372036854775808).abs\n-(-9223372036854775808)\n\
        9223372036854775807.succ\n-9223372036854775808.pred\n[1].rotate(-9223372036854775808)\n[1].drop(9223372036854775807)\n\
        [1, 2].each_cons(9223372036854775807).to_a\n'a'.center(-10**18)\n(9223372036854775807..).first(2)\n\
        (1..9223372036854775807).size\n(-9223372036854775808..9223372036854775807).size\n[1, 2, 3][-9223372036854775808..]\n\
        [1, 2, 3].values_at(9223372036854775807, -9223372036854775808)\n[1].insert(-9223372036854775808, 1)") => "IndexError: index -9223372036854775808 too small for array; minimum: -2";
    radixes: recipe("begin; 10.to_s(99); rescue ArgumentError; end\nbegin; '1'.to_i(99); rescue ArgumentError; end\n\
        begin; (-1).chr; rescue RangeError; end\n300.chr") => "RangeError: 300 out of char range";
}

// Values that contain themselves, or share themselves, or nest very deep.
hostile! {
    array_in_itself: recipe("a = []\na << a\nlog a.inspect\na.hash\na == a\na == [a]\na <=> a\n{ a => 1 }") => STACK;
    array_in_itself_flattened: recipe("a = []\na << a\na.flatten") => "ArgumentError: tried to flatten recursive array";
    array_in_itself_joined: recipe("a = []\na << a\na.join") => "ArgumentError: recursive array join";
    array_in_itself_as_json: recipe("a = []\na << a\na.to_json") => "JSON::NestingError: nesting of 100 is too deep";
    array_in_itself_as_yaml: recipe("a = []\na << a\na.to_yaml") => "goes well";
    array_in_itself_as_attribute: recipe("a = []\na << a\nnode.default['a'] = a") => "Budget: a value that is too large, or nested too deeply";
    array_in_itself_as_content: recipe("a = []\na << a\nfile '/a' do content a.to_s end\nlog 'a' do message a end") => "Chef::Exceptions::ValidationFailed: Property message must be one of: String!  You passed [[...]]";
    array_in_itself_as_variables: recipe("a = []\na << a\ntemplate '/a' do source 'a.erb'\nvariables(a: a) end").template("<%= @a %>") => "goes well";
    hash_in_itself: recipe("h = {}\nh[:a] = h\nlog h.to_s\nh.hash\nh == h\nh.to_a.flatten\nh.merge(h)\n{ h => 1 }") => "Unsupported: a hash key nested over a hundred levels";
    hash_in_itself_as_json: recipe("h = {}\nh['a'] = h\nh.to_json") => "JSON::NestingError: nesting of 100 is too deep";
    hash_in_itself_as_attribute: recipe("h = {}\nh['a'] = h\nnode.default['a'] = h") => "Budget: a value that is too large, or nested too deeply";
    hash_in_itself_as_property: recipe("h = {}\nh['a'] = h\nexecute 'a' do environment h end") => "goes well";
    equal_rings: recipe("a = []\nb = []\na << b\nb << a\na == b") => STACK;
    struct_in_itself: recipe("s = Struct.new(:a).new\ns.a = s\nlog s.inspect\ns == s.dup\ns.to_h.to_s\ns.hash") => STACK;
    object_in_itself: recipe("class A; attr_accessor :a; end\nx = A.new\nx.a = x\nx.inspect") => "goes well";
    attribute_in_itself: recipe("node.default['a']['b'] = 1\nnode.default['a']['c'] = node.default['a']\nlog node['a'].to_s") => "goes well";
    run_state_in_itself: recipe("node.run_state['a'] = node.run_state\nlog node.run_state.to_s") => "goes well";
    laughs_inspected: recipe(format!("{LAUGHS}a.inspect")) => STEPS;
    laughs_flattened: recipe(format!("{LAUGHS}a.flatten")) => STEPS;
    laughs_as_json: recipe(format!("{LAUGHS}a.to_json")) => STEPS;
    laughs_as_yaml: recipe(format!("{LAUGHS}a.to_yaml")) => "goes well";
    laughs_equal: recipe(format!("b = ['ha']\n60.times {{ b = [b, b] }}\n{LAUGHS}a == b")) => STEPS;
    laughs_as_key: recipe(format!("{LAUGHS}h = {{ a => 1 }}\nh[a]")) => STEPS;
    laughs_hashed: recipe(format!("{LAUGHS}a.hash\n[a, a].uniq\n[a] - [a]")) => STEPS;
    laughs_as_attribute: recipe(format!("{LAUGHS}node.default['a'] = a")) => "Budget: a value that is too large, or nested too deeply";
    laughs_as_property: recipe(format!("{LAUGHS}log 'a' do message a end\nexecute 'a' do command a end")) => STEPS;
    laughs_as_variables: recipe(format!("{LAUGHS}template '/a' do source 'a.erb'\nvariables(a: a) end")).template("<%= @a %>") => STEPS;
    hash_laughs_inspected: recipe(format!("{HASH_LAUGHS}a.to_s")) => STRING;
    hash_laughs_as_attribute: recipe(format!("{HASH_LAUGHS}node.default['a'] = a")) => "Budget: a value that is too large, or nested too deeply | Budget: the step budget is used up";
    hash_laughs_merged: recipe(format!("{HASH_LAUGHS}Chef::Mixin::DeepMerge.merge(a, a)")) => "Budget: a value that is too large, or nested too deeply";
    hash_laughs_as_key: recipe(format!("{HASH_LAUGHS}{{ a => 1 }}")) => STEPS;
    deep_inspected: recipe(format!("{DEEP}a.inspect")) => STACK;
    deep_flattened: recipe(format!("{DEEP}a.flatten")) => "ArgumentError: tried to flatten recursive array";
    deep_as_json: recipe(format!("{DEEP}a.to_json")) => "JSON::NestingError: nesting of 100 is too deep";
    deep_as_yaml: recipe(format!("{DEEP}a.to_yaml")) => "Unsupported: YAML nested too deeply";
    deep_equal: recipe(format!("b = []\n15_000.times {{ b = [b] }}\n{DEEP}a == b")) => STACK;
    deep_compared: recipe(format!("b = []\n15_000.times {{ b = [b] }}\n{DEEP}a <=> b")) => STACK;
    deep_as_key: recipe(format!("{DEEP}{{ a => 1 }}")) => "Unsupported: a hash key nested over a hundred levels";
    deep_joined: recipe(format!("{DEEP}a.join")) => "ArgumentError: recursive array join";
    deep_as_attribute: recipe(format!("{DEEP}node.default['a'] = a\nnode.default['b'] = node['a']\nnode['b'].to_a")) => "Budget: a value that is too large, or nested too deeply";
    deep_hash_inspected: recipe(format!("{DEEP_HASH}a.inspect")) => STACK;
    deep_hash_as_attribute: recipe(format!("{DEEP_HASH}node.default['a'] = a\nnode.override['a'] = node['a']\nlog node['a'].to_s")) => "Budget: a value that is too large, or nested too deeply | Budget: the memory budget is used up";
    deep_hash_merged: recipe(format!("{DEEP_HASH}Chef::Mixin::DeepMerge.merge(a, a)")) => "Budget: a value that is too large, or nested too deeply";
    deep_hash_as_json: recipe(format!("{DEEP_HASH}a.to_json\nJSON.pretty_generate(a)")) => "JSON::NestingError: nesting of 100 is too deep";
    deep_hash_as_variables: recipe(format!("{DEEP_HASH}template '/a' do source 'a.erb'\nvariables(a) end")).template("<%= @a %>") => "Chef::Mixin::Template::TemplateError: stack level too deep";
    deep_vivid: recipe("a = node.default\n15_000.times { a = a['a'] }\na['b'] = 1\nlog node['a'].to_s") => "Budget: a value that is too large, or nested too deeply | Budget: the memory budget is used up";
    deep_struct: recipe("s = Struct.new(:a)\na = nil\n15_000.times { a = s.new(a) }\na.inspect\na == a.dup") => STACK;
    deep_procs: recipe("f = proc { 1 }\n15_000.times { g = f; f = proc { g.call } }\nf.call") => STACK;
    deep_lazies: recipe("e = [1].lazy\n15_000.times { e = e.map { |x| x } }\ne.to_a") => MEMORY;
    deep_enumerators: recipe("e = [1].each\n15_000.times { e = e.each_with_index }\ne.to_a") => STACK;
}

// Texts that nest very deep or are endless to match.
hostile! {
    parentheses: recipe(format!("x = {}", nest("(", 20_000, "1", ")"))) => "SyntaxError: cookbooks/hostile/recipes/default.rb:1: nested too deeply";
    brackets: recipe(format!("x = {}", nest("[", 20_000, "1", "]"))) => "SyntaxError: cookbooks/hostile/recipes/default.rb:1: nested too deeply";
    brackets_that_fit: recipe(format!("x = {}\nlog x.inspect", nest("[", 900, "1", "]"))) => "goes well";
    nots: recipe(format!("x = {}true", "!".repeat(20_000))) => "SyntaxError: cookbooks/hostile/recipes/default.rb:1: nested too deeply";
    blocks: recipe(nest("[1].each { ", 50_000, "", "}")) => "SyntaxError: cookbooks/hostile/recipes/default.rb:1: nested too deeply";
    ifs: recipe(nest("if true\n", 50_000, "", "end\n")) => "SyntaxError: cookbooks/hostile/recipes/default.rb:1000: nested too deeply";
    elsifs: recipe(format!("if false\n{}end", "elsif false\n".repeat(50_000))) => "SyntaxError: cookbooks/hostile/recipes/default.rb:1000: nested too deeply";
    interpolations: recipe(nest("\"#{", 50_000, "1", "}\"")) => "SyntaxError: cookbooks/hostile/recipes/default.rb:1: nested too deeply";
    chain: recipe(format!("x = 1{}", ".to_i".repeat(100_000))) => "SyntaxError: cookbooks/hostile/recipes/default.rb:1: nested too deeply";
    sum: recipe(format!("x = 1{}", " + 1".repeat(100_000))) => "SyntaxError: cookbooks/hostile/recipes/default.rb:1: nested too deeply";
    scopes: recipe(format!("x = A{}", "::A".repeat(50_000))) => "SyntaxError: cookbooks/hostile/recipes/default.rb:1: nested too deeply";
    patterns: recipe(format!("case 1\nin {}\nend", nest("[", 50_000, "1", "]"))) => "SyntaxError: cookbooks/hostile/recipes/default.rb:2: expected a `]` to cl";
    exponential_regex: recipe("('a' * 40 + 'b').match?(/(a|a)*\\1$/)\n('a' * 5000) =~ /(a*)*\\1c/") => "Budget: a regular expression took too long";
    exponential_regex_in_gsub: recipe("('a' * 5000).gsub(/(a*)*\\1c/, '')") => "Budget: a regular expression took too long";
    exponential_regex_in_scan: recipe("('a' * 5000).scan(/(a+)+\\1$c/)") => "Budget: a regular expression took too long";
    large_regex: recipe("Regexp.new('(a{1000}){1000}{1000}').match?('a')") => "Unsupported: the regular expression /(a{1000}){1000}{1000}/";
    deep_regex: recipe(format!("Regexp.new('{}').match?('a')", nest("(", 50_000, "a", ")"))) => "RegexpError: too deep nest level: /((((((((((((((((((((((((((((((((((((((";
    many_matches: recipe("('a' * 1_000_000).scan(/a/)") => STEPS;
    json_text: recipe(format!("JSON.parse('{}')", nest("[", 200_000, "", "]"))) => "JSON::NestingError: nesting of 101 is too deep";
    json_text_without_limit: recipe(format!("JSON.parse('{}', max_nesting: false)", nest("[", 200_000, "", "]"))) => "Budget: JSON nested too deeply";
    json_number: recipe(format!("JSON.parse('[1{}]')", "0".repeat(1_000_000))) => "Budget: an integer grew over the memory budget";
    integer_literal: recipe(format!("x = 1{}", "0".repeat(1_000_000))) => "Unsupported: an integer of thousands of digits";
    integer_of_text: recipe("Integer('9' * 900_000)\n('9' * 900_000).to_i.to_s") => "Budget: an integer grew over the memory budget";
    version_text: recipe("Gem::Version.new('1.' * 100_000 + '1') <=> Gem::Version.new('2')") => "goes well";
    search_query: recipe(format!("search(:node, '{}')", nest("(", 50_000, "a:b", ")"))) => "Net::HTTPClientException: 400 \"Bad Request\"";
    search_query_of_many: recipe(format!("search(:node, 'a:b{}')", " OR a:b".repeat(50_000))) => "Net::HTTPClientException: 400 \"Bad Request\"";
    search_query_of_stars: recipe(format!("search(:node, 'name:{}')", "*?".repeat(10_000))) => "goes well";
    version_constraint: recipe("").with("cookbooks/hostile/metadata.rb", format!("name 'hostile'\nversion '{}'\n", "9".repeat(100_000))) => "goes well";
}

// Unknown values: both sides of each branch run.
hostile! {
    unknown_branches: recipe("x = `date`\n40.times { |i| if x.include?(i.to_s) then x += 'a' else x += 'b' end }\nfile '/a' do content x end") => "Outside: the output of the command `date`";
    unknown_nest: recipe(format!("x = `date`\n{}", nest("if x =~ /a/\n", 200, "", "else\n1\nend\n"))) => "Outside: the output of the command `date`";
    unknown_loops: recipe(format!("x = `date`\n{}", nest("x.lines.each { |l| ", 60, "", "}"))) => "Outside: the output of the command `date`";
    unknown_while: recipe("x = `date`\nwhile x.include?('a') do x += 'b' end") => "Outside: the output of the command `date`";
    unknown_recursion: recipe("def m(x) = x.include?('a') ? m(x + 'b') : m(x + 'c')\nm(`date`)") => "Outside: the output of the command `date` | Budget: the step budget is used up";
    unknown_doubles: recipe("x = `date`\n100.times { x = x + x }\nfile '/a' do content x end") => "Outside: the output of the command `date`";
    unknown_interpolations: recipe("x = `date`\n100.times { x = \"#{x}a#{x}\" }\nfile '/a' do content x end") => "Outside: the output of the command `date` | Budget: a string grew over the memory budget";
    unknown_hash_keys: recipe("x = `date`\nh = {}\nloop { h[x] = h }") => "Outside: the output of the command `date` | Budget: the step budget is used up";
}

// What Chef adds.
hostile! {
    recipe_includes_itself: recipe("include_recipe 'hostile::default'") => "goes well";
    recipes_include_each_other: recipe("include_recipe 'hostile::a'")
        .with("cookbooks/hostile/recipes/a.rb", "include_recipe 'hostile'\ninclude_recipe 'hostile::a'") => "goes well";
    recipes_without_number: recipe("i = 0\nloop { i += 1; include_recipe \"hostile::a#{i}\" rescue nil }") => STEPS;
    attributes_include_themselves: recipe("").with("cookbooks/hostile/attributes/default.rb", "include_attribute 'hostile'") => "goes well";
    partial_renders_itself: recipe("template '/a' do source 'a.erb' end").template("<%= render 'a.erb' %>") => "Chef::Mixin::Template::TemplateError: stack level too deep";
    partials_render_each_other: recipe("template '/a' do source 'a.erb' end")
        .template("<%= render 'b.erb' %>").with("cookbooks/hostile/templates/b.erb", "<%= render 'a.erb' %>") => "Chef::Mixin::Template::TemplateError: stack level too deep";
    template_loops: recipe("template '/a' do source 'a.erb' end").template("<% loop do %>a<% end %>") => STEPS;
    template_doubles: recipe("template '/a' do source 'a.erb' end").template("<% x = 'a'; 100.times { x += x } %><%= x %>") => STRING;
    template_writes_much: recipe("template '/a' do source 'a.erb' end").template("<% x = 'a' * 1_000_000; 100_000.times do %><%= x %><% end %>") => MEMORY;
    template_helper_recurs: recipe("template '/a' do source 'a.erb'\nhelper(:a) { a } end").template("<%= a %>") => "Chef::Mixin::Template::TemplateError: stack level too deep";
    templates_write_much: recipe("1_000.times { |i| template \"/#{i}\" do source 'a.erb' end }").template("<%= 'a' * 1_000_000 %>") => MEMORY;
    files_write_much: recipe("1_000.times { |i| file \"/#{i}\" do content 'a' * 1_000_000 end }") => MEMORY;
    erb_of_many_tags: recipe("template '/a' do source 'a.erb' end").template("<% if true %>".repeat(50_000)) => "Chef::Mixin::Template::TemplateError: cookbooks/hostile/templates/a.erb:3: expected an `end` to cl";
    definition_declares_itself: recipe("again 'a'").with("cookbooks/hostile/definitions/again.rb", "define :again do\n  again params[:name]\nend") => STACK;
    resource_declares_itself: recipe("hostile_again 'a'").with("cookbooks/hostile/resources/again.rb",
        "action :run do\n  hostile_again new_resource.name\nend") => STACK;
    resource_default_recurs: recipe("hostile_again 'a'").with("cookbooks/hostile/resources/again.rb",
        "property :a, String, default: lazy { a }\naction :run do\n  log new_resource.a\nend") => STACK;
    resource_coerces_itself: recipe("hostile_again 'a' do a 'b' end").with("cookbooks/hostile/resources/again.rb",
        "property :a, String, coerce: proc { |v| self.a = v }\naction :run do\nend") => STACK;
    notifies_in_a_ring: recipe("log 'a' do notifies :write, 'log[b]', :immediately end\nlog 'b' do notifies :write, 'log[a]', :immediately end") => "goes well";
    delayed_in_a_ring: recipe("log 'a' do notifies :write, 'log[a]', :delayed end") => "goes well";
    subscribes_to_itself: recipe("log 'a' do subscribes :write, 'log[a]', :immediately end") => "goes well";
    run_action_in_itself: recipe("ruby_block 'a' do block { resources('ruby_block[a]').run_action(:run) } end\nresources('ruby_block[a]').run_action(:run)") => STACK;
    library_loops: recipe("").with("cookbooks/hostile/libraries/a.rb", "loop { }") => STEPS;
    attribute_file_loops: recipe("").with("cookbooks/hostile/attributes/default.rb", "loop { }") => STEPS;
    cookbooks_depend_on_each_other: recipe("").with("cookbooks/hostile/metadata.rb", "name 'hostile'\nversion '1.0.0'\ndepends 'b'\n")
        .with("cookbooks/b/metadata.rb", "name 'b'\nversion '1.0.0'\ndepends 'hostile'\n")
        .with("cookbooks/b/recipes/default.rb", "include_recipe 'hostile'") => "goes well";
    role_in_itself: recipe("").with("nodes/n1.json", r#"{"name": "n1", "run_list": ["role[a]"]}"#)
        .with("roles/a.rb", "name 'a'\nrun_list 'role[b]', 'recipe[hostile]'")
        .with("roles/b.rb", "name 'b'\nrun_list 'role[a]'") => "Outside: an automatic attribute of a synthetic node";
    role_doubles: recipe("").with("nodes/n1.json", r#"{"name": "n1", "run_list": ["role[a]"]}"#)
        .with("roles/a.rb", format!("name 'a'\n{HASH_LAUGHS}default_attributes(a)")) => "Outside: a value that was unknown when it was saved | Outside: an automatic attribute of a synthetic node";
    role_is_deep: recipe("log node['a'].to_s").with("nodes/n1.json", r#"{"name": "n1", "run_list": ["role[a]", "recipe[hostile]"]}"#)
        .with("roles/a.json", format!("{{\"name\": \"a\", \"default_attributes\": {}}}", nest("{\"a\": ", 10_000, "1", "}"))) => "FFI_Yajl::ParseError: nested too deeply";
    role_of_many_roles: recipe("").with("nodes/n1.json", r#"{"name": "n1", "run_list": ["role[a0]"]}"#).roles(5_000) => "Chef::Exceptions::MissingRole: The expanded run list includes nonexistent roles: a500";
    data_bag_is_deep: recipe("x = data_bag_item('a', 'b')\nlog x.to_s\nnode.default['x'] = x.to_h")
        .with("data_bags/a/b.json", format!("{{\"id\": \"b\", \"x\": {}}}", nest("{\"a\": ", 10_000, "1", "}"))) => "Net::HTTPClientException: 404 \"Not Found\"";
    data_bag_nearly_too_deep: recipe("x = data_bag_item('a', 'b')\nlog x.to_s\nnode.default['x'] = x.to_h\nlog node['x'].to_s\nx.to_json")
        .with("data_bags/a/b.json", format!("{{\"id\": \"b\", \"x\": {}}}", nest("{\"a\": ", 90, "1", "}"))) => "goes well";
}

impl Hostile {
    /// Roles `a0`, `a1`, …, each of which holds the next one.
    fn roles(mut self, n: usize) -> Self {
        for i in 0..n {
            let text = format!(
                "name 'a{i}'\nrun_list 'role[a{}]', 'recipe[hostile]'",
                i + 1
            );
            self = self.with(&format!("roles/a{i}.rb"), text);
        }
        self
    }
}
