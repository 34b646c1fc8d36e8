//! Whether a recipe is seen to treat each result of a search for itself, or the results together.

#[expect(dead_code, reason = "other tests look at more of a run")]
mod kit;

use kit::converge;

const ITEMS: [(&str, &str); 3] = [
    (
        "data_bags/apps/a.json",
        r#"{"id": "a", "ip": "10.0.0.1", "zones": ["east", "one"], "site": "x"}"#,
    ),
    (
        "data_bags/apps/b.json",
        r#"{"id": "b", "ip": "10.0.0.2", "zones": ["west", "two"], "site": "x"}"#,
    ),
    (
        "data_bags/apps/c.json",
        r#"{"id": "c", "ip": "10.0.0.3", "zones": ["west", "one"], "site": "y"}"#,
    ),
];

/// Whether the text that is written takes the items of the search `found` together.
fn takes_together(recipe: &str) -> bool {
    let recipe = format!(
        "found = search(:apps, '*:*')\nout = ''\n{recipe}\nfile('/out') {{ content out.to_s }}\n"
    );
    let run = converge(&recipe, &ITEMS);
    assert!(
        run.undetermined.is_empty(),
        "{recipe}: {:?}",
        run.undetermined
    );
    assert!(run.failure.is_none(), "{recipe}: {:?}", run.failure);
    let file = &run.files["/out"];
    assert_eq!(file.searches, [0], "{recipe}");
    !file.together.is_empty() || !run.cut_short.is_empty()
}

#[test]
fn each_result_for_itself() {
    for recipe in [
        "out = found.map { |i| i['ip'] }.join(' ')",
        "out = found.sort_by { |i| i['id'] }.reverse.map { |i| i['ip'] }",
        "out = found.select { |i| i['site'] == 'x' }.map { |i| i['zones'].first }",
        "found.each { |i| out << i['ip'].split('.').last }",
        "found.each { |i| out += i['ip'] }",
        "list = []\nfound.each { |i| list << { 'ip' => i['ip'] } }\nout = list.map { |i| i['ip'] }",
        "list = []\nfound.each { |i| list += [i['ip']] }\nout = list.join",
        "by = {}\nfound.each { |i| by[i['id']] = i['ip'] }\nout = by.map { |k, v| k + v }",
        "out = found.map { |i| own = {}\nown['ip'] = i['ip']\nown }.map { |i| i['ip'] }",
        "out = found.map { |i| ip = nil\nip = i['ip']\nip }",
        "out = found.map { |i| [i['public'], i['ip']].compact.first }",
        "out = found.group_by { |i| i['site'] }.map { |_, of| of.map { |i| i['ip'] } }",
        "out = ([*found] + []).map { |i| i['ip'] }",
        "log found.size.to_s\nout = found.map { |i| i['ip'] }",
    ] {
        assert!(!takes_together(recipe), "{recipe}");
    }
}

#[test]
fn results_together() {
    for recipe in [
        "out = found.first['ip']",
        "out = found.first(2).map { |i| i['ip'] }",
        "out = found.first(4 - found.size).map { |i| i['ip'] }",
        "out = found[1]['ip']",
        "out = found[7 % found.size]['ip']",
        "out = found.map { |i| i['ip'] }.sort.last",
        "out = found.each_slice(2).map { |of| of.map { |i| i['ip'] } }",
        "out = found.min_by { |i| i['ip'] }['ip']",
        "out = found.map { |i| 12 / found.length }",
        "found.each_with_index { |i, n| out << \"#{n}#{i['ip']}\" }",
        "out = found.map.with_index { |i, n| n }",
        "out = found.map { |i| i['ip'] }.each_cons(2).to_a",
        "out = found.find { |i| i['site'] == 'y' }['ip']",
        "out = found.uniq { |i| i['site'] }.map { |i| i['ip'] }",
        "out = found.inject('') { |all, i| all + i['ip'] }",
        "out = found.group_by { |i| i['site'] }.map { |_, of| of.first['ip'] }",
        "out = ([*found] + []).first['ip']",
        "out = [found].flatten.first['ip']",
        "one, *rest = found\nout = rest.map { |i| i['ip'] }",
        "found.each { |i| out = i['ip'] }",
        "found.each { |i| node.run_state['ip'] = i['ip'] }\nout = node.run_state['ip']",
        "count = 0\nfound.each { count += 1 }\nout = %w(a b c).first(count).join + found.map { |i| i['ip'] }.join",
        "found.each { |i| out << i['ip']\nbreak }",
        "for i in found\n  last = i['ip']\nend\nout = last",
        "list = []\nfound.each { |i| list << i['ip'] }\nout = list.first",
        "out = found.map { |i| i['ip'] }.join(' ')[0, 9]",
        "out = found.values_at(0, 1).map { |i| i['ip'] }",
        "out = %w(a b c).zip(found.map { |i| i['ip'] }).map(&:last)",
    ] {
        assert!(takes_together(recipe), "{recipe}");
    }
}
