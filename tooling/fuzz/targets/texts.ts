import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseHistory } from "@drum/peca";
import { openCaptions } from "@drum/training";
import { changeBytes } from "../change-bytes.ts";
import { changeJson } from "../change-json.ts";
import type { Random } from "../random.ts";
import { inRepository, type Target } from "../target.ts";

const CSV = 'prompt,intensity\n"a cat, red",5\nb,\n"multi\nline ""q""",0.5\n';
const ROW = { prompt: "a cat", intensity: 5, x: [1, { y: 2 }] };
const PIECES = [
	"a",
	'"',
	'""',
	"\n",
	"\r",
	"\r\n",
	",",
	";",
	"\t",
	"prompt",
	"rating",
	"1e999",
	"-1",
	"NaN",
	"\ufeff",
	"\0",
	"\u2028",
];

function rows(random: Random): string {
	return Array.from({ length: 1 + random.below(5) }, () => changeJson(random, ROW).replace(/[\r\n]/g, "")).join("\n");
}

function pieces(random: Random): string {
	return Array.from({ length: random.below(200) }, () => random.pick(PIECES)).join(random.chance(0.5) ? "," : "");
}

/** Histories in CSV and JSONL. */
export const histories: Target = {
	name: "histories",
	async prepare() {
		return async (random) => {
			const format = random.pick(["csv", "jsonl"] as const);
			const text = Buffer.from(random.chance(0.3) ? pieces(random) : format === "csv" ? CSV : rows(random));
			await parseHistory(random.chance(0.5) ? changeBytes(random, text) : text, format, "changed");
		};
	},
};

/** Captions in Parquet, CSV, JSONL and text. */
export const captions: Target = {
	name: "captions",
	async prepare(folder) {
		const fixture = (name: string) => inRepository(`packages/training/src/captions/fixtures/${name}`);
		const tables = await Promise.all(["pages-v1.parquet", "pages-v2.parquet"].map((name) => readFile(fixture(name))));
		const columns = ["snappy", "zstd", "gzip", "brotli", "lz4", "none"];
		return async (random) => {
			const format = random.pick(["parquet", "parquet", "parquet", "csv", "jsonl", "txt"]);
			const path = join(folder, `changed.${format}`);
			const text = format === "jsonl" ? rows(random) : random.chance(0.5) ? pieces(random) : CSV;
			const source = format === "parquet" ? random.pick(tables) : Buffer.from(text);
			await writeFile(path, changeBytes(random, source));
			const column = format === "parquet" ? random.pick(columns) : format === "txt" ? undefined : "prompt";
			const opened = await openCaptions(path, column === undefined ? {} : { column });
			try {
				await opened.next(Math.min(5, opened.count));
			} finally {
				await opened.close();
			}
		};
	},
};
