import { describe, expect, test } from "vitest";
import type { Row } from "./studies.ts";
import { whyReport } from "./why-report.ts";
import { DEGREES, type MeasuredUser, type WhyResults } from "./why-results.ts";

// Oracle: numbers made up so that what the report must say is known.

const KINDS = ["open", "meant", "said", "newest", "query", "query meant", "tried", "newest, weak", "tried, weak"];
const OTHERS = ["even", "long"];
const ALONE = ["coreset, often", "unguided coreset", "unguided coreset, often", "unguided whole"];

/** By DrUM the target falls by 2 and the history rises by 4; the whole history gives 3 of these 4. */
function rowsOf(noise: number): Record<string, Row> {
	const row = (target: number, history: number): Row => {
		const scores = { target: target + noise, history: history + noise };
		return { references: 3, align: scores, clip: scores };
	};
	const rows: Record<string, Row> = {};
	for (const kind of [...KINDS, ...OTHERS]) {
		rows[`${kind}, plain`] = row(50, 10);
		rows[`${kind}, DrUM`] = row(48, 14);
		rows[`${kind}, whole`] = row(48.5, 13);
	}
	// What makes the claims hold, what leaves one open, and what is measured beside.
	rows["query meant, DrUM"] = row(53, 14);
	rows["tried, DrUM"] = row(50 + (noise - 0.25) * 4 - noise, 14);
	rows["tried, whole"] = row(50 + (noise - 0.25) * 4 - noise, 13.9);
	rows["open, random"] = row(49, 13.1);
	rows["open, whole, stronger"] = row(48, 14.2);
	rows["open, taste said"] = row(41, 20);
	for (const name of ALONE) rows[name] = row(60, 30);
	return rows;
}

function userOf(number: number): MeasuredUser {
	const noise = number / 6;
	const pair = DEGREES.map((alpha) => ({ target: 60 - 50 * alpha, history: 5 + 50 * alpha + noise }));
	return { rows: rowsOf(noise), pairs: [pair, pair], seconds: 30 };
}

const results: WhyResults = {
	settings: { users: 4, seed: 7, long: 100, steps: 5 },
	machine: "two cores",
	pictures: 216,
	users: [0, 1, 2, 3].map(userOf),
};

describe("the report of causes", () => {
	const text = whyReport(results);
	const summary = text.split("\n").filter((line) => line.startsWith("| "));

	test("names what makes a claim hold, what leaves it open, and what does not help", () => {
		const [, , nearer, whole, degree] = summary;
		const [, , holds, open, fails] = nearer!.split(" | ");
		expect(nearer).toMatch(/^\| Personalised pictures are nearer to the target too\. \| no \|/);
		expect(holds).toBe("**the reading of the paper**: their abbreviations are drawn, the entries scored");
		expect(open).toMatch(/^\*\*the users\*\*: the newest entries, and before them 15 tries/);
		expect(fails).toContain("**the model**: the newest entries, drawn without classifier-free guidance");
		expect(whole).toMatch(/in place of the coreset little changes\. \| no \| \*\*which references\*\*: as many/);
		expect(degree).toMatch(/\| {2}\| \*\*the reading of the paper\*\*: from one prompt to another \|/);
	});

	test("has each change with its interval, and beside the report's own", () => {
		// Users' scores are 0, 1/6, 1/3 and 1/2 above what is made up.
		expect(text).toMatch(
			/\| nothing: .* \| 10\.25 \| 50\.25 \[.*?\] \| 48\.25 \[.*?\] \| −2\.00 \[−2\.00, −2\.00\] \| {2}\| no \|/,
		);
		expect(text).toMatch(
			/abbreviations are drawn, the entries scored .* \| \+3\.00 \[\+3\.00, \+3\.00\] \| \+5\.00 \[\+5\.00, \+5\.00\] \| yes \|/,
		);
		expect(text).toMatch(
			/\| nothing \| 3\.0 → 3\.0 \| 48\.25 .* \| −1\.00 \[−1\.00, −1\.00\] \| −7\.02 \[−7\.02, −7\.02\] \| no \|/,
		);
		expect(text).toContain("−9.00 [−9.00, −9.00] beside the pictures of the open prompt");
		expect(text).toMatch(/\| 0\.2 \| 50\.00 \[.*?\] \| −10\.00 \[−10\.00, −10\.00\] \| 15\.25 \[.*?\] \| \+10\.00/);
	});

	test("tells its settings, and how long it took", () => {
		expect(text).toMatch(
			/same 4 made-up users.* 216 pictures .*\(5 steps of DDIM.*seed 7\), in 2\.0 minutes on two cores/,
		);
	});

	test("is tables whose rows are as long as their heads", () => {
		const tables = text.split("\n\n").filter((part) => part.startsWith("|"));
		expect(tables.length).toBe(5);
		for (const table of tables) {
			const cells = table.split("\n").map((line) => line.split(" | ").length);
			expect(new Set(cells).size, table).toBe(1);
		}
	});
});
