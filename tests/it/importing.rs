//! Catalog files as people give them to commands: how they are found, read, mapped and refused.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::unique;

/// A folder of files, removed at its end.
struct Folder(PathBuf);

/// What a run printed, and how it ended.
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(unique("skuscribe-importing"));
        std::fs::create_dir_all(path.join("temporary")).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skuscribe"));
        command.env_clear().env("TMPDIR", self.0.join("temporary")).current_dir(&self.0);
        command.args(["--log", "warn", "--store", "store"]).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, b"")
    }

    fn run_with(&self, arguments: &[&str], input: &[u8]) -> Run {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that ends early reads no more.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        let left: Vec<_> = std::fs::read_dir(self.0.join("temporary")).unwrap().collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Run { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    fn inspected(&self, arguments: &[&str]) -> Value {
        let run = self.run(&[&["inspect", "--json"], arguments].concat());
        serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {} {}", run.out, run.err))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const WOO: &str = "ID,Type,SKU,Name,Published,Description,\"Regular price\",Images,Parent,\"Weight (kg)\",\"Attribute 1 name\",\"Attribute 1 value(s)\"\n\
    44,variable,tee,Tee,1,<b>Soft</b>,20,https://x.example/a.jpg,,0.2,Color,\"Blue, Red\"\n\
    45,variation,tee-red,Tee - Red,1,,20,,tee,,Color,Red\n";

#[test]
fn inspect_shows_how_a_file_is_read_before_anything_runs() {
    let folder = Folder::new();
    let woo = folder.file("any.name", WOO.as_bytes());
    let run = folder.run(&["inspect", &woo]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    for part in [
        "WooCommerce product CSV, UTF-8, comma-separated",
        "2 rows, 1 products, 1 variants",
        "Weight (kg)           attribute Weight",
        "no facts: Published, Regular price, Images",
        "product tee (row 2, 1 variants)",
        "Weight                  0.2 kg",
        "Color                   Blue, Red",
    ] {
        assert!(run.out.contains(part), "{part}: {}", run.out);
    }
    assert!(!folder.0.join("store").exists(), "nothing is written");
}

#[test]
fn a_file_may_be_packed_come_by_standard_input_or_from_an_address() {
    let folder = Folder::new();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(WOO.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let file = folder.file("export.csv.gz", &packed);
    assert_eq!(folder.inspected(&[&file])["products"], 1);
    let run = folder.run_with(&["inspect", "-"], &packed);
    assert!(run.code == Some(0) && run.out.contains("product tee"), "{} {}", run.out, run.err);

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        for answer in ["200 OK", "403 Forbidden"] {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let _ = std::io::Read::read(&mut stream, &mut request).unwrap();
            let head =
                format!("HTTP/1.1 {answer}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", packed.len());
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&packed).unwrap();
        }
    });
    let url = format!("http://{address}/export.csv.gz");
    let run = folder.run(&["inspect", &url]);
    assert!(run.code == Some(0) && run.out.contains("product tee"), "{} {}", run.out, run.err);
    let run = folder.run(&["inspect", &url]);
    assert!(run.code == Some(1) && run.err.contains("403 Forbidden"), "{}", run.err);
    server.join().unwrap();
}

#[test]
fn a_mapping_is_drafted_corrected_and_followed_by_every_command() {
    let folder = Folder::new();
    let shop = folder.file("shop.csv", "Nr;Was;Farbe;EK\n1;Becher;rot/blau;2,10\n".as_bytes());
    let run = folder.run(&["inspect", &shop]);
    assert!(
        run.code == Some(1) && run.err.contains("no column holds a SKU (found: Nr, Was, Farbe, EK)"),
        "{}",
        run.err
    );
    // Also of a file whose key is not known, for that is what a mapping is for; and of keys in JSON.
    let flat =
        folder.file("flat.json", "[{\"Nr\":1,\"Was\":\"Becher\"},{\"Nr\":2,\"Was\":\"Tasse\"}]".as_bytes());
    for (file, name) in [(&shop, "shop.toml"), (&flat, "flat.toml")] {
        let run = folder.run(&["inspect", file, "--write-map", name]);
        assert_eq!(run.code, Some(0), "{}", run.err);
        let draft = std::fs::read_to_string(folder.0.join(name)).unwrap();
        let corrected = draft.replace("# \"Nr\" = \"attribute\"", "\"Nr\" = \"sku\"");
        let map = folder
            .file(name, corrected.replace("# \"Was\" = \"attribute\"", "\"Was\" = \"title\"").as_bytes());
        let seen = folder.inspected(&[file, "--map", &map]);
        assert_eq!((&seen["shown"][0]["sku"], &seen["rejected_total"]), (&"1".into(), &0.into()), "{seen}");
    }
    let run = folder.run(&["inspect", &flat]);
    assert!(run.out.contains("say which key holds what in a mapping"), "{}", run.out);
    let known = folder.file("known.csv", "sku;Was;Farbe;EK\n1;Becher;rot/blau;2,10\n".as_bytes());
    let run = folder.run(&["inspect", &known, "--write-map", "map.toml"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let draft = std::fs::read_to_string(folder.0.join("map.toml")).unwrap();
    assert!(draft.contains("# \"sku\" = \"sku\"") && draft.contains("# \"EK\" = \"attribute\""), "{draft}");
    let run = folder.run(&["inspect", &known, "--write-map", "map.toml"]);
    assert!(run.code == Some(1) && run.err.contains("a file that is there stays"), "{}", run.err);

    let mapping = "[columns]\n\"Nr\" = \"sku\"\n\"EK\" = \"plumbing\"\n\"Farbe\" = { is = \"attribute\", name = \"color\", split = [\"/\"] }\n\
                   [computed.full]\nis = \"title\"\nvalue = \"{{ row['Was'] }} {{ row['Nr'] }}\"\n";
    let map = folder.file("own.toml", mapping.as_bytes());
    let seen = folder.inspected(&[&shop, "--map", &map]);
    let facts = seen["shown"][0]["facts"].to_string();
    assert!(
        facts.contains("Becher 1") && facts.contains("[\"color\",\"rot, blau\"]") && !facts.contains("2,10"),
        "{facts}"
    );
    let run = folder.run(&["cost", &shop, "--map", &map]);
    assert_eq!(run.code, Some(0), "{} {}", run.out, run.err);
}

#[test]
fn a_wrong_file_ends_after_ten_complaints_in_every_command_that_reads_files() {
    let folder = Folder::new();
    // Rows that lack a title and every attribute.
    let rows = (0..100_000).map(|number| format!("A{number}")).collect::<Vec<_>>().join("\n");
    let wrong = folder.file("wrong.csv", format!("sku\n{rows}\n").as_bytes());
    for arguments in
        [&["inspect", &wrong][..], &["cost", &wrong], &["backfill", "--dry-run", "--source", &wrong]]
    {
        let run = folder.run(arguments);
        let said = format!("{}{}", run.out, run.err);
        assert!(run.code == Some(1) && said.contains("is this the right file?"), "{arguments:?}: {said}");
        assert!(
            said.contains("needs a title or attributes") && said.lines().count() < 40,
            "{arguments:?}: {said}"
        );
    }
}

#[test]
fn what_is_wrong_with_rows_is_listed_with_column_and_remedy_and_the_exit_code_says_so() {
    let folder = Folder::new();
    let file = folder.file(
        "shop.csv",
        b"sku,title,ean,material\nA1,Mug,4006381333932,clay\n,Cup,,glass\nA2,Jug\nA1,Pot,,steel\n",
    );
    let run = folder.run(&["inspect", &file]);
    assert_eq!(run.code, Some(1));
    for part in [
        "row 2, sku: row 5 has the same key, and counts",
        "row 3: column sku: the row has no SKU; give it one",
        "row 4: the row has 2 cells, the header 4",
    ] {
        assert!(run.out.contains(part), "{part}: {}", run.out);
    }
}

#[test]
fn workbooks_and_parquet_files_of_others_are_read() {
    let folder = Folder::new();
    let script = "import sys\nfrom openpyxl import Workbook\nbook = Workbook()\nsheet = book.active\nsheet.append(['Artikelnummer', 'Bezeichnung', 'Material', 'Gewicht (kg)'])\n\
                  sheet.append(['A1', 'Tüte', 'Baumwolle', 1.5])\nsheet.append([4711, 'Becher', None, 2])\nbook.save(sys.argv[1])\n";
    let book = folder.0.join("shop.xlsx");
    if python(script, &book) {
        let seen = folder.inspected(&[book.to_str().unwrap()]);
        assert_eq!((&seen["products"], &seen["shown"][1]["sku"]), (&2.into(), &"4711".into()), "{seen}");
        assert!(seen["shown"][0]["facts"].to_string().contains("Baumwolle"), "{seen}");
    }
    let script = "import sys\nimport pyarrow as pa, pyarrow.parquet as pq\ntable = pa.table({'sku': ['A1', 'A2'], 'title': ['Mug', 'Cup'], 'material': ['clay', None]})\n\
                  pq.write_table(table, sys.argv[1], compression='zstd')\n";
    let table = folder.0.join("shop.parquet");
    if python(script, &table) {
        let seen = folder.inspected(&[table.to_str().unwrap()]);
        assert_eq!(seen["products"], 2, "{seen}");
        assert!(seen["format"].as_str().unwrap().contains("Parquet"), "{seen}");
    }
}

/// Runs a script with a path; whether it could.
#[expect(clippy::print_stderr, reason = "says what was left out, and why")]
fn python(script: &str, path: &Path) -> bool {
    let python = std::env::var("SKUSCRIBE_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let made = Command::new(&python).args(["-c", script]).arg(path).output();
    match made {
        Ok(output) if output.status.success() => true,
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            eprintln!("skipped: {python}: {}", errors.lines().last().unwrap_or_default());
            false
        }
        Err(error) => {
            eprintln!("skipped: {python}: {error}");
            false
        }
    }
}

#[test]
fn options_of_an_akeneo_export_are_called_by_their_labels() {
    let folder = Folder::new();
    let file = folder.file(
        "akeneo.csv",
        b"sku;categories;enabled;family;name-en_US;name-de_DE;main_color\na1;cups;1;cup;Mug;Becher;rd\n",
    );
    let labels = "{\"code\":\"main_color\",\"labels\":{\"en_US\":\"Color\",\"de_DE\":\"Farbe\"}}\n\
                  {\"code\":\"rd\",\"attribute\":\"main_color\",\"labels\":{\"en_US\":\"red\",\"de_DE\":\"rot\"}}\n";
    let labels = folder.file("labels.jsonl", labels.as_bytes());
    let seen = folder.inspected(&[&file, "--labels", &labels, "--locale", "de-DE"]);
    let facts = seen["shown"][0]["facts"].to_string();
    assert!(facts.contains("main_color (Farbe)") && facts.contains("rot"), "{facts}");
    let run = folder.run(&["inspect", &file, "--labels", &file]);
    assert!(run.code == Some(1) && run.err.contains("--labels"), "{}", run.err);
}
