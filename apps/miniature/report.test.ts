import { PLAIN, type Unit } from "@drum/eval-runs";
import { makeUsers } from "@drum/tiny";
import { describe, expect, test } from "vitest";
import { claimsOf } from "./claims.ts";
import { ABLATIONS, WISH } from "./methods.ts";
import { report } from "./report.ts";
import { resultsOf } from "./results.ts";
import { planned } from "./settings.ts";

// Oracle: numbers made up so that what the report must say is known.

const settings = {
	...{ users: 4, seed: 1, steps: 2, guidanceScale: 4 },
	...{ ratios: [0.1, 0.5, 1], alphas: [0, 0.3, 1] },
};
const users = makeUsers(settings.users, settings.seed);

interface MadeUp {
	readonly target: number;
	readonly history: number;
	readonly shown: number;
}

/** Measurements whose scores `of` gives; each user's are a little higher than those of the one before. */
function measurements(of: (method: string) => MadeUp): Unit[] {
	return users.flatMap(({ number, tastes }) =>
		planned(settings).map(({ method: { name }, drawn }): Unit => {
			const { target, history, shown } = of(name);
			const scores = { target: target + number / 10, history: history + number / 10 };
			const pictures = { clipScore: scores, more: tastes.map(() => shown) };
			const measurement = { references: 3, textAlign: { L: scores }, ...(drawn && pictures), seconds: 1 };
			return { model: 0, user: number, method: name, measurement, machine: "none" };
		}),
	);
}

/** As the paper has it: personalising raises the history's score, more so without guidance, which costs the target's. */
function asInThePaper(method: string): MadeUp {
	const { DrUM, "w/o S": whole, "w/o G": unguided } = ABLATIONS;
	if (method === PLAIN.name) return { target: 96, history: 10, shown: 0.25 };
	if (method === WISH.name) return { target: 80, history: 30, shown: 1 };
	if (method === DrUM.name) return { target: 97, history: 16, shown: 0.75 };
	if (method === whole.name) return { target: 97.5, history: 15.8, shown: 0.75 };
	if (method === unguided.name) return { target: 90, history: 18, shown: 0.75 };
	if (method === ABLATIONS["w/o S & G"].name) return { target: 85, history: 20, shown: 0.75 };
	const alpha = Number(/alpha (.+)$/.exec(method)![1]);
	const history = method.startsWith("coreset") ? 7 + 30 * alpha : 12;
	return { target: 100 - 10 * alpha, history, shown: 0.5 };
}

const results = resultsOf(settings, users, measurements(asInThePaper));

describe("the claims", () => {
	test("hold on numbers that are as the paper's", () => {
		expect(claimsOf(results).filter(({ holds }) => holds !== "yes")).toEqual([]);
	});

	test("are open or fail where no method differs from another", () => {
		const same = claimsOf(
			resultsOf(
				settings,
				users,
				measurements(() => ({ target: 90, history: 10, shown: 0 })),
			),
		);
		const answers = new Map(same.map(({ claim, holds }) => [claim, holds]));
		expect(answers.get("Personalised pictures are nearer to the history.")).toBe("open");
		expect(answers.get("Without guidance the target is lost, for more of the history.")).toBe("open");
		expect(answers.get("The coreset is better than random and uniform samples at every ratio.")).toBe("no");
		expect(answers.get("The degree leads evenly from the target to the history.")).toBe("open");
	});

	test("fail where personalised pictures are farther from the history", () => {
		const worse = measurements((method) => {
			const made = asInThePaper(method);
			return method === ABLATIONS.DrUM.name ? { ...made, history: 9 } : made;
		});
		expect(claimsOf(resultsOf(settings, users, worse))[0]).toMatchObject({ holds: "no" });
	});
});

describe("the report", () => {
	const text = report(results);

	test("has the scores, their Imp, and the paper's own beside them", () => {
		// Users' scores are 0, 0.1, 0.2 and 0.3 above what is made up.
		expect(text).toMatch(/\| \*\*miniature, DrUM\*\* \| 97\.15 \[.*?\] \| 16\.15 \[.*?\] \| \+30\.08 % \[/);
		expect(text).toContain("| paper, Stable Diffusion 1, DrUM | 25.13 | 16.03 | +34.83 % | 29.49 | 13.07 | +0.38 % |");
		expect(text).toMatch(/\| w\/o S & G \| 3\.0 \| 85\.15 .*\| 18\.13, 18\.85, \+30\.71 % \|/);
		expect(text).toMatch(/\| all \| 4 \| 25 \[25, 25\] \| 75 \[75, 75\] \| 50 \[50, 50\] \| 100 \[100, 100\] \|/);
	});

	test("tells its settings, and how long it took", () => {
		expect(text).toMatch(/^# .*\n\n4 made-up users .* 64 pictures .*\(2 steps of DDIM, guidance 4, seed 1\)/);
		expect(text).toContain(`in ${results.measurements.length} seconds on`);
	});

	test("is tables whose rows are as long as their heads", () => {
		const tables = text.split("\n\n").filter((part) => part.startsWith("|"));
		expect(tables.length).toBe(7);
		for (const table of tables) {
			const cells = table.split("\n").map((line) => line.split(" | ").length);
			expect(new Set(cells).size, table).toBe(1);
		}
	});
});
