import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeUsers, TASTES } from "./users.ts";

const seeds = fc.integer({ min: 0, max: 1_000_000 });

describe("made-up users", () => {
	test("are the same for the same seed, and more users are the same and some more", () => {
		fc.assert(
			fc.property(seeds, (seed) => {
				expect(makeUsers(3, seed)).toEqual(makeUsers(5, seed).slice(0, 3));
			}),
			{ numRuns: 20 },
		);
		expect(makeUsers(1, 1)).not.toEqual(makeUsers(1, 2));
	});

	test("have one or two tastes of different attributes, 20 to 40 earlier prompts and two targets that leave the taste open", () => {
		fc.assert(
			fc.property(seeds, (seed) => {
				for (const { tastes, history, targets } of makeUsers(3, seed)) {
					const attributes = tastes.map(({ attribute }) => attribute);
					expect([1, 2]).toContain(new Set(attributes).size);
					for (const { attribute, value } of tastes) expect(TASTES[attribute]).toContain(value);
					expect(history.length).toBeGreaterThanOrEqual(20);
					expect(history.length).toBeLessThanOrEqual(40);
					expect(targets).toHaveLength(2);
					for (const { told, wish } of targets) {
						for (const attribute of attributes) expect(told).not.toHaveProperty(attribute);
						for (const { attribute, value } of tastes) if (attribute === "colour") expect(wish).toContain(value);
					}
				}
			}),
			{ numRuns: 30 },
		);
	});

	test("like most what has their whole taste, and ask for it more often than not", () => {
		const entries = makeUsers(40, 7).flatMap(({ tastes, history }) =>
			history.map(({ told, intensity }) => {
				const asked = tastes.filter(({ attribute, value }) => told[attribute] === value).length;
				return { whole: asked === tastes.length, none: asked === 0, intensity };
			}),
		);
		const [whole, none] = [entries.filter((entry) => entry.whole), entries.filter((entry) => entry.none)];
		expect(whole.length).toBeGreaterThan(entries.length / 2);
		expect(none.length).toBeGreaterThan(0);
		expect(Math.min(...whole.map(({ intensity }) => intensity))).toBeGreaterThan(
			Math.max(...none.map(({ intensity }) => intensity)),
		);
	});
});
