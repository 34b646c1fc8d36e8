//! Which file of a cookbook a `template` or `cookbook_file` means on a node
//! (`Chef::CookbookVersion#preferred_manifest_record`).

/// The part of a cookbook that is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    Files,
    Templates,
}

impl Segment {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Templates => "templates",
        }
    }
}

/// What of the node decides; `None` where the node does not have it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Host<'a> {
    pub fqdn: Option<&'a str>,
    pub platform: Option<&'a str>,
    pub platform_version: Option<&'a str>,
}

/// One `source`, or several tried in order; several are taken as they stand, without the special folders.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    One(&'a str),
    Several(&'a [String]),
}

/// Paths within the cookbook, the most specific first.
#[must_use]
pub fn candidates(segment: Segment, wanted: Wanted<'_>, host: Host<'_>) -> Vec<String> {
    let segment = segment.name();
    let name = match wanted {
        Wanted::Several(names) => {
            return names.iter().map(|n| join(segment, "", n)).collect();
        }
        Wanted::One(name) => name,
    };
    let mut folders = vec![format!("host-{}", host.fqdn.unwrap_or_default())];
    if let (Some(platform), Some(version)) = (host.platform, host.platform_version) {
        let mut version = version;
        loop {
            folders.push(format!("{platform}-{version}"));
            match version.rsplit_once('.') {
                Some((shorter, _)) => version = shorter,
                None => break,
            }
        }
        folders.push(platform.to_owned());
    }
    folders.extend(["default".to_owned(), String::new()]);
    folders.iter().map(|f| join(segment, f, name)).collect()
}

/// `File.join`, which leaves one slash where two parts meet.
fn join(segment: &str, folder: &str, name: &str) -> String {
    let name = name.trim_start_matches('/');
    if folder.is_empty() {
        format!("{segment}/{name}")
    } else {
        format!("{segment}/{folder}/{name}")
    }
}

/// The first candidate that the cookbook has.
#[must_use]
pub fn find(
    segment: Segment,
    wanted: Wanted<'_>,
    host: Host<'_>,
    exists: &dyn Fn(&str) -> bool,
) -> Option<String> {
    candidates(segment, wanted, host)
        .into_iter()
        .find(|c| exists(c))
}

/// The message of Chef's `FileNotFound`. `existing` are all paths of the segment within the cookbook, in order.
#[must_use]
pub fn not_found_message(
    cookbook: &str,
    version: &str,
    segment: Segment,
    wanted: Wanted<'_>,
    host: Host<'_>,
    existing: &[String],
) -> String {
    let part = segment.name();
    let places: Vec<String> = match wanted {
        Wanted::Several(names) => names.iter().map(|n| join(part, "", n)).collect(),
        Wanted::One(name) => {
            let platform = host.platform.unwrap_or_default();
            let version = host.platform_version.unwrap_or_default();
            vec![
                format!("{part}/host-{}/{name}", host.fqdn.unwrap_or_default()),
                format!("{part}/{platform}-{version}/{name}"),
                format!("{part}/{platform}/{name}"),
                format!("{part}/default/{name}"),
                format!("{part}/{name}"),
            ]
        }
    };
    let mut message = format!(
        "Cookbook '{cookbook}' ({version}) does not contain a file at any of these locations:\n  {}",
        places.join("\n  ")
    );
    if !existing.is_empty() {
        message.push_str("\n\nThis cookbook _does_ contain: ['");
        message.push_str(&existing.join("','"));
        message.push_str("']");
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: Host<'_> = Host {
        fqdn: Some("s2.example.net"),
        platform: Some("ubuntu"),
        platform_version: Some("22.04"),
    };

    #[test]
    fn the_most_specific_place_comes_first() {
        insta::assert_snapshot!(candidates(Segment::Templates, Wanted::One("motd.erb"), HOST).join("\n"), @"
        templates/host-s2.example.net/motd.erb
        templates/ubuntu-22.04/motd.erb
        templates/ubuntu-22/motd.erb
        templates/ubuntu/motd.erb
        templates/default/motd.erb
        templates/motd.erb
        ");
    }

    #[test]
    fn several_sources_are_taken_as_they_stand() {
        let names = ["host-x.erb".to_owned(), "default/x.erb".to_owned()];
        let has = |p: &str| p == "templates/default/x.erb";
        let found = find(Segment::Templates, Wanted::Several(&names), HOST, &has);
        insta::assert_snapshot!(found.unwrap_or_default(), @"templates/default/x.erb");
    }

    #[test]
    fn what_is_missing_is_told_as_chef_tells_it() {
        let existing = [
            "templates/default/sshd_config.erb".to_owned(),
            "templates/fallback.erb".to_owned(),
        ];
        insta::assert_snapshot!(
            not_found_message("sshd", "1.0.0", Segment::Templates, Wanted::One("sshd_conf.erb"), HOST, &existing),
            @"
        Cookbook 'sshd' (1.0.0) does not contain a file at any of these locations:
          templates/host-s2.example.net/sshd_conf.erb
          templates/ubuntu-22.04/sshd_conf.erb
          templates/ubuntu/sshd_conf.erb
          templates/default/sshd_conf.erb
          templates/sshd_conf.erb

        This cookbook _does_ contain: ['templates/default/sshd_config.erb','templates/fallback.erb']
        "
        );
    }
}
