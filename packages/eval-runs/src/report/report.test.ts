import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { methodResults, planOf } from "../index.ts";
import { madeUpSettings, madeUpUnits, madeUpUsers } from "../testing/made-up-run.ts";
import { html } from "./html.ts";
import { markdown } from "./markdown.ts";
import { writeParquet } from "./parquet.ts";
import type { RunReport } from "./run-report.ts";
import { tellRun } from "./tell-run.ts";

// Oracle: numbers made up so that what the report must say is known, and the paper's own tables.

const USERS = 4;
const settings = madeUpSettings({
	...{ tables: ["2a", "2b", "3"], figures: ["3", "7"], sheets: 1, alphas: [0, 0.3, 1] },
	methods: ["plain", "drum", "fabric"],
});
const PNG = Uint8Array.of(137, 80, 78, 71);

/** Users' scores are 0, 0.1, 0.2 and 0.3 above these. */
function scores(method: string) {
	if (method === "plain") return { target: 20, history: 10 };
	if (method === "fabric") return { target: 30, history: 11 };
	return { target: 25, history: method.startsWith("coreset") ? 15 : 12 };
}

function runOf(given: Partial<RunReport> = {}): RunReport {
	const units = madeUpUnits(settings, USERS, scores);
	const pictures = planOf(settings)
		.filter(({ drawn }) => drawn)
		.flatMap(({ method }) => [0, 1].map((picture) => ({ model: 0, user: 0, method: method.name, picture, png: PNG })));
	const model = { name: "Stable Diffusion 1", source: "m", users: USERS, methods: methodResults(units), pictures };
	const users = madeUpUsers(USERS);
	return { settings, users, leftOut: [], models: [model], units, total: units.length, ...given };
}

const text = markdown(tellRun(runOf()));
const line = (start: string) => text.split("\n").filter((each) => each.startsWith(start));

describe("a run's report", () => {
	test("has Table 2a in the paper's order, beside the paper's numbers, the highest of the methods in bold", () => {
		const [original] = line("| Stable Diffusion 1 | - |");
		expect(original).toMatch(
			/\| 20\.15 \[.*\] \| 10\.15 \[.*\] \| - \| 20\.52 \| 10\.89 \| - \| 31\.27 \| 12\.27 \| - \|$/,
		);
		const [fabric, absent] = line("|  | FABRIC |");
		expect(fabric).toMatch(
			/\| \*\*30\.15 \[.*\*\* \| 11\.15 \[.*\| 24\.33 \| 15\.85 \| \+32\.04 % \| 30\.80 \| 12\.13 \| −1\.35 % \|$/,
		);
		// In Table 2b it has no row.
		expect(absent).toBeUndefined();
		// Imp is (25.15 / 20.15 + 15.15 / 10.15) / 2 − 1.
		expect(line("|  | DrUM |")[0]).toMatch(/\| 25\.15 \[.*\] \| \*\*15\.15 \[.*\*\* \| \+37\.04 % \[/);
	});

	test("has no rate over an original score that is not clearly positive, and says why", () => {
		const low = (method: string) => ({ ...scores(method), history: method === "plain" ? -0.74 : 25 });
		const units = madeUpUnits(settings, USERS, low);
		const [model] = runOf().models;
		const told = markdown(tellRun(runOf({ units, models: [{ ...model!, methods: methodResults(units) }] })));
		expect(told).toMatch(/\| {2}\| DrUM \| 25\.15 \[.*\] \| \*\*25\.15 \[.*\*\* \| – \|/);
		expect(told).toContain("– stands where an original mean is not clearly positive");
	});

	test("names the users who are left out, up to twenty, and why", () => {
		const user = (i: number) => ({ id: String(i), place: `user "${i}" (a.jsonl, line ${i})`, reason: "expected more" });
		const told = markdown(tellRun(runOf({ leftOut: Array.from({ length: 22 }, (_, i) => user(i)) })));
		expect(told).toContain(
			'22 users of the data cannot be evaluated and are left out. user "0" (a.jsonl, line 0): expected more; ',
		);
		expect(told).toContain('user "19" (a.jsonl, line 19): expected more; and 2 more.');
	});

	test("tells of how many users the language model said nothing of use", () => {
		const asked = madeUpSettings({ ...settings, methods: ["plain", "drum", "pmg"] });
		const units = madeUpUnits(asked, USERS, scores).map((unit) =>
			unit.method === "pmg" && unit.user > 0
				? { ...unit, measurement: { ...unit.measurement, prompts: ["a", "b"] } }
				: unit,
		);
		expect(markdown(tellRun(runOf({ units })))).toContain("gave pmg no answer that is of use in 1 of 4 cases");
		expect(text).not.toContain("no answer that is of use");
	});

	test("shows the columns of the paper's data set that the users are of, and no other", () => {
		const films = { ...settings, paper: "ML" as const };
		const own = markdown(tellRun(runOf({ settings: films })));
		expect(own).toContain("paper, ML: Target");
		expect(own).not.toContain("paper, PIP");
		expect(own).toMatch(/\| {2}\| DrUM \| .* \| 29\.49 \| 13\.07 \| \+0\.38 % \|\n/);
	});

	test("has Table 3 and what the figures show, in tables whose rows are as long as their heads", () => {
		expect(line("| w/o S & G | 3.0 |")[0]).toMatch(/\| 18\.13 \| 18\.85 \| \+30\.71 % \|/);
		for (const file of ["figure-3-1-L.svg", "figure-7-1.svg"]) expect(text).toContain(`](${file})`);
		const tables = text.split("\n\n").filter((part) => part.startsWith("|"));
		expect(tables).toHaveLength(8);
		for (const table of tables) {
			const cells = table.split("\n").map((row) => row.split(/ ?(?<!\\)\| ?/).length);
			expect(new Set(cells).size, table).toBe(1);
		}
	});

	test("shows the users whose pictures were kept: methods side by side, a row for each target, whatever the prompt holds", () => {
		expect(text).toContain("|  | original | DrUM | FABRIC | w/o S | w/o G | w/o S & G |");
		const [star] = line("| a \\| &lt;b>star&lt;/b> |");
		expect(star!.match(/pictures\/0-0-[a-z0-9.-]+-0\.png/g)).toHaveLength(6);
		const page = html(tellRun(runOf()));
		expect(page).toContain("&lt;b&gt;star&lt;/b&gt;");
		expect(page.match(/src="data:image\/png;base64,iVBORw=="/g)!.length).toBe(2 * (6 + 3));
		expect(page.match(/<svg /g)).toHaveLength(2);
		// It needs nothing beside it.
		expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
	});

	test("tells what is lacking, and of no whole user nothing but the settings", () => {
		const part = markdown(tellRun(runOf({ total: 99 })));
		expect(part).toContain(`${madeUpUnits(settings, USERS, scores).length} of 99 units are measured`);
		const none = markdown(tellRun(runOf({ models: [], units: [], total: 99 })));
		expect(none).toContain("no user is whole yet");
		expect(none).toContain("| alpha | 0.3 |");
	});
});

describe("results.parquet", () => {
	let folder: string;
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "report's-"));
	});
	afterAll(() => rm(folder, { recursive: true }));

	test("holds every unit as a row, which other readers read and DuckDB can query", async () => {
		const run = runOf();
		const path = join(folder, "results.parquet");
		await writeParquet(run, path);
		// Again, over the file that is there.
		await writeParquet(run, path);
		const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path) });
		expect(rows).toHaveLength(run.units.length);
		const fabric = rows.filter(({ method }) => method === "fabric");
		expect(fabric.map(({ user, clip_score_target }) => [user, clip_score_target])).toEqual(
			Array.from({ length: USERS }, (_, user) => [`u${user}`, 30 + user / 10]),
		);
		expect(fabric[0]).toMatchObject({
			...{ model: "m", model_name: "Stable Diffusion 1", user_number: 0, history: 30, references: 3 },
			...{ text_align_L_target: null, prompts: null, seconds: 2, machine: "a machine" },
		});
		const connection = await (await DuckDBInstance.create(":memory:")).connect();
		const query = `select method, avg(clip_score_history) as mean from '${path.replace("'", "''")}' group by all order by method`;
		const means = (await connection.runAndReadAll(query)).getRowObjects();
		connection.closeSync();
		expect(means.find(({ method }) => method === "plain")!.mean).toBeCloseTo(10.15, 12);
		expect((await readFile(path)).subarray(0, 4).toString()).toBe("PAR1");
	});
});
