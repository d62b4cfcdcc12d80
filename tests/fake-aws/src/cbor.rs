//! CBOR as JSON, for a test to look into.

use std::collections::BTreeMap;

use aws_smithy_cbor::Decoder;
use aws_smithy_cbor::data::Type;
use serde_json::{Value, json};

/// The whole of `bytes`, one value. NaN and infinities, which JSON has not, are null.
pub fn decoded(bytes: &[u8]) -> Value {
    let mut decoder = Decoder::new(bytes);
    let value = value(&mut decoder);
    assert_eq!(decoder.position(), bytes.len());
    value
}

fn value(decoder: &mut Decoder<'_>) -> Value {
    match decoder.datatype().unwrap() {
        Type::Map => {
            let members = decoder.map().unwrap().unwrap();
            (0..members).map(|_| (decoder.string().unwrap(), value(decoder))).collect()
        }
        Type::MapIndef => {
            decoder.map().unwrap();
            let mut members = BTreeMap::new();
            while decoder.datatype().unwrap() != Type::Break {
                members.insert(decoder.string().unwrap(), value(decoder));
            }
            decoder.skip().unwrap();
            json!(members)
        }
        Type::Array => {
            let members = decoder.list().unwrap().unwrap();
            (0..members).map(|_| value(decoder)).collect()
        }
        Type::String => decoder.string().unwrap().into(),
        Type::F64 => decoder.double().unwrap().into(),
        Type::Tag => decoder.timestamp().unwrap().to_string().into(),
        other => panic!("unexpected in a request: {other:?}"),
    }
}
