//! Data bags and their items, plain, encrypted and of chef-vault.

use std::sync::{Arc, LazyLock};

use foretaste_parser::json as json_text;
use foretaste_parser::name::Name;
use foretaste_parser::source::{Location, Source};
use serde_json::{Map, Value as Json};

use super::NodeFile;
use super::encrypted::{self, Error};
use super::json::to_value;
use super::places::{self, Places};
use super::run::run;
use crate::ruby::Interp;
use crate::ruby::builtin::{Builtin, def, table};
use crate::ruby::class::{ClassId, Table};
use crate::ruby::env::Args;
use crate::ruby::flow::{Flow, R};
use crate::ruby::object::{Data, Hash, Key};
use crate::ruby::origin::OriginSource;
use crate::ruby::value::{Kind, Origin, Value};

static ITEM: &[Builtin] = &[
    def("raw_data", 0, 0, raw_data).takes_unknown(),
    def("id", 0, 0, |i, v, _| Ok(field(i, v, "id"))),
    def("data_bag", 0, 1, |i, v, _| {
        Ok(i.ivar(v, Name::new("@data_bag")).unwrap_or(Value::NIL))
    }),
    def("name", 0, 0, object_name),
    def("object_name", 0, 0, object_name),
    def("to_h", 0, 0, to_hash).takes_unknown(),
    def("to_hash", 0, 0, to_hash).takes_unknown(),
    def("to_s", 0, 0, |i, v, _| {
        let id = field(i, v, "id");
        let id = i.to_text(id)?;
        Ok(i.str(format!("data_bag_item[{id}]")))
    }),
    def("save", 0, 1, |_, v, _| Ok(v)),
];
static ITEM_TABLE: Table = LazyLock::new(|| table(ITEM));

static ENCRYPTED: &[Builtin] = &[
    def("[]", 1, 1, decrypted),
    def("to_h", 0, 0, decrypted_hash),
    def("to_hash", 0, 0, decrypted_hash),
    def("[]=", 2, 2, |i, _, _| {
        Err(i.error(
            i.core.argument_error,
            "assignment not supported for Chef::EncryptedDataBagItem",
        ))
    })
    .takes_unknown(),
];
static ENCRYPTED_TABLE: Table = LazyLock::new(|| table(ENCRYPTED));

static STATIC: &[Builtin] = &[def("load", 2, 2, load)];
static STATIC_TABLE: Table = LazyLock::new(|| table(STATIC));

static ENCRYPTED_STATIC: &[Builtin] = &[
    def("load", 2, 3, load_encrypted).takes_unknown(),
    def("load_secret", 0, 1, load_secret),
    def("new", 2, 2, new_encrypted).takes_unknown(),
];
static ENCRYPTED_STATIC_TABLE: Table = LazyLock::new(|| table(ENCRYPTED_STATIC));

static VAULT_STATIC: &[Builtin] = &[
    def("load", 2, 3, vault_item),
    def("vault?", 2, 2, |i, _, a| Ok(is_vault(i, a)?.into())),
];
static VAULT_STATIC_TABLE: Table = LazyLock::new(|| table(VAULT_STATIC));

const ENCRYPTED_CLASS: &str = "Chef::EncryptedDataBagItem";
const VAULT_CLASS: &str = "ChefVault::Item";

/// Adds the methods of `Chef::DataBagItem`, and defines its encrypted sister and chef-vault's.
pub fn install(interp: &mut Interp, item: ClassId) {
    interp.add_methods(item, &ITEM_TABLE);
    interp.add_static(item, &STATIC_TABLE);
    let encrypted = interp.define_class(ENCRYPTED_CLASS, interp.core.object);
    interp.add_methods(encrypted, &ENCRYPTED_TABLE);
    interp.add_static(encrypted, &ENCRYPTED_STATIC_TABLE);
    let standard = interp.core.standard_error;
    for name in ["DecryptionFailure", "UnsupportedEncryptedDataBagItemFormat"] {
        interp.define_class(&format!("{ENCRYPTED_CLASS}::{name}"), standard);
    }
    interp.define_module("ChefVault");
    interp.define_module("ChefVault::Exceptions");
    for name in [
        "SecretDecryption",
        "KeysNotFound",
        "ItemNotFound",
        "ItemEncrypted",
    ] {
        interp.define_class(&format!("ChefVault::Exceptions::{name}"), standard);
    }
    let vault = interp.define_class(VAULT_CLASS, item);
    interp.add_static(vault, &VAULT_STATIC_TABLE);
}

fn field(interp: &mut Interp, this: Value, name: &str) -> Value {
    interp
        .hash_data(this)
        .and_then(|h| h.map.get(&Key::Str(name.into())))
        .map_or(Value::NIL, |(_, v)| *v)
}

/// The item's own fields as a Mash.
fn raw_data(interp: &mut Interp, this: Value, _: &Args) -> R {
    let (mash, array) = (run(interp).attributes.classes.mash, interp.core.array);
    Ok(super::attribute_view::deep_copy(
        interp, this, mash, array, true,
    ))
}

/// The fields with what names the item.
fn to_hash(interp: &mut Interp, this: Value, args: &Args) -> R {
    let hash = raw_data(interp, this, args)?;
    let bag = interp.ivar(this, Name::new("@data_bag"));
    let kind = interp.str("data_bag_item");
    for (key, value) in [("chef_type", kind), ("data_bag", bag.unwrap_or(Value::NIL))] {
        let key = interp.str(key);
        interp.call(hash, "[]=", &[key, value])?;
    }
    Ok(hash)
}

fn object_name(interp: &mut Interp, this: Value, _: &Args) -> R {
    let bag = interp.ivar(this, Name::new("@data_bag"));
    let bag = interp.to_text(bag.unwrap_or(Value::NIL))?;
    let id = field(interp, this, "id");
    let id = interp.to_text(id)?;
    Ok(interp.str(format!("data_bag_item_{bag}_{id}")))
}

/// `data_bag(name)`: the ids of its items.
pub fn list(interp: &mut Interp, _: Value, args: &Args) -> R {
    let bag = interp.to_text(args.get(0))?;
    check_bag_name(interp, &bag)?;
    let folder = format!("{}/{bag}", run(interp).repository.layout.data_bags);
    run(interp).looked_at(&folder);
    let view = run(interp).index.clone();
    let Some(documents) = view.view().saved().documents(&bag) else {
        if unkept(interp) {
            return Ok(interp.outside(format!(
                "data bag {bag}, which the repository does not hold"
            )));
        }
        return Err(super::dsl::http_error(interp, 404, "Not Found"));
    };
    let names: Vec<String> = documents.map(|d| d.name().to_owned()).collect();
    let items = names.into_iter().map(|n| interp.str(n)).collect();
    Ok(interp.array(items))
}

/// Whether a data bag that the repository does not hold may exist all the same: secrets are often kept elsewhere.
/// Exported nodes come from a repository that was downloaded from the server, and that has all bags where it has any.
pub fn unkept(interp: &mut Interp) -> bool {
    let run = run(interp);
    run.node.synthetic || run.repository.data_bags.is_empty()
}

/// An item as the server has it, with the places of its values.
struct Found {
    bag: String,
    id: String,
    json: Arc<Json>,
    path: Option<Arc<str>>,
    places: Places,
}

impl Found {
    fn fields(&self) -> Map<String, Json> {
        let mut map = self.json.as_object().cloned().unwrap_or_default();
        map.retain(|key, _| !matches!(key.as_str(), "data_bag" | "chef_type"));
        map
    }

    fn origin(&self, interp: &mut Interp, keys: &[String]) -> Origin {
        let Some(path) = &self.path else {
            return Origin::HERE;
        };
        let place = self.places.get(keys).cloned();
        let (bag, id) = (&self.bag, &self.id);
        let message = match keys {
            [] => format!("data bag item {bag}/{id}"),
            keys => format!("data bag item {bag}/{id} has {}", keys.join(".")),
        };
        interp.origins.source(OriginSource {
            message,
            location: Some(place.unwrap_or_else(|| Location::line(path.clone(), 1))),
            tag: None,
        })
    }
}

fn find(interp: &mut Interp, args: &Args) -> R<Found> {
    let (bag, id) = (interp.to_text(args.get(0))?, interp.to_text(args.get(1))?);
    let repository = run(interp).repository.clone();
    let path = repository
        .data_bags
        .get(&bag)
        .and_then(|b| b.get(&id))
        .cloned();
    let looked = path.as_deref().map_or_else(
        || format!("{}/{bag}/{id}.json", repository.layout.data_bags),
        str::to_owned,
    );
    run(interp).looked_at(&looked);
    let Some(json) = run(interp).document(&bag, &id) else {
        if unkept(interp) {
            let reason = format!("data bag item {bag}/{id}, which the repository does not hold");
            if let Kind::Unknown(id) = interp.outside(reason).kind {
                return Err(Flow::Unknown(id));
            }
        }
        return Err(super::dsl::http_error(interp, 404, "Not Found"));
    };
    let mut places = Places::new();
    if let Some(path) = &path {
        let source = Source::new(path.clone(), repository.text(path).unwrap_or_default());
        if let (Some(root), _) = json_text::parse(&source) {
            places = places::of_json(&source, &root);
        }
    }
    Ok(Found {
        bag,
        id,
        json,
        path,
        places,
    })
}

fn load(interp: &mut Interp, _: Value, args: &Args) -> R {
    let found = find(interp, args)?;
    let class = run(interp).classes.item;
    Ok(object(interp, class, &found, &found.fields()))
}

/// Whether a text may name a data bag or an item (`Chef::DataBag::VALID_NAME`).
fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    // In Ruby the pattern is one of lines.
    text.lines()
        .any(|line| !line.is_empty() && line.chars().all(fits))
}

fn check_bag_name(interp: &mut Interp, bag: &str) -> R<()> {
    if is_name(bag) || crate::ruby::unknown::first_hole(bag).is_some() {
        return Ok(());
    }
    let shown = crate::ruby::convert::inspect_str(bag, crate::ruby::encoding::Encoding::Utf8);
    let message =
        format!(r"DataBags must have a name matching /^[\.\-[:alnum:]_]+$/, you gave {shown}");
    Err(super::dsl::raise(interp, "InvalidDataBagName", message))
}

fn check_item_id(interp: &mut Interp, id: Value) -> R<()> {
    let is_fine =
        interp.text_or_sym(id).is_some_and(is_name) || interp.unknown_or_hole(id).is_some();
    if is_fine {
        return Ok(());
    }
    let shown = interp.inspect(id)?;
    let message = format!(
        r"Data Bag items must have an id matching /^[\.\-[:alnum:]_]+$/, you gave: {shown}"
    );
    Err(super::dsl::raise(interp, "InvalidDataBagItemID", message))
}

/// `data_bag_item(bag, id, secret)`
pub fn item(interp: &mut Interp, _: Value, args: &Args) -> R {
    let bag = interp.to_text(args.get(0))?;
    check_bag_name(interp, &bag)?;
    check_item_id(interp, args.get(1))?;
    let found = find(interp, args)?;
    let fields = found.fields();
    if !encrypted::looks_encrypted(&fields) {
        let class = run(interp).classes.item;
        return Ok(object(interp, class, &found, &fields));
    }
    let class = run(interp).classes.item;
    let raw = object(interp, class, &found, &fields);
    let secret = match args.opt(2).filter(|v| !v.is_nil()) {
        Some(secret) => secret,
        None => load_secret(interp, Value::NIL, &Args::default())?,
    };
    sealed(interp, raw, secret)
}

fn load_encrypted(interp: &mut Interp, this: Value, args: &Args) -> R {
    if let Some(id) = args
        .list
        .iter()
        .take(2)
        .find_map(|a| interp.unknown_or_hole(*a))
    {
        return Ok(id.into());
    }
    let raw = load(interp, this, args)?;
    let secret = match args.opt(2).filter(|v| !v.is_nil()) {
        Some(secret) => secret,
        None => load_secret(interp, Value::NIL, &Args::default())?,
    };
    sealed(interp, raw, secret)
}

fn new_encrypted(interp: &mut Interp, _: Value, args: &Args) -> R {
    sealed(interp, args.get(0), args.get(1))
}

/// Where Chef's client looks for the secret of encrypted data bags.
pub const SECRET_PATH: &str = "/etc/chef/encrypted_data_bag_secret";

/// `load_secret(path)`: the secret's text; unknown where nobody gave it, as it lies on the node. The secret that was
/// given is that of the client's own path; what another file holds, only the model can say.
fn load_secret(interp: &mut Interp, _: Value, args: &Args) -> R {
    let path = args.get(0);
    if let Some(id) = interp.unknown_or_hole(path) {
        return Ok(id.into());
    }
    let path = match path.is_nil() {
        true => SECRET_PATH.to_owned(),
        false => interp.to_text(path)?,
    };
    let options = &run(interp).options;
    let secret = match options.files.get(&path) {
        Some(NodeFile::Text(text)) => Some(text.clone()),
        _ => options.secret.clone().filter(|_| path == SECRET_PATH),
    };
    match secret {
        Some(secret) => {
            let secret = secret.trim();
            run(interp).secrets.push(secret.into());
            Ok(interp.str(secret))
        }
        None => Ok(interp.outside(format!("the secret of encrypted data bags at {path}"))),
    }
}

fn sealed(interp: &mut Interp, raw: Value, secret: Value) -> R {
    let class = super::error_class_at(interp, ENCRYPTED_CLASS);
    let object: Value = interp.alloc(class, Data::Plain).into();
    interp.set_ivar(object, Name::new("@enc_hash"), raw)?;
    interp.set_ivar(object, Name::new("@secret"), secret)?;
    Ok(object.with_origin(raw.origin))
}

/// `item['key']` of an encrypted item.
fn decrypted(interp: &mut Interp, this: Value, args: &Args) -> R {
    let raw = interp
        .ivar(this, Name::new("@enc_hash"))
        .unwrap_or(Value::NIL);
    let key = interp.to_text(args.get(0))?;
    let value = field(interp, raw, &key);
    if key == "id" || value.is_nil() {
        return Ok(value);
    }
    let origin = value.origin;
    let secret = interp
        .ivar(this, Name::new("@secret"))
        .unwrap_or(Value::NIL);
    if let Some(id) = interp.unknown_or_hole(secret) {
        return Ok(Value::from(id).with_origin(origin));
    }
    let secret = interp.to_text(secret)?;
    let json = super::json::to_json(interp, value);
    match encrypted::decrypt(&json, &secret) {
        Ok(plain) => {
            run(interp).secrets.push(plain.clone());
            Ok(to_value(interp, &plain, origin))
        }
        Err(Error::Decryption(message)) => {
            let path = format!("{ENCRYPTED_CLASS}::DecryptionFailure");
            let class = super::error_class_at(interp, &path);
            Err(interp.error(class, message))
        }
        Err(Error::Format) => Ok(interp
            .unsupported("an encrypted data bag value of another format")
            .with_origin(origin)),
    }
}

fn decrypted_hash(interp: &mut Interp, this: Value, _: &Args) -> R {
    let raw = interp
        .ivar(this, Name::new("@enc_hash"))
        .unwrap_or(Value::NIL);
    let keys: Vec<Value> = interp
        .hash_data(raw)
        .map(|h| h.map.values().map(|(k, _)| *k).collect())
        .unwrap_or_default();
    let mut hash = Hash::default();
    for key in keys {
        let value = decrypted(interp, this, &Args::of(&[key]))?;
        hash.map.insert(interp.key(key)?, (key, value));
    }
    Ok(interp.hash(hash))
}

/// Whether an item is one of chef-vault: encrypted, with another item that holds its keys.
fn is_vault(interp: &mut Interp, args: &Args) -> R<bool> {
    let found = find(interp, args)?;
    let sealed = found
        .fields()
        .values()
        .any(|v| v.get("encrypted_data").is_some());
    let keys = format!("{}_keys", found.id);
    Ok(sealed && run(interp).document(&found.bag, &keys).is_some())
}

/// `chef_vault_item(bag, id)`: an item of a vault, or what the node's fallback says.
pub fn vault_or_plain(interp: &mut Interp, this: Value, args: &Args) -> R {
    if is_vault(interp, args)? {
        return vault_item(interp, this, args);
    }
    let node = run(interp).node_value;
    let path = ["chef-vault", "databag_fallback"].map(|part| interp.str(part));
    let fallback = interp.call(node, "read", &path)?;
    if fallback.truthy() == Some(true) {
        return load(interp, this, args);
    }
    let (bag, id) = (interp.to_text(args.get(0))?, interp.to_text(args.get(1))?);
    let class = interp.core.runtime_error;
    Err(interp.error(
        class,
        format!("Trying to load a regular data bag item {id} from {bag}, and databag_fallback is disabled"),
    ))
}

/// `ChefVault::Item.load`: the values need the client's key, so they are unknown; who may read them is not.
fn vault_item(interp: &mut Interp, _: Value, args: &Args) -> R {
    let found = find(interp, args)?;
    let (bag, id) = (found.bag.clone(), found.id.clone());
    let fail = |interp: &mut Interp, class: &str, message: String| -> Flow {
        let class = super::error_class_at(interp, &format!("ChefVault::Exceptions::{class}"));
        interp.error(class, message)
    };
    let Some(keys) = run(interp).document(&bag, &format!("{id}_keys")) else {
        let message = format!("{bag}/{id}_keys could not be found");
        return Err(fail(interp, "KeysNotFound", message));
    };
    let node = run(interp).node.name.clone();
    // Sparse vaults keep each client's key in an item of its own.
    let own = format!("{id}_key_{node}");
    if keys.get(&node).is_none() && run(interp).document(&bag, &own).is_none() {
        let message = format!(
            "{bag}/{id} is not encrypted with your public key.  Contact an administrator of the vault item to \
             encrypt for you!"
        );
        return Err(fail(interp, "SecretDecryption", message));
    }
    let mut fields = found.fields();
    let sealed: Vec<String> = fields
        .iter()
        .filter(|(_, v)| v.get("encrypted_data").is_some())
        .map(|(key, _)| key.clone())
        .collect();
    fields.retain(|key, _| !sealed.contains(key));
    let class = super::error_class_at(interp, VAULT_CLASS);
    let item = object(interp, class, &found, &fields);
    for key in sealed {
        let origin = found.origin(interp, std::slice::from_ref(&key));
        let unknown = interp.outside(format!("`{key}` of the vault item {bag}/{id}"));
        let key = interp.str(key);
        interp.call(item, "[]=", &[key, unknown.with_origin(origin)])?;
    }
    Ok(item)
}

/// An item's object with the place of each value.
fn object(interp: &mut Interp, class: ClassId, found: &Found, fields: &Map<String, Json>) -> Value {
    let whole = found.origin(interp, &[]);
    let origin = &mut |interp: &mut Interp, path: &[String]| found.origin(interp, path);
    make(interp, class, &found.bag, fields, origin).with_origin(whole)
}

/// An item among the results of a search.
pub fn item_value(interp: &mut Interp, bag: &str, json: &Json, origin: Origin) -> Value {
    let class = run(interp).classes.item;
    let mut fields = json.as_object().cloned().unwrap_or_default();
    fields.retain(|key, _| !matches!(key.as_str(), "data_bag" | "chef_type"));
    make(interp, class, bag, &fields, &mut |_, _| origin).with_origin(origin)
}

fn make(
    interp: &mut Interp,
    class: ClassId,
    bag: &str,
    fields: &Map<String, Json>,
    origin: &mut dyn FnMut(&mut Interp, &[String]) -> Origin,
) -> Value {
    let mut hash = Hash {
        indifferent: true,
        ..Hash::default()
    };
    let mash = run(interp).attributes.classes.mash;
    for (name, value) in fields {
        let value = part(interp, mash, value, &mut vec![name.clone()], origin);
        let key_value = interp.str(name.as_str());
        hash.map
            .insert(Key::Str(name.as_str().into()), (key_value, value));
    }
    let object: Value = interp.alloc(class, Data::Hash(Box::new(hash))).into();
    let name = interp.str(bag);
    let _ = interp.set_ivar(object, Name::new("@data_bag"), name);
    object
}

fn part(
    interp: &mut Interp,
    mash: ClassId,
    json: &Json,
    path: &mut Vec<String>,
    origin: &mut dyn FnMut(&mut Interp, &[String]) -> Origin,
) -> Value {
    let own = origin(interp, path);
    let Json::Object(map) = json else {
        let value = to_value(interp, json, own);
        let array = interp.core.array;
        return super::attribute_view::deep_copy(interp, value, mash, array, true).with_origin(own);
    };
    let mut hash = Hash {
        indifferent: true,
        ..Hash::default()
    };
    for (name, value) in map {
        path.push(name.clone());
        let value = part(interp, mash, value, path, origin);
        path.pop();
        let key_value = interp.str(name.as_str());
        hash.map
            .insert(Key::Str(name.as_str().into()), (key_value, value));
    }
    let id = interp.alloc(mash, Data::Hash(Box::new(hash)));
    Value::from(id).with_origin(own)
}
