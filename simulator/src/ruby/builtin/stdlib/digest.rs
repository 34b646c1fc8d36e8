//! `Digest.__hash__(class, text)`: the bytes that the classes of `Digest` give.

use std::sync::LazyLock;

use sha2::Digest as _;

use super::super::super::Interp;
use super::super::super::class::Table;
use super::super::super::encoding::Encoding;
use super::super::super::env::Args;
use super::super::super::flow::R;
use super::super::super::object::{Data, Str};
use super::super::super::value::Value;
use super::super::{Builtin, def, table};

static STATIC: &[Builtin] = &[def("__hash__", 2, 2, hash)];
static TABLE: Table = LazyLock::new(|| table(STATIC));

/// Adds what the library's own Ruby calls.
pub fn install(interp: &mut Interp) {
    if let Some(class) = interp.class_by_path("Digest") {
        interp.add_static(class, &TABLE);
    }
}

fn hash(interp: &mut Interp, _: Value, args: &Args) -> R {
    let class = interp.str_arg(args.get(0))?;
    let bytes = match args.get(1).obj().map(|id| interp.data(id)) {
        Some(Data::Str(s)) => s.bytes().into_owned(),
        _ => interp.str_arg(args.get(1))?.into_bytes(),
    };
    interp.spend(bytes.len() / 16)?;
    let digest: Vec<u8> = match class.as_str() {
        "Digest::MD5" => md5::Md5::digest(&bytes).to_vec(),
        "Digest::SHA1" => sha1::Sha1::digest(&bytes).to_vec(),
        "Digest::SHA256" | "Digest::SHA2" => sha2::Sha256::digest(&bytes).to_vec(),
        "Digest::SHA384" => sha2::Sha384::digest(&bytes).to_vec(),
        "Digest::SHA512" => sha2::Sha512::digest(&bytes).to_vec(),
        other => return Err(interp.not_supported(format!("the digest {other}"))),
    };
    let data = Data::Str(Str::from_bytes(&digest, Encoding::Binary));
    Ok(interp.alloc(interp.core.string, data).into())
}
