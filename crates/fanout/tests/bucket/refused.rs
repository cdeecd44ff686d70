//! Addresses and variables that are wrong are refused before anything is sent.

use crate::world::{World, run};

const KEY: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "hunter2")];

#[test]
fn an_address_with_a_password_is_refused_and_not_repeated() {
    let world = World::new();
    let file = world.file("run.json", &run());
    for address in ["s3://me:hunter2@fleet/x", "https://me:hunter2@host.invalid/fleet"] {
        let to = ["record", &file, "--to", address];
        let from = ["history", "--from", address];
        let table = ["export", "--history", "--format", "parquet", "--to", address];
        for arguments in [&to[..], &from, &table] {
            let said = world.call(arguments, &KEY);
            said.refused(&["password", "AWS_SECRET_ACCESS_KEY"]);
            assert!(!said.err.contains("hunter2"), "{said:?}");
        }
    }
}

/// An address, the variables, and words of the message.
type Case<'a> = (&'a str, Vec<(&'a str, &'a str)>, &'a str);

#[test]
fn an_address_that_is_none_and_a_setting_that_is_missing_or_wrong_are_named() {
    let world = World::new();
    let file = world.file("run.json", &run());
    let [id, secret] = KEY;
    let endpoint = |address| ("AWS_ENDPOINT_URL", address);
    let cases: [Case<'_>; 9] = [
        ("https://host.invalid/fleet", KEY.to_vec(), "s3://BUCKET/PREFIX"),
        ("s3://", KEY.to_vec(), "has no bucket"),
        ("s3://fleet/../x", KEY.to_vec(), "a prefix that cannot"),
        ("s3://fleet", vec![], "there is no key: set AWS_ACCESS_KEY_ID"),
        ("s3://fleet", vec![id], "AWS_SECRET_ACCESS_KEY is not: set both"),
        ("s3://fleet", vec![id, ("AWS_SECRET_ACCESS_KEY", "")], "AWS_SECRET_ACCESS_KEY is not: set both"),
        ("s3://fleet", vec![id, secret, endpoint("http://192.0.2.1:9")], "AWS_ALLOW_HTTP=true"),
        ("s3://fleet", vec![id, secret, endpoint("host:9")], "AWS_ENDPOINT_URL"),
        ("s3://fleet", vec![id, secret, endpoint("https://a:hunter2@192.0.2.1")], "holds a name or a password"),
    ];
    for (address, variables, words) in cases {
        let said = world.call(&["record", &file, "--to", address], &variables);
        said.refused(&[words]);
        assert!(!said.err.contains("hunter2"), "{said:?}");
    }
}
