import "@drum/test-process/all-threads";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { checkFolder } from "./golden.ts";

test("encodings, base queries, conditions, coresets and training are those of the authors' implementation", async () => {
	const { groups, unchecked } = await checkFolder(fileURLToPath(new URL("./fixtures/reference", import.meta.url)));
	expect(groups.map(({ name }) => name)).toEqual(
		expect.arrayContaining([
			"encode L",
			"text feature H",
			"base query bigG",
			"encode T5",
			"sd1",
			"sd2",
			"sdxl",
			"sdxl pooled",
			"sd3",
			"sd3 pooled",
			"flux",
			"flux pooled",
			"coreset",
			...["L", "T5"].flatMap((name) =>
				["losses", "learning rates", "gradients", "key biases", "parameters"].map((part) => `training ${name} ${part}`),
			),
		]),
	);
	expect(groups.filter(({ failures }) => failures > 0)).toEqual([]);
	expect(unchecked).toEqual([]);
});
