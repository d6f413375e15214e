//! Compares the schemas of both engines, as their catalogs describe them.

use std::collections::BTreeSet;

use vestibule_testbed::{Database, Engine};

use crate::create_migrated;

/// Returns one line for each property of the schema, in a form that both engines share.
async fn describe(engine: Engine, query: fn(Engine) -> &'static str) -> BTreeSet<String> {
    let database: Database = create_migrated(engine).await;
    database.rows(query(engine)).into_iter().map(|row| row.join(" ")).collect()
}

/// Asserts that `query` describes both schemas alike, in at least `min_lines` lines.
async fn assert_equal(query: fn(Engine) -> &'static str, min_lines: usize) {
    let (sqlite, postgres) = (describe(Engine::Sqlite, query).await, describe(Engine::Postgres, query).await);
    let only_sqlite: Vec<_> = sqlite.difference(&postgres).collect();
    let only_postgres: Vec<_> = postgres.difference(&sqlite).collect();
    assert!(
        only_sqlite.is_empty() && only_postgres.is_empty(),
        "SQLite: {only_sqlite:#?} PostgreSQL: {only_postgres:#?}"
    );
    assert!(sqlite.len() >= min_lines, "{sqlite:#?}");
}

#[tokio::test]
async fn engines_have_equal_tables_and_columns() {
    let query = |engine| match engine {
        Engine::Sqlite => {
            "SELECT t.name, c.name, c.type, c.\"notnull\", COALESCE(c.dflt_value, '')
               FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
        }
        Engine::Postgres => {
            "SELECT c.relname, a.attname,
                    CASE format_type(a.atttypid, a.atttypmod) WHEN 'bigint' THEN 'INTEGER' WHEN 'text' THEN 'TEXT'
                         WHEN 'bytea' THEN 'BLOB' ELSE format_type(a.atttypid, a.atttypmod) END,
                    CASE WHEN a.attnotnull THEN 1 ELSE 0 END,
                    COALESCE(split_part(pg_get_expr(d.adbin, d.adrelid), '::', 1), '')
               FROM pg_class c
               JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
               LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
              WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace"
        }
    };
    assert_equal(query, 140).await;
}

#[tokio::test]
async fn engines_have_equal_unique_keys_and_indexes() {
    let query = |engine| match engine {
        Engine::Sqlite => {
            "SELECT t.name, CASE WHEN i.\"unique\" THEN 'unique' ELSE 'plain' END,
                    (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)),
                    CASE WHEN i.partial THEN 'partial' ELSE 'whole' END
               FROM sqlite_schema t JOIN pragma_index_list(t.name) i WHERE t.type = 'table'
              UNION
             SELECT t.name, 'unique', group_concat(c.name, ','), 'whole'
               FROM sqlite_schema t JOIN pragma_table_info(t.name) c
              WHERE t.type = 'table' AND c.pk > 0 GROUP BY t.name"
        }
        Engine::Postgres => {
            "SELECT c.relname, CASE WHEN i.indisunique THEN 'unique' ELSE 'plain' END,
                    (SELECT string_agg(a.attname, ',' ORDER BY k.place)
                       FROM unnest(i.indkey) WITH ORDINALITY AS k (number, place)
                       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number),
                    CASE WHEN i.indpred IS NULL THEN 'whole' ELSE 'partial' END
               FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
              WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace"
        }
    };
    assert_equal(query, 50).await;
}

#[tokio::test]
async fn engines_have_equal_foreign_keys() {
    let query = |engine| {
        match engine {
        Engine::Sqlite => {
            "SELECT t.name, group_concat(k.\"from\", ','), k.\"table\", group_concat(k.\"to\", ','), k.on_delete
               FROM sqlite_schema t
               JOIN (SELECT * FROM sqlite_schema) s ON s.name = t.name
               JOIN pragma_foreign_key_list(t.name) k
              WHERE t.type = 'table' AND s.type = 'table' GROUP BY t.name, k.id"
        }
        Engine::Postgres => {
            "SELECT c.relname,
                    (SELECT string_agg(a.attname, ',' ORDER BY k.place) FROM unnest(f.conkey) WITH ORDINALITY AS k (number, place)
                       JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.number),
                    r.relname,
                    (SELECT string_agg(a.attname, ',' ORDER BY k.place) FROM unnest(f.confkey) WITH ORDINALITY AS k (number, place)
                       JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.number),
                    CASE f.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'a' THEN 'NO ACTION' END
               FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class r ON r.oid = f.confrelid
              WHERE f.contype = 'f' AND f.connamespace = current_schema()::regnamespace"
        }
    }
    };
    assert_equal(query, 20).await;
}

#[tokio::test]
async fn engines_have_equal_numbers_of_check_constraints() {
    let query = |engine| match engine {
        Engine::Sqlite => {
            "SELECT name, (length(sql) - length(replace(sql, 'CHECK (', ''))) / 7 FROM sqlite_schema WHERE type = 'table'"
        }
        Engine::Postgres => {
            "SELECT c.relname, (SELECT COUNT(*) FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c')
               FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace"
        }
    };
    assert_equal(query, 15).await;
}
