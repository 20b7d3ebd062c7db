import { campaign, TARGETS } from "@drum/fuzz";
import { expect, test } from "vitest";

test.each(TARGETS)("files that were changed at random are read or refused: %s", async (target) => {
	const { failures, read, refused } = await campaign(target, 1, 0, 20);
	expect(failures).toEqual([]);
	expect(read + refused).toBe(20);
});
