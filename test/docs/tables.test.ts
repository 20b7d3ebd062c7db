import { expect, test } from "vitest";
import { pagesWithTables } from "./tables.ts";

// Oracle: published configurations, tooling/bench/RESULTS.md.

test.each(await pagesWithTables())("the tables of $page are those of the data", ({ found, expected }) => {
	expect(found).toBe(expected);
});
