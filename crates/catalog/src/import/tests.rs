//! Files as shops export them, each after the published list of its format's fields, and what becomes of them.

use serde_json::{Value, json};

use super::input::InputFile;
use super::mapping::Mapping;
use super::reader::{Import, ImportOptions};

/// What became of a file.
struct Read {
    format: String,
    encoding: String,
    products: Vec<Value>,
    warnings: Vec<String>,
    refused: Vec<String>,
}

fn read_with(bytes: &[u8], mapping: Option<&str>) -> anyhow::Result<Read> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog");
    std::fs::write(&path, bytes).unwrap();
    let mapping = mapping.map(|text| Mapping::read("map.toml", text)).transpose()?.map(Into::into);
    let options = ImportOptions { mapping, ..ImportOptions::default() };
    let import = Import::open(&InputFile::open(&path)?, &options, &folder.path().join("aside"))?;
    let mut read = Read {
        format: import.shape.format.clone(),
        encoding: import.shape.encoding.clone(),
        products: Vec::new(),
        warnings: import.shape.warnings.iter().map(ToString::to_string).collect(),
        refused: Vec::new(),
    };
    for entry in import.entries {
        match entry? {
            Ok(entry) => {
                read.warnings.extend(entry.warnings.iter().map(ToString::to_string));
                read.products.push(Value::Object(entry.product));
            }
            Err(complaint) => read.refused.push(complaint.to_string()),
        }
    }
    assert!(!folder.path().join("aside").exists(), "what was put aside is gone");
    Ok(read)
}

fn read(text: &str) -> Read {
    read_with(text.as_bytes(), None).unwrap()
}

fn check(text: &str, format: &str, expected: &Value) {
    let read = read(text);
    assert_eq!(read.format, format);
    assert_eq!(Value::Array(read.products), *expected, "{:?} {:?}", read.warnings, read.refused);
    assert!(read.refused.is_empty(), "{:?}", read.refused);
}

#[test]
fn a_shopify_product_is_one_with_its_variants_and_images_whatever_its_header() {
    let expected = json!([{
        "sku": "varsity-top", "title": "Varsity Top", "description": "<p>A top.</p>", "brand": "Acme",
        "category": ["Apparel", "Tops"],
        "attributes": { "tags": ["women", "summer"], "gender": "female", "Fabric": ["cotton", "linen"], "Size": ["S", "M"], "Color": "Red" },
        "variants": [
            { "sku": "VT-S", "attributes": { "Size": "S", "weight": { "value": 300, "unit": "g" } } },
            { "sku": "VT-M", "attributes": { "Size": "M", "weight": { "value": 310, "unit": "g" } } }
        ]
    }, {
        "sku": "jumper", "title": "Jumper", "brand": "Acme", "gtin": "4006381333931",
        "attributes": { "weight": { "value": 400, "unit": "g" } }
    }]);
    check(
        "Handle,Title,Body (HTML),Vendor,Product Category,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,\
         Variant Grams,Variant Price,Variant Barcode,Image Src,Google Shopping / Gender,Fabric (product.metafields.custom.fabric),Status\n\
         varsity-top,Varsity Top,<p>A top.</p>,Acme,Apparel > Tops,\"women, summer\",TRUE,Size,S,Color,Red,VT-S,300,9.90,,https://x.example/a.jpg,female,cotton; linen,active\n\
         varsity-top,,,,,,,,M,,Red,VT-M,310,9.90,,,,,\n\
         varsity-top,,,,,,,,,,,,,,,https://x.example/b.jpg,,,\n\
         jumper,Jumper,,Acme,,,TRUE,Title,Default Title,,,J-1,400,20,4006381333931,,,,active\n",
        "Shopify product CSV",
        &expected,
    );
    // The new template, with continuation rows that leave the handle out.
    check(
        "Title,URL handle,Description,Vendor,Product category,Tags,Published on online store,Status,SKU,Barcode,Option1 name,Option1 value,\
         Option1 Linked To,Option2 name,Option2 value,Price,Weight value (grams),Google Shopping / Gender,Fabric (product.metafields.custom.fabric)\n\
         Varsity Top,varsity-top,<p>A top.</p>,Acme,Apparel > Tops,\"women, summer\",TRUE,Active,VT-S,,Size,S,,Color,Red,9.90,300,female,cotton; linen\n\
         ,,,,,,,,VT-M,,,M,,,Red,9.90,310,,\n\
         Jumper,jumper,,Acme,,,TRUE,Active,J-1,4006381333931,Title,Default Title,,,,20,400,,\n",
        "Shopify product CSV",
        &expected,
    );
}

#[test]
fn woocommerce_variations_join_their_parent_by_sku_or_id_wherever_they_stand() {
    check(
        "ID,Type,SKU,Name,Published,\"Is featured?\",\"Short description\",Description,\"Tax status\",\"In stock?\",Stock,\"Weight (kg)\",\"Regular price\",\
         Categories,Tags,Images,Parent,\"Attribute 1 name\",\"Attribute 1 value(s)\",\"Attribute 1 visible\",\"Attribute 2 name\",\"Attribute 2 value(s)\",\"Attribute 2 visible\"\n\
         46,variation,,\"Tee - 10\\, 20 cm\",1,0,,,taxable,1,,,20,,,,id:44,Width,\"10, 20 cm\",,,,\n\
         44,variable,tee,Tee,1,1,Short.,Long.,taxable,1,,.5,,\"Clothing > Tees, Sale\",summer,https://x.example/a.jpg,,Width,\"10\\, 20 cm, 30 cm\",1,Dealer,north,0\n\
         45,variation,tee-30,Tee - 30 cm,1,0,,,taxable,1,,,20,,,,tee,Width,30 cm,,,,\n\
         47,simple,cap,Cap,1,0,A cap.,,taxable,1,,,5,Uncategorized,,,,,,,,,\n",
        "WooCommerce product CSV",
        &json!([{
            "sku": "tee", "title": "Tee", "description": "Long.", "category": ["Clothing", "Tees"],
            "attributes": { "Weight": { "value": 0.5, "unit": "kg" }, "tags": "summer", "Width": ["10, 20 cm", "30 cm"], "Dealer": "north" },
            "variants": [
                { "sku": "46", "attributes": { "Width": "10, 20 cm" } },
                { "sku": "tee-30", "attributes": { "Width": "30 cm" } }
            ],
            "internal": ["Dealer"]
        }, { "sku": "cap", "title": "Cap", "description": "A cap." }]),
    );
}

#[test]
fn woocommerce_is_known_in_the_languages_that_its_exporter_translates_the_header_into() {
    check(
        "ID,Typ,Artikelnummer,Name,Veröffentlicht,\"Ist hervorgehoben?\",\"Sichtbarkeit im Katalog\",Kurzbeschreibung,Beschreibung,Steuerstatus,Vorrätig?,Lager,\
         \"Gewicht (kg)\",\"Regulärer Preis\",Kategorien,Schlagwörter,Bilder,\"Übergeordnetes Produkt\",\"Attribut 1 Name\",\"Attribut 1 Wert(e)\",\"Attribut 1 Sichtbar\"\n\
         44,variable,TS-1,Hemd Wolke,1,0,visible,,Weich.,taxable,1,5,\"0,2\",,Kleidung > Hemden,,,,Größe,\"S, M\",1\n\
         45,variation,,Hemd Wolke - S,1,0,visible,,,taxable,1,,,20,,,,id:44,Größe,S,\n",
        "WooCommerce product CSV",
        &json!([{
            "sku": "TS-1", "title": "Hemd Wolke", "description": "Weich.", "category": ["Kleidung", "Hemden"],
            "attributes": { "Gewicht": { "value": 0.2, "unit": "kg" }, "Größe": ["S", "M"] },
            "variants": [{ "sku": "45", "attributes": { "Größe": "S" } }]
        }]),
    );
}

#[test]
fn flat_json_lines_keep_what_they_say() {
    let flat = read("{\"sku\":\"A\",\"title\":\"Mug\",\"material\":\"clay\",\"price\":3}\n");
    assert_eq!(flat.products[0]["attributes"], json!({ "material": "clay" }));
    let own =
        read("{\"sku\":\"A\",\"title\":\"Mug\",\"attributes\":{\"material\":\"clay\"},\"tenant\":\"x\"}\n");
    assert_eq!(own.products[0]["attributes"], json!({ "material": "clay" }));
}

#[test]
fn magento_s_simple_products_join_the_one_that_lists_them_and_store_views_are_locales() {
    let text = "sku,store_view_code,attribute_set_code,product_type,categories,name,description,tax_class_name,price,additional_attributes,configurable_variations\n\
         H-S,,Top,simple,Default Category,Hoodie-S,,Taxable Goods,52,\"has_options=0,size=S,color=Red\",\n\
         H-M,,Top,simple,Default Category,Hoodie-M,,Taxable Goods,52,\"size=M,color=Red,care=Wash warm, dry flat\",\n\
         H,,Top,configurable,\"Default Category/Men/Tops,Default Category\",Hoodie,<p>Warm</p>,Taxable Goods,52,\"material=Wool|Cotton,sale=Yes\",\"sku=H-S,size=S|sku=H-M,size=M\"\n\
         H,de_DE,,,,Kapuzenjacke,<p>Warm</p>,,,material=Wolle|Baumwolle,\n\
         H,german,,,,Jacke,,,,,\n";
    let expected = json!([{
        "sku": "H", "title": "Hoodie", "description": "<p>Warm</p>", "category": ["Men", "Tops"],
        "attributes": { "material": ["Wool", "Cotton"], "size": ["S", "M"], "color": "Red", "care": "Wash warm, dry flat" },
        "variants": [
            { "sku": "H-S", "attributes": { "size": "S" } },
            { "sku": "H-M", "attributes": { "size": "M", "care": "Wash warm, dry flat" } }
        ],
        "localized": { "de-DE": { "title": "Kapuzenjacke", "description": "<p>Warm</p>", "attributes": { "material": ["Wolle", "Baumwolle"] } } }
    }]);
    check(text, "Magento product CSV", &expected);
    assert!(
        read(text).warnings.iter().any(|warning| warning.contains("german") && warning.contains("[locales]"))
    );
    let mapped = read_with(text.as_bytes(), Some("[locales]\ngerman = \"de-AT\"\n")).unwrap();
    assert_eq!(mapped.products[0]["localized"]["de-AT"]["title"], "Jacke");
}

#[test]
fn rows_of_a_google_feed_with_one_group_are_one_product() {
    check(
        "id\ttitle\tdescription\tlink\timage_link\tavailability\tprice\tbrand\tcolor\tmaterial\titem_group_id\tproduct_detail\tgoogle_product_category\n\
         M-R\tMug red\tA mug.\thttps://x.example/1\thttps://x.example/1.jpg\tin_stock\t9.99 EUR\tAcme\tred\tclay\tM\tGeneral:Volume:300 ml\tHome > Kitchen\n\
         J\tJug\tA jug.\thttps://x.example/2\thttps://x.example/2.jpg\tin_stock\t9.99 EUR\tAcme\twhite\tclay/wood\t\t\t\n\
         M-B\tMug blue\tA mug.\thttps://x.example/3\thttps://x.example/3.jpg\tin_stock\t9.99 EUR\tAcme\tblue\tclay\tM\tGeneral:Volume:300 ml\tHome > Kitchen\n",
        "Google Merchant feed",
        &json!([
            { "sku": "J", "title": "Jug", "description": "A jug.", "brand": "Acme", "attributes": { "color": "white", "material": ["clay", "wood"] } },
            {
                "sku": "M", "title": "Mug", "description": "A mug.", "brand": "Acme", "category": ["Home", "Kitchen"],
                "attributes": { "color": ["red", "blue"], "material": "clay", "Volume": "300 ml" },
                "variants": [
                    { "sku": "M-R", "attributes": { "color": "red" } },
                    { "sku": "M-B", "attributes": { "color": "blue" } }
                ]
            }
        ]),
    );
}

#[test]
fn akeneo_s_columns_are_attributes_by_locale_with_their_units() {
    check(
        "sku;categories;enabled;family;parent;name-de_DE;name-en_US;size;size-unit;note-en_US-ecommerce;note-en_US-print;price-EUR;color\n\
         a1;cups;1;cup;;Becher;Mug;300;MILLILITER;For tea;For print;9;red\n",
        "Akeneo flat export",
        &json!([{
            "sku": "a1", "title": "Becher", "category": ["cups"],
            "attributes": { "size": { "value": 300, "unit": "ml" }, "color": "red" },
            "localized": { "en-US": { "title": "Mug", "attributes": { "note": "For tea" } } },
            "locales": ["de-DE", "en-US"]
        }]),
    );
}

#[test]
fn prestashop_bigcommerce_commercetools_and_openai_are_read_by_their_columns() {
    check(
        "Product ID;Active (0/1);Name *;Categories (x,y,z...);Price tax excluded;Reference #;Manufacturer;EAN13;Weight;Quantity;Summary;Description;Feature(Name:Value:Position)\n\
         7;1;Mug;Home,Kitchen;9.90;MUG-7;Acme;4006381333931;0.3;5;Short;Long text;Material:Clay:1,Colour:Red:2\n",
        "PrestaShop product CSV",
        &json!([{
            "sku": "MUG-7", "title": "Mug", "brand": "Acme", "description": "Long text", "category": ["Kitchen"],
            "attributes": { "Weight": "0.3", "Material": "Clay", "Colour": "Red" }, "gtin": "4006381333931"
        }]),
    );
    check(
        "Item Type,Product ID,Product Name,Product Type,Product Code/SKU,Option Set,Brand Name,Product Description,Price,Category,Product Visible?\n\
         Product,7,Mug,P,MUG,Sizes,Acme,A mug.,9,Home/Kitchen;Home,Y\n\
         SKU,,\"[S]Size=L,[RB]Color=Red\",,MUG-L,,,,,,\n\
         SKU,,\"[S]Size=S,[RB]Color=Red\",,MUG-S,,,,,,\n\
         Rule,,x,,,,,,,,\n",
        "BigCommerce product CSV",
        &json!([{
            "sku": "MUG", "title": "Mug", "description": "A mug.", "brand": "Acme", "category": ["Home", "Kitchen"],
            "attributes": { "Size": ["L", "S"], "Color": "Red" },
            "variants": [{ "sku": "MUG-L", "attributes": { "Size": "L" } }, { "sku": "MUG-S", "attributes": { "Size": "S" } }]
        }]),
    );
    check(
        "key,productType.key,name.en,name.de-DE,slug.en,variants.sku,variants.isMasterVariant,variants.attributes.color,variants.attributes.care.en\n\
         mug,main,Mug,Becher,mug,M-R,true,red,Wash\n,,,,,M-B,false,blue,Wash\n",
        "commercetools product CSV",
        &json!([{
            "sku": "mug", "title": "Mug", "attributes": { "color": ["red", "blue"], "care": "Wash" },
            "variants": [{ "sku": "M-R", "attributes": { "color": "red" } }, { "sku": "M-B", "attributes": { "color": "blue" } }],
            "localized": { "de-DE": { "title": "Becher" } }, "locales": ["en", "de-DE"]
        }]),
    );
    check(
        "item_id,title,description,url,brand,image_url,availability,price,seller_name,is_eligible_search,group_id,color,product_category\n\
         O-1,Mug,A mug.,https://x.example/1,Acme,https://x.example/1.jpg,in_stock,9.99 EUR,Shop,true,,red,Home > Kitchen\n",
        "OpenAI product feed",
        &json!([{ "sku": "O-1", "title": "Mug", "description": "A mug.", "brand": "Acme", "category": ["Home", "Kitchen"], "attributes": { "color": "red" } }]),
    );
}

#[test]
fn a_plain_table_is_read_in_every_dialect_language_and_encoding() {
    let expected =
        json!([{ "sku": "A1", "title": "Tüte", "brand": "Öko", "attributes": { "Maße": "10 x 20 cm" } }]);
    let text =
        "Artikelnummer;Bezeichnung;Hersteller;Maße;Preis;Lagerbestand\nA1;Tüte;Öko;10 x 20 cm;9,90;5\n";
    let latin = encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let wide: Vec<u8> =
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (bytes, encoding) in [
        (text.as_bytes().to_vec(), "UTF-8"),
        (text.replace(';', "\t").into_bytes(), "UTF-8"),
        (text.replace(';', "|").into_bytes(), "UTF-8"),
        (format!("sep=;\r\n{}", text.replace('\n', "\r\n")).into_bytes(), "UTF-8"),
        (text.replace('\n', "\r").into_bytes(), "UTF-8"),
        (format!("\u{feff}{text}\u{1a}").into_bytes(), "UTF-8 (by its byte order mark)"),
        (wide, "UTF-16LE (by its byte order mark)"),
        (latin, "windows-1252 (guessed)"),
    ] {
        let read = read_with(&bytes, None).unwrap();
        assert_eq!((read.encoding.as_str(), Value::Array(read.products)), (encoding, expected.clone()));
    }
    let japanese = "品番,商品名,素材\nA-1,青い磁器のマグカップ,磁器\nA-2,耐熱ガラスの水差し,ガラス\n";
    let read = read_with(&encoding_rs::SHIFT_JIS.encode(japanese).0, None).unwrap();
    assert_eq!(read.encoding, "Shift_JIS (guessed)");
    assert_eq!(
        read.products[0],
        json!({ "sku": "A-1", "title": "青い磁器のマグカップ", "attributes": { "素材": "磁器" } })
    );
}

#[test]
fn what_is_wrong_with_a_row_is_said_with_row_column_and_remedy_and_the_others_are_read() {
    let read = read(
        "sku,title,ean,material,discription\nA1,Mug,4006381333932,clay,x\n,Cup,,glass,x\nA2,\"12\" Plate,,clay,x\nA3,Pot\nA1,Jug,,steel,x\nA\u{200b}4,Fork,,steel,x\n",
    );
    let skus: Vec<&str> = read.products.iter().map(|product| product["sku"].as_str().unwrap()).collect();
    assert_eq!(skus, ["A2", "A1"]);
    assert_eq!(read.products[1]["title"], "Jug");
    for part in [
        "row 1, discription: the column is read as an attribute; is description meant",
        "row 2, sku: row 6 has the same key, and counts",
        "row 4, title: a quote is not closed",
    ] {
        assert!(read.warnings.iter().any(|warning| warning.contains(part)), "{part}: {:?}", read.warnings);
    }
    for part in [
        "row 3, sku: the row has no SKU",
        "row 5: the row has 2 cells, the header 5",
        "row 7, sku: the SKU holds the character U+200B",
    ] {
        assert!(read.refused.iter().any(|refusal| refusal.contains(part)), "{part}: {:?}", read.refused);
    }
}

#[test]
fn files_without_products_say_so_and_files_of_others_say_what_they_lack() {
    for text in ["", "\n\n", "sku,title\n", "\u{feff}"] {
        let read = read(text);
        assert!(read.products.is_empty() && read.refused.is_empty(), "{text:?}");
    }
    let error = format!("{:#}", read_with(b"a,b\n1,2\n", None).err().unwrap());
    assert!(error.contains("no column holds a SKU (found: a, b)"), "{error}");
}

#[test]
fn parents_that_go_round_in_a_circle_are_refused_and_those_of_a_plain_table_are_followed() {
    for text in [
        "ID,Type,SKU,Name,Published,Categories,Images,Parent\n1,simple,a,A,1,,,b\n2,simple,b,B,1,,,a\n3,simple,c,C,1,,,\n",
        "sku,parent sku,title,color\na,b,A,red\nb,a,B,blue\nc,,C,green\n",
    ] {
        let read = read(text);
        let skus: Vec<&Value> = read.products.iter().map(|product| &product["sku"]).collect();
        assert_eq!(skus, ["c"]);
        assert!(read.refused[0].contains("rows 2, 3 name each other"), "{:?}", read.refused);
    }
    let tree = read("sku,parent sku,title,color\nm,,Mug,\nm-r,m,Mug red,red\nm-b,m,Mug blue,blue\n");
    assert_eq!(tree.products[0]["attributes"]["color"], json!(["red", "blue"]));
    assert_eq!(tree.products.len(), 1);
}

#[test]
fn rows_that_have_to_wait_beyond_what_memory_holds_wait_in_a_file() {
    let body = "x".repeat(2_000);
    let mut text = String::from(
        "sku,product_type,attribute_set_code,url_key,name,description,additional_attributes,configurable_variations\n",
    );
    for number in 0..15_000 {
        text.push_str(&format!("P{number}-S,simple,Top,k,Shirt S,{body},size=S,\n"));
    }
    for number in 0..15_000 {
        text.push_str(&format!("P{number},configurable,Top,k,Shirt {number},,,\"sku=P{number}-S,size=S\"\n"));
    }
    let read = read(&text);
    assert_eq!((read.products.len(), read.refused.len()), (15_000, 0));
    assert_eq!(read.products[14_999]["variants"][0]["sku"], "P14999-S");
}

#[test]
fn no_cut_and_no_changed_byte_of_a_file_breaks_the_reader() {
    let files = [
        "Handle,Title,Body (HTML),Vendor,Option1 Name,Option1 Value,Variant SKU\na,\"A \"\"b\"\"\",<p>x</p>,V,Size,S,a-s\n,,,,,M,a-m\n",
        "sku,product_type,attribute_set_code,url_key,name,additional_attributes,configurable_variations\na,simple,T,k,A,\"x=1,y=2|3\",\nb,configurable,T,k,B,,\"sku=a,size=S\"\n",
        "sku;titel;größe\nA;Tüte;10\n",
    ];
    for file in files {
        for end in 0..file.len() {
            drop(read_with(file.as_bytes().get(..end).unwrap(), None));
        }
        for at in 0..file.len() {
            for byte in [0, b'"', b',', b'\n', 0xff, b'=', b'{', b'<'] {
                let mut bytes = file.as_bytes().to_vec();
                bytes[at] = byte;
                drop(read_with(&bytes, None));
            }
        }
    }
}

#[test]
fn columns_of_the_same_name_are_warned_of_and_the_first_one_counts() {
    let read = read("sku,title,material,Title,material\nA1,Mug,clay,Cup,glass\n");
    assert_eq!(
        Value::Array(read.products),
        json!([{ "sku": "A1", "title": "Mug", "attributes": { "material": "clay" } }])
    );
    assert_eq!(
        read.warnings,
        [
            "row 1, Title: columns 2 and 4 have the same name; the first one counts; rename one of them, or take it out",
            "row 1, material: columns 3 and 5 have the same name; the first one counts; rename one of them, or take it out"
        ]
    );
    // Columns whose cells are all read may repeat.
    let read = self::read(
        "id\ttitle\tlink\tprice\tavailability\tproduct detail\tproduct detail\nA\tMug\tl\t1\tx\tsize:height:9 cm\tsize:width:8 cm\n",
    );
    assert!(read.warnings.is_empty(), "{:?}", read.warnings);
    assert_eq!(read.products[0]["attributes"], json!({ "height": "9 cm", "width": "8 cm" }));
}

#[test]
fn a_header_in_the_middle_is_no_product_and_one_of_other_columns_ends_the_reading() {
    let two = |first: &str, second: &str| {
        let packed = [first, second].map(|text| {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
            packed.finish().unwrap()
        });
        read_with(&packed.concat(), None)
    };
    let read = two("sku,title\nA1,Mug\n", "sku,title\nB1,Cup\n").unwrap();
    let skus: Vec<&Value> = read.products.iter().map(|product| &product["sku"]).collect();
    assert_eq!(skus, ["A1", "B1"]);
    assert!(read.refused.len() == 1 && read.refused[0].starts_with("row 3: the header stands here again"));
    for second in ["title,sku\nCup,B1\n", "Artikelnummer,Bezeichnung\nB1,Tasse\n"] {
        let error = format!("{:#}", two("sku,title\nA1,Mug\n", second).map(|_| ()).unwrap_err());
        assert!(
            error.contains("row 3 is the header of another table") && error.contains("one after the other"),
            "{error}"
        );
    }
    // Rows that explain the columns stand right behind them, and a product may be called as a column is.
    let read =
        self::read("SKU,Product Name,material\nsku,productName,Required\nA1,Mug,clay\nmaterial,Felt,wool\n");
    assert_eq!((read.products.len(), read.refused.len()), (2, 0), "{:?}", read.refused);
}

/// A ZIP archive of these files.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut writer, text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_zip_archive_is_read_where_it_holds_one_file_and_refused_with_a_remedy_where_not() {
    let table = "sku,title\nA1,Mug\n";
    let one =
        archive(&[("export/products.csv", table), ("__MACOSX/._products.csv", "x"), (".DS_Store", "x")]);
    let read = read_with(&one, None).unwrap();
    assert_eq!((read.format.as_str(), &read.products[0]["title"]), ("table", &json!("Mug")));
    let inner = String::from_utf8_lossy(&archive(&[("a.csv", table)])).into_owned();
    for (files, part) in [
        (
            &[("a.csv", table), ("b.csv", table)][..],
            "holds 2 files (a.csv, b.csv); unpack it, and give one of them",
        ),
        (&[], "empty"),
        (&[(".hidden", "x")], "holds no file"),
        (&[("mimetype", "x"), ("content.xml", "x")], "save it as .xlsx or CSV"),
        (&[("inner.zip", inner.as_str())], "unpack it once"),
    ] {
        let error = format!("{:#}", read_with(&archive(files), None).map(|_| ()).unwrap_err());
        assert!(error.contains(part), "{error}");
    }
    let cut = one.get(..one.len() - 30).unwrap();
    let error = format!("{:#}", read_with(cut, None).map(|_| ()).unwrap_err());
    assert!(error.contains("ZIP archive cannot be read"), "{error}");
}

#[test]
fn items_of_one_line_are_told_apart_by_their_numbers_and_repeated_keys_are_warned_of() {
    let read = read(
        r#"[{"sku":"A","title":"Mug"},{"sku":"B","title":"Cup","title":"Jug"},{"title":"No key"},{"sku":"C","title":"Pot"} ]"#,
    );
    assert_eq!(read.products[1]["title"], "Jug");
    assert!(
        read.warnings.iter().any(|warning| warning.starts_with("row 2, /title: the key stands twice")),
        "{:?}",
        read.warnings
    );
    let xml = self::read(
        "<products><product><sku>A</sku><name>Mug</name></product><product><name>No key</name><sku/></product><product><sku>B</sku><name>Cup</name></product></products>",
    );
    assert!(
        xml.refused.iter().all(|refused| refused.starts_with("row 2")) && xml.refused.len() == 1,
        "{:?}",
        xml.refused
    );
}

#[test]
fn a_mapping_says_what_the_keys_of_json_and_xml_hold() {
    let mapping = "[columns]\n\"Nr\" = \"sku\"\n\"Was.de\" = \"title\"\n\"EK\" = \"plumbing\"\n";
    let expected = json!([
        { "sku": "7", "title": "Becher", "attributes": { "Farben": "rot, blau" } }, { "sku": "8", "title": "Tasse" }
    ]);
    let json = "[{\"Nr\":7,\"Was\":{\"de\":\"Becher\"},\"EK\":2.1,\"Farben\":[\"rot\",\"blau\"]},{\"Nr\":8,\"Was\":{\"de\":\"Tasse\"}}]";
    let xml = "<items><item><Nr>7</Nr><Was><de>Becher</de></Was><EK>2.1</EK><Farben>rot</Farben><Farben>blau</Farben></item><item><Nr>8</Nr><Was><de>Tasse</de></Was></item></items>";
    for (text, kind) in [(json, "JSON"), (xml, "XML")] {
        let read = read_with(text.as_bytes(), Some(mapping)).unwrap();
        assert_eq!(Value::Array(read.products), expected, "{:?}", read.refused);
        assert_eq!(read.format, format!("table in {kind}"));
        let without = self::read(text);
        assert!(without.refused[0].contains("say which"), "{:?}", without.refused);
    }
}
