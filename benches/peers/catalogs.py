"""(k) Reading catalog files: MB/s, products/s, CPU and peak memory, beside Python's csv module, pandas and polars.

Usage: catalogs.py PRODUCTS_BINARY [MEGABYTES] [LARGE_MEGABYTES]. PRODUCTS_BINARY is the example `products` of
crates/catalog, built for release. Peers only parse: they join no variants, decide nothing, and keep what they read as their
users do (csv drops each row, pandas and polars hold the table). A peer that is not installed is left out.
"""
import csv
import gzip
import json
import os
import resource
import sys
import tempfile
import time

WORDS = "stoneware cotton steel oak linen glass wool copper bamboo leather hand made in small lots for every day".split()
BODY = "<p>" + " ".join(WORDS * 6) + "</p>"


def shopify(out):
    writer = csv.writer(out)
    writer.writerow(["Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published", "Option1 Name", "Option1 Value",
                     "Variant SKU", "Variant Grams", "Variant Price", "Image Src"])
    for n in iter(int, 1):
        number = shopify.count = getattr(shopify, "count", 0) + 1
        for i, size in enumerate(["S", "M", "L"]):
            first = i == 0
            writer.writerow([f"product-{number}", f"Product {number}" if first else "", BODY if first else "", "Acme" if first else "",
                             "Shirts" if first else "", "summer, cotton" if first else "", "true", "Size" if first else "", size,
                             f"SKU-{number}-{size}", 300 + i, 19.9, "https://shop.example/a.jpg"])
        yield number


def magento(out):
    writer = csv.writer(out)
    writer.writerow(["sku", "store_view_code", "attribute_set_code", "product_type", "categories", "name", "description", "price",
                     "tax_class_name", "additional_attributes", "configurable_variations"])
    number = 0
    while True:
        number += 1
        for size in ["S", "M", "L"]:
            writer.writerow([f"P{number}-{size}", "", "Top", "simple", "Default Category/Men", f"Product {number} {size}", BODY, 52,
                             "Taxable Goods", f"size={size},color=Black", ""])
        links = "|".join(f"sku=P{number}-{size},size={size}" for size in ["S", "M", "L"])
        writer.writerow([f"P{number}", "", "Top", "configurable", "Default Category/Men", f"Product {number}", BODY, 52, "Taxable Goods",
                         "material=Wool|Cotton,pattern=Solid", links])
        yield number


def google(out):
    out.write("\t".join(["id", "title", "description", "link", "image_link", "availability", "price", "brand", "color", "material",
                         "item_group_id"]) + "\n")
    number = 0
    while True:
        number += 1
        for color in ["red", "blue"]:
            out.write("\t".join([f"G{number}-{color}", f"Product {number} {color}", BODY, "https://shop.example/p",
                                 "https://shop.example/a.jpg", "in_stock", "19.90 EUR", "Acme", color, "cotton", f"G{number}"]) + "\n")
        yield number


def table(out):
    writer = csv.writer(out)
    writer.writerow(["sku", "title", "description", "brand"] + [f"attribute {n}" for n in range(20)])
    number = 0
    while True:
        number += 1
        writer.writerow([f"T{number}", f"Product {number}", BODY, "Acme"] + [WORDS[(number + n) % len(WORDS)] for n in range(20)])
        yield number


def rss(out):
    out.write('<?xml version="1.0"?>\n<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>\n')
    number = 0
    while True:
        number += 1
        body = BODY.replace("<", "&lt;").replace(">", "&gt;")
        out.write(f"<item><g:id>R{number}</g:id><title>Product {number}</title><description>{body}</description>"
                  f"<g:price>19.90 EUR</g:price><g:availability>in_stock</g:availability><g:material>cotton</g:material></item>\n")
        yield number


def array(out):
    out.write('{"products": [\n')
    number = 0
    while True:
        number += 1
        product = {"handle": f"h-{number}", "title": f"Product {number}", "body_html": BODY, "vendor": "Acme",
                   "options": [{"name": "Size", "values": ["S", "M"]}],
                   "variants": [{"sku": f"J{number}-{s}", "option1": s, "price": "19.90"} for s in ["S", "M"]]}
        out.write(("" if number == 1 else ",\n") + json.dumps(product))
        yield number


ENDS = {rss: "</channel></rss>\n", array: "\n]}\n"}


def make(path, kind, megabytes):
    with open(path, "w", newline="", encoding="utf-8", buffering=1 << 20) as out:
        for number in kind(out):
            if number % 500 == 0 and out.tell() > megabytes << 20:
                break
        out.write(ENDS.get(kind, ""))
    return number


def peer(name, path, separator):
    """Runs in a process of its own, so that its memory is its own."""
    if name == "csv":
        with open(path, newline="", encoding="utf-8") as file:
            return sum(1 for _ in csv.reader(file, delimiter=separator))
    if name == "pandas":
        import pandas
        return len(pandas.read_csv(path, sep=separator, dtype=str, keep_default_na=False))
    import polars
    return len(polars.read_csv(path, separator=separator, infer_schema=False))


def measured(run):
    """Seconds, CPU seconds, peak MB of a child process; None where it fails."""
    sys.stdout.flush()
    started, child = time.monotonic(), os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        try:
            run()
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    if status != 0:
        return None
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def show(label, bytes_read, products, result):
    if result is None:
        return
    seconds, cpu, peak = result
    megabytes = bytes_read / (1 << 20)
    print(f"  {label:<12} {megabytes / seconds:>8.0f} {megabytes / cpu:>9.0f} {products / seconds:>11,.0f} {cpu:>7.2f} {peak:>8.0f}")


def main():
    binary = sys.argv[1]
    megabytes = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    large = int(sys.argv[3]) if len(sys.argv) > 3 else 2000
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix="skuscribe-bench-") as folder:
        path = os.path.join(folder, "catalog")
        print(f"  {'':<12} {'MB/s':>8} {'MB/CPU s':>9} {'products/s':>11} {'CPU s':>7} {'peak MB':>8}")
        for kind, separator in [(shopify, ","), (magento, ","), (google, "\t"), (table, ","), (rss, None), (array, None)]:
            products = make(path, kind, megabytes)
            size = os.path.getsize(path)
            print(f"{kind.__name__}, {size >> 20} MB, {products:,} products")
            run = lambda: os.execv(binary, [binary, "--count", path])
            show("skuscribe", size, products, measured(run))
            if separator:
                for name in ["csv", "pandas", "polars"]:
                    show(name, size, products, measured(lambda: peer(name, path, separator)))
        print(f"table, packed with gzip")
        make(path, table, megabytes)
        size = os.path.getsize(path)
        with open(path, "rb") as plain, gzip.open(path + ".gz", "wb", compresslevel=1) as packed:
            packed.write(plain.read())
        show("skuscribe", size, 0, measured(lambda: os.execv(binary, [binary, "--count", path + ".gz"])))
        for kind in [magento, table]:
            products = make(path, kind, large)
            size = os.path.getsize(path)
            print(f"{kind.__name__}, {size >> 20} MB, {products:,} products")
            show("skuscribe", size, products, measured(lambda: os.execv(binary, [binary, "--count", path])))


main()
