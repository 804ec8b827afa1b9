//! `DATA.md` says what is written, and its queries are answered.

use std::fs;

use arrow_schema::{DataType, Schema};
use sigmill::report::columns::{name_of, schemas};

use super::common::python_with;
use super::{path, said, sigmill, stderr};

fn document() -> String {
    fs::read_to_string(path("DATA.md")).unwrap()
}

fn words(schema: &Schema) -> Vec<[String; 3]> {
    let word = |data_type: &DataType| match data_type {
        DataType::Dictionary(..) => "word".to_owned(),
        DataType::Utf8 => "string".to_owned(),
        DataType::Boolean => "bool".to_owned(),
        DataType::Timestamp(..) => "time".to_owned(),
        DataType::List(_) => "list".to_owned(),
        number => number.to_string().to_lowercase(),
    };
    let row = |field: &arrow_schema::FieldRef| {
        let null = if field.is_nullable() { "sometimes" } else { "never" };
        [field.name().clone(), word(field.data_type()), null.to_owned()]
    };
    schema.fields().iter().map(row).collect()
}

#[test]
fn every_column_is_documented_as_it_is_written() {
    let document = document();
    let sections: Vec<&str> = document.split("\nSchema `").skip(1).collect();
    let schemas = schemas();
    assert_eq!(sections.len(), schemas.len());
    for schema in schemas {
        let name = name_of(&schema).unwrap();
        let version = &schema.metadata()["sigmill.schema_version"];
        let head = format!("{name}`, version {version}");
        let section = sections.iter().find(|section| section.starts_with(&head));
        let section = section.unwrap_or_else(|| panic!("DATA.md has no {head}"));
        let section = section.split("\n## ").next().unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        let told: Vec<[String; 3]> = rows
            .map(|line| {
                let cells: Vec<&str> = line.split('|').map(str::trim).collect();
                assert!(cells[4].ends_with('.'), "{line}");
                let null = if cells[3] == "never" { "never" } else { "sometimes" };
                [cells[1].trim_matches('`').into(), cells[2].into(), null.into()]
            })
            .collect();
        assert_eq!(told, words(&schema), "{name}");
    }
}

const ASK: &str = "
import os, sys, duckdb
os.chdir(sys.argv[1])
duckdb.sql(\"SET TimeZone = 'UTC'\")
for row in duckdb.sql(sys.argv[2]).to_arrow_table().to_pylist():
    print(*row.values(), sep='|')
";

fn ask(folder: &std::path::Path, query: &str) -> Option<Vec<String>> {
    let mut python = python_with("duckdb")?;
    python.args(["-c", ASK]).arg(folder).arg(query);
    Some(said(&mut python).lines().map(str::to_owned).collect())
}

#[test]
fn the_queries_of_the_document_are_answered() {
    let document = document();
    let blocks = document.split("```sql\n").skip(1).map(|block| block.split("```").next().unwrap());
    let queries: Vec<&str> = blocks.collect();
    assert!(queries.len() >= 10, "{}", queries.len());
    let folder = tempfile::tempdir().unwrap();
    let (zone, capture) = (folder.path().join("zone"), folder.path().join("capture"));
    let runs: [(_, &[&str], &[&str]); 2] = [
        (
            &zone,
            &["zone", "datasets/variants/rdata-octet.zone", "--at", "2026-06-01"],
            &["findings", "rrsets", "signatures"],
        ),
        (
            &capture,
            &[
                "capture",
                "datasets/captures/tree.pcapng",
                "--anchor",
                "datasets/captures/tree.anchor",
            ],
            &["findings", "rrsets", "signatures", "responses"],
        ),
    ];
    for (directory, arguments, tables) in runs {
        fs::create_dir(directory).unwrap();
        let mut command = sigmill(arguments);
        for table in tables {
            command.arg(format!("--{table}")).arg(directory.join(table).with_extension("parquet"));
        }
        let output = command.arg("-qq").output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    }
    for query in &queries {
        let is_of_captures = query.contains("first_seen") || query.contains("responses.parquet");
        let directory = if is_of_captures { &capture } else { &zone };
        let Some(rows) = ask(directory, query) else { return };
        // The zone has no two keys of one tag.
        assert_eq!(rows.is_empty(), query.contains("HAVING keys > 1"), "{query}: {rows:?}");
    }
    // The answers of some of them.
    let answer = |directory, part: &str| {
        let query = queries.iter().find(|query| query.contains(part)).unwrap();
        ask(directory, query).unwrap()
    };
    let first = answer(&zone, "ORDER BY expiration, owner LIMIT");
    assert!(first.len() == 10 && first[0].starts_with("2036-01-01 00:00:00+00:00|"), "{first:?}");
    let keys = answer(&zone, "list(DISTINCT type");
    assert_eq!(keys.len(), 2, "{keys:?}");
    assert!(keys[1].ends_with("|257|1|['DNSKEY']"), "{keys:?}");
    let rrsets = answer(&zone, "arg_min(owner, line)");
    assert_eq!(rrsets.len(), 1, "{rrsets:?}");
    assert!(rrsets[0].starts_with("bogus|signature-invalid|"), "{rrsets:?}");
    let zones = answer(&zone, "union_by_name");
    assert!(zones[0].starts_with("example.|") && zones[0].contains("|1|"), "{zones:?}");
    let names = answer(&capture, "AS hour");
    assert!(names.iter().any(|row| row.contains("|signature-expired|")), "{names:?}");
}
