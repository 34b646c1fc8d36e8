//! `[rotation]`: where customers are sent.

use foretaste_simulator::rollout::{Record, Rotation};
use toml::Spanned;

use super::Reader;
use super::keys::{RecordKeys, RotationKeys};
use crate::error::Failure;

impl Reader<'_> {
    /// # Errors
    /// Records of nothing, paths that are none, addresses that are none, and sites without the attribute that names them.
    pub(super) fn rotation(&self, keys: &RotationKeys) -> Result<Rotation, Failure> {
        let mut out = Rotation::default();
        if let Some(site) = &keys.site {
            out.site = self.parts(site)?;
        } else if let Some(site) = keys.active.first() {
            return Err(self.no_site(site));
        }
        out.active
            .extend(keys.active.iter().map(|s| s.as_ref().clone()));
        for (site, addresses) in &keys.addresses {
            for address in addresses {
                if keys.site.is_none() {
                    return Err(self.no_site(address));
                }
                let parsed = address.as_ref().parse::<std::net::IpAddr>();
                let parsed = parsed.map_err(|_| {
                    let message = format!("`{}` is no IP address", address.as_ref());
                    self.refuse(address, message)
                })?;
                out.addresses.insert(parsed, site.clone());
            }
        }
        for record in &keys.records {
            out.records.push(self.record(record)?);
        }
        Ok(out)
    }

    fn no_site(&self, at: &Spanned<String>) -> Failure {
        self.refuse(at, "nothing says which nodes a site has")
            .help("name the attribute that does: `site = \"datacenter\"` in [rotation]")
    }

    fn record(&self, keys: &RecordKeys) -> Result<Record, Failure> {
        match (&keys.zone, &keys.item) {
            (Some(zone), None) => {
                if let Some(key) = &keys.key {
                    return Err(self.refuse(key, "a zone has no keys"));
                }
                if keys.names.is_empty() {
                    return Err(self
                        .refuse(zone, "nothing says which of its names customers ask for")
                        .help("write them beside it: `names = [\"www\"]`"));
                }
                let path = super::clean(zone.as_ref());
                if path.split('/').any(|part| part == "..") {
                    return Err(self.refuse(zone, "this path is not in the repository"));
                }
                let names = keys.names.iter().map(|n| n.as_ref().clone()).collect();
                Ok(Record::Zone { path, names })
            }
            (None, Some(item)) => {
                if let Some(name) = keys.names.first() {
                    return Err(self.refuse(name, "names are a zone's"));
                }
                let parts = item.as_ref().split_once('/');
                let named = parts
                    .filter(|(bag, id)| !bag.is_empty() && !id.is_empty() && !id.contains('/'));
                let Some((bag, id)) = named else {
                    let message = format!("`{}` is no data bag item", item.as_ref());
                    return Err(self.refuse(item, message).help("write it as \"BAG/ITEM\""));
                };
                Ok(Record::Item {
                    bag: bag.to_owned(),
                    id: id.to_owned(),
                    key: keys
                        .key
                        .as_ref()
                        .map_or(Ok(Vec::new()), |k| self.parts(k))?,
                })
            }
            (Some(zone), Some(_)) => {
                Err(self.refuse(zone, "a record is of a zone or of an item, not of both"))
            }
            (None, None) => {
                let message = format!(
                    "{}: [[rotation.record]] names neither a zone nor an item",
                    self.name
                );
                Err(Failure::usage(message)
                    .help("write `zone = \"PATH\"` with `names`, or `item = \"BAG/ITEM\"`"))
            }
        }
    }

    /// The parts of a path with dots.
    fn parts(&self, path: &Spanned<String>) -> Result<Vec<String>, Failure> {
        let parts: Vec<String> = path.as_ref().split('.').map(str::to_owned).collect();
        if parts.iter().any(String::is_empty) {
            let message = format!("`{}` is no path of keys", path.as_ref());
            return Err(self.refuse(path, message).help("write it as \"a.b\""));
        }
        Ok(parts)
    }
}
